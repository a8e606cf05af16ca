// How far somebody has really read: the last message up to which everything new has been on the screen. Jumping over
// messages does not read them. Pure.
import type { Message } from "@/api/types";
import type { Shown } from "../message/place";
import type { Timeline } from "../message/timeline";

/** What counts as new to somebody: words of others that are still there. */
export const isNews = (message: Message, me: string): boolean => message.author !== me && message.deletedAt === null;

/** The position after this was on the screen; the same when something new lies between. */
export function seenTo(position: number, shown: Shown | null, timeline: Timeline, me: string): number {
  if (!shown?.last || shown.last.seq <= position) return position;
  const first = timeline.items[0];
  // Older pages are not loaded: what they hold is not known to have been seen.
  if (timeline.hasBefore && first && first.seq > position + 1) return position;
  const skipped = timeline.items.some(
    (message) => message.seq > position && message.seq < shown.first.seq && isNews(message, me),
  );
  return skipped ? position : shown.last.seq;
}

/** What is new after a position, as far as the loaded messages tell; null when there are more that are not loaded. */
export function newsAfter(
  position: number,
  timeline: Timeline,
  me: string,
): { unread: number; mentions: number } | null {
  const first = timeline.items[0];
  if (timeline.hasAfter || (timeline.hasBefore && first && first.seq > position + 1)) return null;
  const news = timeline.items.filter((message) => message.seq > position && isNews(message, me));
  return {
    unread: news.length,
    mentions: news.filter((message) => message.mentionsAll || message.mentions.includes(me)).length,
  };
}
