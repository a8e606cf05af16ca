// The tab's title: where one is, and how many messages call the reader.
import { useEffect } from "react";
import { countText } from "@/apps/chat/channel/events";
import { channelTitle, useChannel, useConversations } from "@/apps/chat/channel/queries";
import { useChat } from "@/apps/chat/context";
import { t } from "@/lib/text";
import { addressOf } from "@/platform/app/page";
import { useMembership } from "@/platform/me/org";
import { useDirectory } from "@/platform/members/queries";
import { pages } from "./apps";

export function useTitle(channel: string | undefined, pathname: string): void {
  const { org, me } = useChat();
  const membership = useMembership();
  const directory = useDirectory(org);
  const current = useChannel(org, me, channel ?? "");
  const { channels, directs } = useConversations(org, me);
  const calls =
    channels.reduce((sum, item) => sum + item.mentions, 0) + directs.reduce((sum, item) => sum + item.unread, 0);
  const page = pages.find((one) => one.area !== "installation" && addressOf(one, membership.org.slug) === pathname);
  const place = page ? `${page.title} · ${membership.org.name}` : membership.org.name;
  const where = current ? channelTitle(current, directory, me) : place;
  useEffect(() => {
    document.title = `${calls > 0 ? `(${countText(calls)}) ` : ""}${where} · ${t.appName}`;
  }, [where, calls]);
}
