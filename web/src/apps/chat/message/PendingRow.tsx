// A message on its way: sending, waiting for the connection, or not sent. What was refused says why, and can be changed, sent
// again where the text was not the reason, or discarded.
import { CircleAlert, Clock } from "lucide-react";
import { memo, useEffect, useState } from "react";
import { t } from "@/apps/chat/text";
import { cx } from "@/lib/cx";
import type { Directory } from "@/platform/members/queries";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/Toast";
import { useChat } from "../context";
import { MessageBody } from "./MessageBody";
import { Byline, Gutter } from "./MessageRow";
import type { OutboxEntry } from "./outbox";

export const PendingRow = memo(function PendingRow({
  entry,
  grouped,
  me,
  directory,
  onEdit,
  onCopy,
}: {
  entry: OutboxEntry;
  grouped: boolean;
  me: string;
  directory: Directory;
  /** Null: there is nothing to write in. */
  onEdit: ((entry: OutboxEntry) => void) | null;
  onCopy: (entry: OutboxEntry) => void;
}) {
  const slow = useSlow(entry);
  const { outbox } = useChat();
  const name = directory.nameOf(me);
  const failed = entry.state === "failed";
  const discard = () => {
    outbox.discard(entry.clientId);
    toast(t.chat.discarded, { undo: () => outbox.putBack(entry) });
  };
  return (
    <article
      aria-label={`${name}, ${failed ? t.chat.failed : entry.state === "waiting" ? t.chat.waiting : t.chat.sending}`}
      data-state={entry.state}
      className={cx("group flex gap-3 px-5 max-md:px-3", grouped ? "py-0.5" : "pt-2.5 pb-0.5")}
    >
      <Gutter grouped={grouped} author={me} name={name} at={entry.createdAt} />
      <div className="min-w-0 flex-1">
        {!grouped && <Byline name={name} at={entry.createdAt} />}
        <div className={cx(!failed && "opacity-70")}>
          <MessageBody source={entry.body} directory={directory} me={me} />
        </div>
        {slow && (
          <p className="flex items-center gap-1.5 text-ink-3 text-xs">
            <Clock size={12} aria-hidden="true" /> {t.chat.sending}
          </p>
        )}
        {entry.state === "waiting" && (
          <p className="flex items-center gap-1.5 text-warn text-xs">
            <Clock size={12} aria-hidden="true" /> {t.chat.waiting}
          </p>
        )}
        {failed && (
          <div role="alert" className="mt-1 flex flex-wrap items-center gap-2 text-danger text-sm">
            <CircleAlert size={14} aria-hidden="true" />
            <span>
              {t.chat.failed}
              {entry.problem ? `: ${entry.problem}` : ""}
            </span>
            <Button size="small" onClick={() => (onEdit ?? onCopy)(entry)}>
              {onEdit ? t.chat.editRefused : t.chat.copyText}
            </Button>
            {!entry.textRefused && (
              <Button size="small" onClick={() => outbox.retry(entry.clientId)}>
                {t.chat.resend}
              </Button>
            )}
            <Button size="small" kind="quiet" onClick={discard}>
              {t.chat.discard}
            </Button>
          </div>
        )}
      </div>
    </article>
  );
});

/** Sending takes so long that a reader wonders. */
const SLOW = 1_000;

function useSlow({ clientId, state }: OutboxEntry): boolean {
  const sending = state === "sending";
  const [slow, setSlow] = useState<string | null>(null);
  useEffect(() => {
    if (!sending) return;
    const timer = setTimeout(() => setSlow(clientId), SLOW);
    return () => {
      clearTimeout(timer);
      setSlow(null);
    };
  }, [clientId, sending]);
  return sending && slow === clientId;
}
