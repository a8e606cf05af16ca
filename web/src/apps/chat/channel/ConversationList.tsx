// The conversations in the sidebar, with what is unread and what calls the reader.
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MessageSquarePlus, Plus, Telescope } from "lucide-react";
import { memo, type ReactNode, useSyncExternalStore } from "react";
import type { ChannelSummary } from "@/api/types";
import { t } from "@/apps/chat/text";
import { isPlainClick } from "@/lib/click";
import { countText } from "@/lib/count";
import { cx } from "@/lib/cx";
import { moveTo } from "@/lib/typeahead";
import { usePermission } from "@/platform/me/queries";
import { type Directory, useDirectory } from "@/platform/members/queries";
import { Avatar, Badge } from "@/ui/Bits";
import { Button, IconButton } from "@/ui/Button";
import { ROW, ROW_ACTIVE } from "@/ui/row";
import { Skeleton } from "@/ui/Spinner";
import { PHONE, useMedia } from "@/ui/useMedia";
import { useChat } from "../context";
import { FirstMinutesBelow } from "../FirstMinutes";
import { ChannelIcon } from "./ChannelIcon";
import { channelName, channelsKey, useConversations } from "./queries";

/** All of them; on a phone, where this is the page, with what to do first where there is none. */
export function Conversations() {
  const phone = useMedia(PHONE);
  return (
    <>
      {phone && <h1 className="sr-only">{t.nav.conversations}</h1>}
      <nav aria-label={t.nav.conversations} className="min-h-0 flex-1 overflow-y-auto px-2 pt-1">
        <Sections />
        {phone && <FirstMinutesBelow />}
      </nav>
    </>
  );
}

function Sections() {
  const { org, me, slug, outbox, open } = useChat();
  const client = useQueryClient();
  const failedIn = useSyncExternalStore(outbox.subscribe, outbox.failedIn);
  const { channels, directs, pending, failed } = useConversations(org, me);
  const directory = useDirectory(org);
  const mayCreate = usePermission("chat.channel.create", org);
  const mayDirect = usePermission("chat.direct.open", org);
  if (failed) {
    return (
      <div className="flex flex-col items-start gap-2 p-3 text-ink-2 text-sm">
        {t.errors.loadFailed}
        <Button size="small" onClick={() => void client.refetchQueries({ queryKey: channelsKey(org) })}>
          {t.common.retry}
        </Button>
      </div>
    );
  }
  return (
    <>
      <Section
        title={t.nav.channels}
        action={
          mayCreate && (
            <IconButton
              small
              label={t.nav.newChannel}
              icon={<Plus size={15} aria-hidden="true" />}
              onClick={() => open("channel")}
            />
          )
        }
      >
        {pending && <Waiting />}
        {channels.map((channel) => (
          <li key={channel.id}>
            <ConversationLink slug={slug} channel={channel.id}>
              <Entry channel={channel} directory={directory} me={me} unsent={failedIn.has(channel.id)} />
            </ConversationLink>
          </li>
        ))}
        <li>
          <Link to="/o/$org/channels" params={{ org: slug }} className={ROW} activeProps={ROW_ACTIVE}>
            <span className="flex w-[18px] justify-center opacity-70">
              <Telescope size={15} aria-hidden="true" />
            </span>
            {t.nav.browse}
          </Link>
        </li>
      </Section>
      <Section
        title={t.nav.directs}
        action={
          mayDirect && (
            <IconButton
              small
              label={t.nav.newDirect}
              icon={<MessageSquarePlus size={15} aria-hidden="true" />}
              onClick={() => open("direct")}
            />
          )
        }
      >
        {directs.map((channel) => (
          <li key={channel.id}>
            <ConversationLink slug={slug} channel={channel.id}>
              <Entry channel={channel} directory={directory} me={me} unsent={failedIn.has(channel.id)} />
            </ConversationLink>
          </li>
        ))}
        {!pending && directs.length === 0 && <li className="px-2 py-1 text-ink-3 text-sm">{t.nav.noDirects}</li>}
      </Section>
    </>
  );
}

function ConversationLink({ slug, channel, children }: { slug: string; channel: string; children: ReactNode }) {
  return (
    <Link
      to="/o/$org/c/$channel"
      params={{ org: slug, channel }}
      className={ROW}
      activeProps={ROW_ACTIVE}
      activeOptions={{ includeSearch: false }}
      preload={false}
      onClick={(event) => {
        if (isPlainClick(event)) moveTo(channel);
      }}
    >
      {children}
    </Link>
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
        <Badge tone="mention" label={direct ? t.nav.unread(countText(calls)) : t.nav.mentions(countText(calls))}>
          {countText(calls)}
        </Badge>
      ) : (
        channel.unread > 0 && <Badge label={t.nav.unread(countText(channel.unread))}>{countText(channel.unread)}</Badge>
      )}
    </>
  );
});
