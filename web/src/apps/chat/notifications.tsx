// What of chat calls the person: conversations with mentions, and unread direct messages.
import { useNavigate } from "@tanstack/react-router";
import { countText } from "@/lib/count";
import { moveTo } from "@/lib/typeahead";
import type { Notice } from "@/platform/app/app";
import { useDirectory } from "@/platform/members/queries";
import { Avatar } from "@/ui/Bits";
import { ChannelIcon } from "./channel/ChannelIcon";
import { channelName, useConversations } from "./channel/queries";
import { useChat } from "./context";
import { t } from "./text";

export function useNotices(): readonly Notice[] {
  const { org, me, slug } = useChat();
  const { channels, directs } = useConversations(org, me);
  const directory = useDirectory(org);
  const navigate = useNavigate();
  return [...channels, ...directs].flatMap((channel) => {
    const direct = channel.kind === "direct";
    const count = direct ? channel.unread : channel.mentions;
    if (count === 0) return [];
    const name = channelName(channel, directory, me);
    const other = channel.members.find((id) => id !== me) ?? me;
    return {
      id: `chat.${channel.id}`,
      title: name,
      text: direct ? t.nav.unread(countText(count)) : t.nav.mentions(countText(count)),
      count,
      icon: direct ? <Avatar id={other} name={name} size={18} /> : <ChannelIcon kind={channel.kind} />,
      at: channel.lastMessageAt ?? channel.createdAt,
      open: () => {
        moveTo(channel.id);
        void navigate({ to: "/o/$org/c/$channel", params: { org: slug, channel: channel.id } });
      },
    };
  });
}
