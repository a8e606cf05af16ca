// Who is at hand when somebody is looked for: the people of the channel, and those whom one has written with.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import type { ChannelSummary } from "@/api/types";
import type { Near } from "@/platform/members/find";
import { useChat } from "../context";
import { channelMembersQuery, useConversations } from "./queries";

/** Others of the direct conversations, the latest first. */
export const writtenWith = (directs: readonly ChannelSummary[], me: string): string[] => [
  ...new Set(directs.flatMap((direct) => direct.members).filter((id) => id !== me)),
];

/** The channel's people are asked for when somebody begins to mention one, not whenever a channel is opened. */
export function useNear(channel: ChannelSummary): { near: Near; onMention: () => void } {
  const { org, me } = useChat();
  const [wanted, setWanted] = useState(false);
  const { directs } = useConversations(org, me);
  const direct = channel.kind === "direct";
  const { data } = useQuery({ ...channelMembersQuery(org, channel.id), enabled: wanted && !direct });
  const ids = direct ? channel.members : data;
  const near = useMemo(() => ({ here: new Set(ids ?? []), recent: writtenWith(directs, me) }), [ids, directs, me]);
  return { near, onMention: useCallback(() => setWanted(true), []) };
}
