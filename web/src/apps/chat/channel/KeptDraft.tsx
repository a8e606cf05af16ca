// What somebody was writing when their conversation was closed to them: still theirs, to be read and taken along.
import { useEffect, useState } from "react";
import { t } from "@/apps/chat/text";
import { Button } from "@/ui/Button";
import { readDraft } from "../message/drafts";

interface Props {
  user: string;
  channel: string;
  onCopy: (written: { body: string }) => void;
}

export function KeptDraft({ user, channel, onCopy }: Props) {
  const [body, setBody] = useState("");
  // The composer that stood here stores its last letters as it goes away.
  useEffect(() => setBody(readDraft(user, channel).text), [user, channel]);
  if (body === "") return null;
  return (
    <div className="mb-2 flex items-end gap-2">
      <textarea
        readOnly
        aria-label={t.chat.keptDraft}
        value={body}
        className="field-sizing-content max-h-[20vh] min-w-0 flex-1 resize-none rounded-lg border border-line bg-raised px-3 py-2 text-ink-2"
      />
      <Button size="small" onClick={() => onCopy({ body })}>
        {t.chat.copyText}
      </Button>
    </div>
  );
}
