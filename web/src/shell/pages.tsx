// The pages of chat, given their addresses and links.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, MessagesSquare } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { BrowseChannels } from "@/apps/chat/channel/BrowseChannels";
import { ChannelView } from "@/apps/chat/channel/ChannelView";
import { useConversations } from "@/apps/chat/channel/queries";
import { useChat } from "@/apps/chat/context";
import { readStored, writeStored } from "@/lib/storage";
import { t } from "@/lib/text";
import { EmptyState } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { useOpenDialog } from "./shellContext";

const lastKey = (org: string) => `last.${org}`;
const asText = (value: unknown) => (typeof value === "string" ? value : null);

/** On a phone, the way from a page back to the conversations. */
export function BackButton() {
  const { slug } = useChat();
  return (
    <Link
      to="/o/$org"
      params={{ org: slug }}
      aria-label={t.shell.showSidebar}
      className="flex size-10 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover md:hidden"
    >
      <ArrowLeft size={20} aria-hidden="true" />
    </Link>
  );
}

/** On a wide screen, on to the conversation one was in; on a phone this address shows the sidebar alone. */
export function HomePage() {
  const { org, me, slug } = useChat();
  const { channels, directs, pending } = useConversations(org, me);
  const navigate = useNavigate();
  const open = useOpenDialog();
  const all = [...channels, ...directs];
  const last = readStored(lastKey(org), asText);
  const target = all.find((channel) => channel.id === last) ?? all[0];
  const targetId = target?.id;
  useEffect(() => {
    if (!targetId || !window.matchMedia("(min-width: 48rem)").matches) return;
    void navigate({ to: "/o/$org/c/$channel", params: { org: slug, channel: targetId }, replace: true });
  }, [targetId, navigate, slug]);
  if (pending || targetId) return null;
  return (
    <div className="flex h-full">
      <EmptyState
        page
        icon={<MessagesSquare size={32} aria-hidden="true" />}
        title={t.channel.browseEmpty}
        text={t.channel.browseEmptyText}
        action={
          <Button kind="primary" onClick={() => open("channel")}>
            {t.shell.newChannel}
          </Button>
        }
      />
    </div>
  );
}

export function ChannelPage() {
  const { org } = useChat();
  const { channel } = useParams({ from: "/o/$org/c/$channel" });
  const { at } = useSearch({ from: "/o/$org/c/$channel" });
  useEffect(() => {
    writeStored(lastKey(org), channel);
  }, [org, channel]);
  return <ChannelView channel={channel} at={at} start={<BackButton />} />;
}

export function BrowsePage() {
  const { slug } = useChat();
  const open = useOpenDialog();
  const linkTo = (channel: string, children: ReactNode, className: string) => (
    <Link to="/o/$org/c/$channel" params={{ org: slug, channel }} className={className}>
      {children}
    </Link>
  );
  return <BrowseChannels start={<BackButton />} onCreate={() => open("channel")} linkTo={linkTo} />;
}
