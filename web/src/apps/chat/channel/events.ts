// (channel summary, event) → channel summary. `head` says which events a summary already contains, so an event is
// counted once however the answer of a list and the events of the socket overtake each other.
import type { ChannelEvent, ChannelSummary } from "@/api/types";

/** Counts are capped by the server too; a hundred is shown as 99+. */
const UNREAD_CAP = 100;

export function applyToSummary(summary: ChannelSummary, event: ChannelEvent, me: string): ChannelSummary {
  if (event.seq <= summary.head) return summary;
  const next: ChannelSummary = { ...summary, head: event.seq };
  switch (event.event) {
    case "chat.message.posted": {
      const { message } = event.data;
      next.lastMessageAt = message.createdAt;
      if (message.author === me || message.seq <= summary.readSeq) return next;
      next.unread = Math.min(UNREAD_CAP, summary.unread + 1);
      if (message.mentionsAll || message.mentions.includes(me))
        next.mentions = Math.min(UNREAD_CAP, summary.mentions + 1);
      return next;
    }
    case "chat.channel.updated": {
      const { name, topic, archived, kind, memberCount, members, deserted } = event.data.channel;
      return { ...next, name, topic, archived, kind, memberCount, members, deserted };
    }
    case "chat.channel.joined":
      return { ...next, memberCount: summary.memberCount + 1, joined: summary.joined || event.data.member === me };
    case "chat.channel.left":
      return {
        ...next,
        memberCount: Math.max(0, summary.memberCount - 1),
        deserted: summary.kind === "direct" && summary.memberCount <= 2,
        joined: summary.joined && event.data.member !== me,
      };
    default:
      return next;
  }
}

/** Edits and deletions can change what counts as unread or as a mention; only the server knows how. */
export function needsRecount(summary: ChannelSummary, event: ChannelEvent): boolean {
  return (event.event === "chat.message.deleted" || event.event === "chat.message.edited") && summary.unread > 0;
}
