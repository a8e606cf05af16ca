// The conversations in the sidebar, with what is unread and what calls the reader. Links come from the shell, which
// knows the addresses.
import { MessageSquarePlus, Plus } from "lucide-react";
import { memo, type ReactNode, useSyncExternalStore } from "react";
import type { ChannelSummary } from "@/api/types";
import { cx } from "@/lib/cx";
import { t } from "@/lib/text";
import { usePermission } from "@/platform/me/queries";
import { type Directory, useDirectory } from "@/platform/members/queries";
import { Avatar, Badge } from "@/ui/Bits";
import { Button, IconButton } from "@/ui/Button";
import { Skeleton } from "@/ui/Spinner";
import { useChat } from "../context";
import { ChannelIcon } from "./ChannelIcon";
import { countText } from "./events";
import { channelName, useConversations } from "./queries";

export type ConversationLink = (channel: string, children: ReactNode) => ReactNode;

export function ConversationList({
  link,
  browse,
  onNewChannel,
  onNewDirect,
  onRetry,
}: {
  link: ConversationLink;
  browse: ReactNode;
  onNewChannel: () => void;
  onNewDirect: () => void;
  onRetry: () => void;
}) {
  const { org, me, outbox } = useChat();
  const failedIn = useSyncExternalStore(outbox.subscribe, outbox.failedIn);
  const { channels, directs, pending, failed } = useConversations(org, me);
  const directory = useDirectory(org);
  const mayCreate = usePermission("chat.channel.create", org);
  const mayDirect = usePermission("chat.direct.open", org);
  if (failed) {
    return (
      <div className="flex flex-col items-start gap-2 p-3 text-ink-2 text-sm">
        {t.errors.loadFailed}
        <Button size="small" onClick={onRetry}>
          {t.common.retry}
        </Button>
      </div>
    );
  }
  return (
    <>
      <Section
        title={t.shell.channels}
        action={
          mayCreate && (
            <IconButton
              small
              label={t.shell.newChannel}
              icon={<Plus size={15} aria-hidden="true" />}
              onClick={onNewChannel}
            />
          )
        }
      >
        {pending && <Waiting />}
        {channels.map((channel) => (
          <li key={channel.id}>
            {link(
              channel.id,
              <Entry channel={channel} directory={directory} me={me} unsent={failedIn.has(channel.id)} />,
            )}
          </li>
        ))}
        <li>{browse}</li>
      </Section>
      <Section
        title={t.shell.directs}
        action={
          mayDirect && (
            <IconButton
              small
              label={t.shell.newDirect}
              icon={<MessageSquarePlus size={15} aria-hidden="true" />}
              onClick={onNewDirect}
            />
          )
        }
      >
        {directs.map((channel) => (
          <li key={channel.id}>
            {link(
              channel.id,
              <Entry channel={channel} directory={directory} me={me} unsent={failedIn.has(channel.id)} />,
            )}
          </li>
        ))}
        {!pending && directs.length === 0 && <li className="px-2 py-1 text-ink-3 text-sm">{t.shell.noDirects}</li>}
      </Section>
    </>
  );
}

function Section({ title, action, children }: { title: string; action: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="mb-4">
      <div className="flex h-8 items-center justify-between pl-2">
        <h2 className="font-medium text-ink-3 text-xs">{title}</h2>
        {action}
      </div>
      <ul className="flex flex-col gap-px">{children}</ul>
    </section>
  );
}

function Waiting() {
  return (
    <li>
      <div role="status" aria-label={t.common.loading} className="flex flex-col gap-3 px-2 py-2">
        <Skeleton className="h-3 w-32" />
        <Skeleton className="h-3 w-24" />
        <Skeleton className="h-3 w-36" />
      </div>
    </li>
  );
}

const Entry = memo(function Entry({
  channel,
  directory,
  me,
  unsent,
}: {
  channel: ChannelSummary;
  directory: Directory;
  me: string;
  unsent: boolean;
}) {
  const name = channelName(channel, directory, me);
  const direct = channel.kind === "direct";
  // In a direct message everything is meant for the reader.
  const calls = direct ? channel.unread : channel.mentions;
  return (
    <>
      {direct ? (
        <Avatar id={channel.members.find((id) => id !== me) ?? me} name={name} size={18} />
      ) : (
        <span className="flex w-[18px] justify-center opacity-70">
          <ChannelIcon kind={channel.kind} />
        </span>
      )}
      <span className={cx("min-w-0 flex-1 truncate", channel.unread > 0 && "font-semibold text-ink")}>
        {name || <Skeleton className="h-3 w-24" />}
      </span>
      {unsent && (
        <Badge tone="danger" label={t.chat.failed}>
          !
        </Badge>
      )}
      {calls > 0 ? (
        <Badge tone="mention" label={direct ? t.shell.unread(countText(calls)) : t.shell.mentions(countText(calls))}>
          {countText(calls)}
        </Badge>
      ) : (
        channel.unread > 0 && (
          <Badge label={t.shell.unread(countText(channel.unread))}>{countText(channel.unread)}</Badge>
        )
      )}
    </>
  );
});
