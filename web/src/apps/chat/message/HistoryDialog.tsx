// Earlier versions of an edited message.
import { useQuery } from "@tanstack/react-query";
import { explain } from "@/api/error";
import type { Message } from "@/api/types";
import { t } from "@/apps/chat/text";
import { fullTime } from "@/lib/time";
import type { Directory } from "@/platform/members/queries";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { SkeletonRows } from "@/ui/Spinner";
import { useChat } from "../context";
import { revisionsQuery } from "./change";
import { MessageBody } from "./MessageBody";

export function HistoryDialog({
  message,
  directory,
  onClose,
}: {
  message: Message;
  directory: Directory;
  onClose: () => void;
}) {
  const { org, me } = useChat();
  const query = useQuery(revisionsQuery(org, message));
  const revisions = [...(query.data ?? [])].sort((a, b) => b.at - a.at);
  return (
    <Dialog open onClose={onClose} title={t.chat.history} description={t.chat.historyText} wide>
      {query.isPending && <SkeletonRows count={2} />}
      {query.isError && (
        <Banner
          tone="danger"
          action={
            <Button size="small" onClick={() => query.refetch()}>
              {t.common.retry}
            </Button>
          }
        >
          {explain(query.error)}
        </Banner>
      )}
      {query.isSuccess && revisions.length === 0 && <p className="text-ink-2">{t.chat.noRevisions}</p>}
      <ol className="flex flex-col gap-4">
        {revisions.map((revision) => (
          <li key={revision.at} className="border-line border-l-2 pl-3">
            <p className="text-ink-3 text-xs">{fullTime(revision.at)}</p>
            <MessageBody
              source={revision.body}
              directory={directory}
              me={me}
              mentions={message.mentions}
              handles={message.handles}
              mentionsAll={message.mentionsAll}
            />
          </li>
        ))}
      </ol>
    </Dialog>
  );
}
