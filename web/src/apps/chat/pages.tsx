// The pages of chat, given their addresses and links.
import { Link, useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { readStored, writeStored } from "@/lib/storage";
import { EmptyState } from "@/ui/Bits";
import { LoadingPage } from "@/ui/Loading";
import { BrowseChannels } from "./channel/BrowseChannels";
import { ChannelView } from "./channel/ChannelView";
import { useConversations } from "./channel/queries";
import { useChat } from "./context";
import { FirstMinutes } from "./FirstMinutes";
import { t } from "./text";

const lastKey = (org: string) => `last.${org}`;
const asText = (value: unknown) => (typeof value === "string" ? value : null);

/** On a wide screen, on to the conversation one was in; on a phone this address shows the sidebar alone. */
export function HomePage(): ReactNode {
  const { org, me, slug } = useChat();
  const { channels, directs, pending, failed } = useConversations(org, me);
  const navigate = useNavigate();
  const all = [...channels, ...directs];
  const last = readStored(lastKey(org), asText);
  const target = all.find((channel) => channel.id === last) ?? all[0];
  const targetId = target?.id;
  useEffect(() => {
    if (!targetId || !window.matchMedia("(min-width: 48rem)").matches) return;
    void navigate({ to: "/o/$org/c/$channel", params: { org: slug, channel: targetId }, replace: true });
  }, [targetId, navigate, slug]);
  if (failed) return <EmptyState page title={t.errors.loadFailed} />;
  return pending || targetId ? <LoadingPage /> : <FirstMinutes page />;
}

export function ChannelPage(): ReactNode {
  const { org } = useChat();
  const { channel } = useParams({ from: "/o/$org/c/$channel" });
  // While another page is on its way, the address is already its own and this page still there: address, link and visit
  // count together, and only while they are this page's.
  const address = useLocation({
    select: ({ pathname, search, state }) => ({ pathname, at: search.at ?? null, visit: state.__TSR_key ?? "" }),
    structuralSharing: true,
  });
  const here = useRef(address);
  if (address.pathname.endsWith(`/c/${channel}`)) here.current = address;
  const { at, visit } = here.current;
  useEffect(() => {
    writeStored(lastKey(org), channel);
  }, [org, channel]);
  return (
    <ChannelView
      channel={channel}
      at={typeof at === "number" && Number.isInteger(at) && at > 0 ? at : undefined}
      visit={visit}
    />
  );
}

export function BrowsePage(): ReactNode {
  const { slug, open } = useChat();
  const linkTo = (channel: string, children: ReactNode, className: string) => (
    <Link to="/o/$org/c/$channel" params={{ org: slug, channel }} className={className}>
      {children}
    </Link>
  );
  return <BrowseChannels onCreate={() => open("channel")} linkTo={linkTo} />;
}
