// Editing in place. Enter saves, Escape cancels, which can be undone; a refused save keeps the text and says why. The text
// is a draft of its message: it survives whatever takes this row away, also that somebody deletes the message meanwhile.
import { useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { explain } from "@/api/error";
import type { Message } from "@/api/types";
import { t } from "@/apps/chat/text";
import { isTouch } from "@/lib/touch";
import { shows, written } from "@/lib/written";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/Toast";
import { useChat } from "../context";
import { editMessage } from "./change";
import { nextRevision, readDraft, writeDraft } from "./drafts";
import { useDraft } from "./useDraft";

interface Props {
  message: Message;
  onDone: () => void;
  onCopy: (written: { body: string }) => void;
  /** Opens it again. */
  onResume: () => void;
}

export function MessageEditor({ message, onDone, onCopy, onResume }: Props) {
  const { org, user } = useChat();
  const client = useQueryClient();
  const { text, setText, clear } = useDraft(user, message.id, message.body);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const [editedAt] = useState(message.editedAt);
  const gone = message.deletedAt !== null;
  const problem = gone
    ? t.chat.deletedMeanwhile
    : (refused ?? (message.editedAt !== editedAt && !busy ? t.chat.editedMeanwhile : null));

  const close = () => {
    clear();
    onDone();
  };
  const cancel = () => {
    if (text !== message.body && !busy) {
      const undo = () => {
        writeDraft(user, message.id, { text, revision: nextRevision(readDraft(user, message.id).revision) });
        onResume();
      };
      toast(t.chat.editDiscarded, { undo });
    }
    close();
  };
  const save = async () => {
    const next = written(text);
    if (busy || gone) return;
    if (text === message.body || next === message.body) return close();
    if (!shows(next)) return setRefused(t.chat.showsNothing);
    setBusy(true);
    setRefused(null);
    try {
      await editMessage(client, org, message, next);
      close();
    } catch (error) {
      setRefused(explain(error));
      setBusy(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") cancel();
    if (event.key === "Enter" && !event.shiftKey && !isTouch()) {
      event.preventDefault();
      void save();
    }
  };
  // Opened in an earlier visit, and nothing was written.
  if (gone && text === "") return <p className="text-ink-3 italic">{t.chat.deleted}</p>;
  return (
    <div className="my-1">
      <textarea
        aria-label={t.chat.editLabel}
        value={text}
        readOnly={busy || gone}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        rows={Math.min(10, text.split("\n").length + 1)}
        className="field-sizing-content max-h-72 w-full resize-none rounded-md border border-line-strong bg-canvas px-3 py-2 text-md outline-offset-0"
      />
      <div className="mt-1 flex flex-wrap items-center gap-2">
        {gone ? (
          <Button size="small" onClick={() => onCopy({ body: text })}>
            {t.chat.copyText}
          </Button>
        ) : (
          <Button size="small" kind="primary" busy={busy} onClick={save}>
            {t.chat.saveEdit}
          </Button>
        )}
        <Button size="small" kind="quiet" onClick={cancel}>
          {gone ? t.common.close : t.common.cancel}
        </Button>
        {problem ? (
          <span role="alert" className="text-danger text-sm">
            {problem}
          </span>
        ) : (
          <span className="text-ink-3 text-xs max-md:hidden">{t.chat.editHint}</span>
        )}
      </div>
    </div>
  );
}
