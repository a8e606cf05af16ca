// The channel list of an organisation, and what a channel is called.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { body, http } from "@/api/http";
import type { ChannelSummary, Membership } from "@/api/types";
import { t } from "@/apps/chat/text";
import { byName } from "@/lib/names";
import { type Directory, rememberPeople } from "@/platform/members/queries";
import { replaySummary } from "../log";
import { keepPositions, sinceNow } from "../read/position";

export const channelsKey = (org: string) => ["org", org, "channels"] as const;

export const channelsQuery = (org: string, me: string) =>
  queryOptions({
    queryKey: channelsKey(org),
    queryFn: async ({ client, signal }) => {
      const since = sinceNow();
      const { items, people } = await body(
        http.GET("/api/v1/orgs/{org}/channels", { params: { path: { org } }, signal }),
      );
      rememberPeople(client, org, people);
      const summaries = items.map((summary) => replaySummary(summary, me));
      return keepPositions(summaries, client.getQueryData<ChannelSummary[]>(channelsKey(org)), since);
    },
    staleTime: 5 * 60_000,
  });

export const channelMembersQuery = (org: string, channel: string) =>
  queryOptions({
    queryKey: ["org", org, "channel-members", channel],
    queryFn: async ({ signal }) =>
      (
        await body(
          http.GET("/api/v1/orgs/{org}/channels/{channel}/members", { params: { path: { org, channel } }, signal }),
        )
      ).items,
    staleTime: 30_000,
  });

/** Empty as long as it is not known who is in it. */
export function channelName(channel: ChannelSummary, directory: Directory, me: string): string {
  if (channel.kind !== "direct") return channel.name;
  const others = channel.members.filter((id) => id !== me);
  if (others.length === 0) return t.chat.noteToSelf;
  // Between two, the conversation itself says who has left.
  const group = others.length > 1;
  const names = others.map((id) => {
    const name = directory.nameOf(id);
    return group && name !== "" && directory.hasLeft(id) ? t.channel.left(name) : name;
  });
  if (names.includes("")) return "";
  return isOver(channel, directory) ? t.channel.over(names.join(", ")) : names.join(", ");
}

/** A direct conversation that somebody left with the organisation, to which they have come back: a new one has the same
 * names. With the first message all take their seats at once, so that more than one and fewer than all have ended. */
const isOver = (channel: ChannelSummary, directory: Directory): boolean =>
  (channel.deserted || (channel.memberCount > 1 && channel.memberCount < channel.members.length)) &&
  !channel.members.some((id) => directory.hasLeft(id));

/** With the sign that tells a channel from a person in running text. */
export function channelTitle(channel: ChannelSummary, directory: Directory, me: string): string {
  const name = channelName(channel, directory, me);
  return channel.kind === "direct" ? name : `#${name}`;
}

/** How many people are in it. Of a direct conversation that is who it is between: the others take their seats only with the
 * first message. */
export function headCount(channel: ChannelSummary, directory: Directory): number {
  if (channel.kind !== "direct") return channel.memberCount;
  return channel.members.filter((id) => !directory.hasLeft(id)).length;
}

/** Whether others' messages may be deleted: by those who run the organisation, where they are in the channel. */
export const mayModerate = (channel: ChannelSummary, { member }: Membership): boolean =>
  channel.joined && (member.role === "owner" || member.role === "admin");

/** Why nobody would read an answer; null: somebody would. */
export function nobodyLeft(channel: ChannelSummary, directory: Directory, me: string): string | null {
  const others = channel.members.filter((id) => id !== me);
  if (channel.kind !== "direct" || others.length === 0) return null;
  if (channel.deserted && isOver(channel, directory)) return t.channel.begunAnew;
  if (!others.every((id) => directory.hasLeft(id))) return null;
  return others.length === 1 ? t.channel.leftOne(channelName(channel, directory, me)) : t.channel.leftAll;
}

export interface Conversations {
  channels: readonly ChannelSummary[];
  directs: readonly ChannelSummary[];
}

const NONE: readonly ChannelSummary[] = [];

/** What the sidebar lists: joined, not archived; people by who wrote last. */
export function arrange(all: readonly ChannelSummary[]): Conversations {
  const mine = all.filter((channel) => channel.joined && !channel.archived);
  return {
    channels: mine.filter((channel) => channel.kind !== "direct").sort(byName),
    directs: mine
      .filter((channel) => channel.kind === "direct")
      .sort((a, b) => (b.lastMessageAt ?? b.createdAt) - (a.lastMessageAt ?? a.createdAt)),
  };
}

export function useConversations(org: string, me: string): Conversations & { pending: boolean; failed: boolean } {
  const query = useQuery(channelsQuery(org, me));
  const arranged = useMemo(() => arrange(query.data ?? NONE), [query.data]);
  return { ...arranged, pending: query.isPending, failed: query.isError && !query.data };
}

export function useChannel(org: string, me: string, id: string): ChannelSummary | undefined {
  return useQuery({
    ...channelsQuery(org, me),
    select: (channels) => channels.find((channel) => channel.id === id),
  }).data;
}
