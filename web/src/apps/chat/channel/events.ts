// (channel summary, event) → channel summary. `head` says which events a summary already contains, so an event is
// counted once however the answer of a list and the events of the socket overtake each other. What is unread is told by
// other answers, too: how far that is counted is kept beside it.
import type { ChannelEvent, ChannelSummary, Message } from "@/api/types";
import { COUNT_CAP } from "@/lib/count";

/** With the entry of the log up to which `unread` and `mentions` are counted, where that is not `head`. */
export type Summary = ChannelSummary & { counted?: number };

export function applyToSummary(summary: Summary, event: ChannelEvent, me: string): Summary {
  const counted = summary.counted ?? summary.head;
  if (event.seq <= Math.min(counted, summary.head)) return summary;
  const next = event.seq > summary.head ? followed(summary, event, me) : { ...summary };
  if (event.seq > counted && event.event === "chat.message.posted") count(next, event.data.message, me);
  const upTo = Math.max(counted, event.seq);
  if (upTo === next.head) delete next.counted;
  else next.counted = upTo;
  return next;
}

function count(summary: Summary, message: Message, me: string): void {
  if (message.author === me || message.seq <= summary.readSeq) return;
  summary.unread = Math.min(COUNT_CAP, summary.unread + 1);
  if (message.mentionsAll || message.mentions.includes(me))
    summary.mentions = Math.min(COUNT_CAP, summary.mentions + 1);
}

function followed(summary: Summary, event: ChannelEvent, me: string): Summary {
  const next: Summary = { ...summary, head: event.seq };
  switch (event.event) {
    case "chat.message.posted":
      return { ...next, lastMessageAt: event.data.message.createdAt };
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
