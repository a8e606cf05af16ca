// The tab's title: where one is, and how many messages call the reader.
import { useEffect } from "react";
import { countText } from "@/apps/chat/channel/events";
import { channelTitle, useChannel, useConversations } from "@/apps/chat/channel/queries";
import { useChat } from "@/apps/chat/context";
import { t } from "@/lib/text";
import { useMembership } from "@/platform/me/org";
import { useDirectory } from "@/platform/members/queries";

/** What the pages of an organisation are called, by their place below its address. */
const PAGES: Readonly<Record<string, string>> = {
  channels: t.channel.browseTitle,
  members: t.members.title,
  audit: t.audit.title,
  "settings/organisation": t.organisation.title,
  "settings/profile": t.profile.title,
  "settings/sessions": t.sessions.title,
};

export function useTitle(channel: string | undefined, pathname: string): void {
  const { org, me } = useChat();
  const membership = useMembership();
  const directory = useDirectory(org);
  const current = useChannel(org, me, channel ?? "");
  const { channels, directs } = useConversations(org, me);
  const calls =
    channels.reduce((sum, item) => sum + item.mentions, 0) + directs.reduce((sum, item) => sum + item.unread, 0);
  const page = PAGES[pathname.split("/").slice(3).join("/")];
  const place = page ? `${page} · ${membership.org.name}` : membership.org.name;
  const where = current ? channelTitle(current, directory, me) : place;
  useEffect(() => {
    document.title = `${calls > 0 ? `(${countText(calls)}) ` : ""}${where} · ${t.appName}`;
  }, [where, calls]);
}
