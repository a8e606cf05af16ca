// The tab's title: where one is, and how many messages call the reader.
import { useEffect } from "react";
import { countText } from "@/apps/chat/channel/events";
import { channelTitle, useChannel, useConversations } from "@/apps/chat/channel/queries";
import { useChat } from "@/apps/chat/context";
import { t } from "@/lib/text";
import { useMembership } from "@/platform/me/org";
import { useDirectory } from "@/platform/members/queries";

export function useTitle(channel: string | undefined): void {
  const { org, me } = useChat();
  const membership = useMembership();
  const directory = useDirectory(org);
  const current = useChannel(org, me, channel ?? "");
  const { channels, directs } = useConversations(org, me);
  const calls =
    channels.reduce((sum, item) => sum + item.mentions, 0) + directs.reduce((sum, item) => sum + item.unread, 0);
  const where = current ? channelTitle(current, directory, me) : membership.org.name;
  useEffect(() => {
    document.title = `${calls > 0 ? `(${countText(calls)}) ` : ""}${where} · ${t.appName}`;
  }, [where, calls]);
}
