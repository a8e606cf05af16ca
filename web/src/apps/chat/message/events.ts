// (timeline, event) → timeline. Every event may come twice or onto a page that already contains it.
import type { ChannelEvent, Message } from "@/api/types";
import { followed, insert, newer, replace, type Timeline } from "./timeline";

export function applyToTimeline(timeline: Timeline, event: ChannelEvent): Timeline {
  return followed(changed(timeline, event), event.seq);
}

function changed(timeline: Timeline, event: ChannelEvent): Timeline {
  switch (event.event) {
    case "chat.message.posted":
      return insert(timeline, event.data.message);
    case "chat.message.edited":
      return replace(timeline, event.data.message.id, (known) => newer(known, event.data.message));
    case "chat.message.deleted":
      return replace(timeline, event.data.id, (known) =>
        known.revision >= event.seq ? known : { ...tombstone(known, event.data.deletedAt), revision: event.seq },
      );
    case "chat.message.reacted": {
      const { id, member, emoji, on } = event.data;
      return replace(timeline, id, (known) =>
        known.revision >= event.seq ? known : { ...withReaction(known, member, emoji, on), revision: event.seq },
      );
    }
    case "chat.channel.updated":
    case "chat.channel.joined":
    case "chat.channel.left":
      return timeline;
  }
}

export function tombstone(message: Message, deletedAt: number): Message {
  return { ...message, body: "", deletedAt, mentions: [], handles: [], mentionsAll: false, reactions: [] };
}

export function withReaction(message: Message, member: string, emoji: string, on: boolean): Message {
  const known = message.reactions.find((reaction) => reaction.emoji === emoji);
  if ((known?.members.includes(member) ?? false) === on) return message;
  const reactions = known
    ? message.reactions.map((reaction) =>
        reaction === known
          ? {
              ...reaction,
              members: on ? [...reaction.members, member] : reaction.members.filter((id) => id !== member),
            }
          : reaction,
      )
    : [...message.reactions, { emoji, members: [member] }];
  return { ...message, reactions: reactions.filter((reaction) => reaction.members.length > 0) };
}
