// What the palette finds of chat: conversations, channels that could be joined, and people to write to.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { explain } from "@/api/error";
import type { ChannelSummary } from "@/api/types";
import { countText } from "@/lib/count";
import { byName, plain } from "@/lib/names";
import { endMove, moveTo } from "@/lib/typeahead";
import { findMembers } from "@/platform/members/find";
import { noteOf } from "@/platform/members/note";
import { useDirectory } from "@/platform/members/queries";
import { Avatar, Badge } from "@/ui/Bits";
import type { CommandGroup, CommandItem } from "@/ui/CommandBox";
import { toast } from "@/ui/Toast";
import { ChannelIcon } from "./channel/ChannelIcon";
import { openDirect } from "./channel/change";
import { writtenWith } from "./channel/near";
import { channelName, channelsQuery, useConversations } from "./channel/queries";
import { useChat } from "./context";
import { t } from "./text";

const failed = (error: unknown) => toast(explain(error), { tone: "danger" });

export function useFound(typed: string): readonly CommandGroup[] {
  const { org, me, slug } = useChat();
  const client = useQueryClient();
  const navigate = useNavigate();
  const directory = useDirectory(org);
  const { channels, directs } = useConversations(org, me);
  const { data: all } = useQuery(channelsQuery(org, me));
  const needle = plain(typed.trim().replace(/^[#@]/, ""));
  return useMemo<CommandGroup[]>(() => {
    const goTo = (channel: string) => () => {
      moveTo(channel);
      void navigate({ to: "/o/$org/c/$channel", params: { org: slug, channel } });
    };
    const toItem = (channel: ChannelSummary): CommandItem => {
      const name = channelName(channel, directory, me);
      const other = channel.members.find((id) => id !== me) ?? me;
      return {
        key: channel.id,
        label: name,
        note: channel.topic,
        icon:
          channel.kind === "direct" ? <Avatar id={other} name={name} size={18} /> : <ChannelIcon kind={channel.kind} />,
        badge: channel.unread > 0 ? <Badge>{countText(channel.unread)}</Badge> : undefined,
        onSelect: goTo(channel.id),
      };
    };
    // 0: it is called so; 1: it begins so; 2: it is in there. Nothing typed: what is unread comes first.
    const rank = (channel: ChannelSummary): number => {
      const name = plain(channelName(channel, directory, me));
      if (!needle) return channel.unread > 0 ? 0 : 1;
      return name === needle ? 0 : name.startsWith(needle) ? 1 : name.includes(needle) ? 2 : 9;
    };
    const best = (list: readonly ChannelSummary[]) =>
      list
        .map((channel) => ({ channel, at: rank(channel) }))
        .filter(({ at }) => at < 9)
        .sort((one, other) => one.at - other.at)
        .map(({ channel }) => toItem(channel));
    const conversations = best([...channels, ...directs]);
    const joinable = needle
      ? best((all ?? []).filter((channel) => !channel.joined && !channel.archived).sort(byName))
      : [];
    const near = { here: new Set<string>(), recent: writtenWith(directs, me) };
    const others = directory.active.filter((member) => member.id !== me);
    const people = needle
      ? findMembers(others, needle, 7, near).map((member) => ({
          key: member.id,
          label: member.name,
          note: noteOf(member),
          icon: <Avatar id={member.id} name={member.name} size={18} />,
          onSelect: () => {
            moveTo(null);
            void openDirect(client, org, [member.id]).then(
              (channel) => goTo(channel.id)(),
              (error: unknown) => {
                endMove();
                failed(error);
              },
            );
          },
        }))
      : [];
    return [
      { title: t.find.conversations, items: conversations.slice(0, needle ? 8 : 7) },
      { title: t.find.joinable, items: joinable.slice(0, 6) },
      { title: t.find.people, items: people },
    ];
  }, [needle, all, channels, directs, directory, me, org, slug, client, navigate]);
}
