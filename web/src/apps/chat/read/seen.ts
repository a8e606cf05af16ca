// How far somebody has really read: the last message up to which everything new has been on the screen. Jumping over
// messages does not read them. And how much is new, as far as that can be told: a count that ends at a hundred and a
// stretch of messages that is not all of them each know a part. Pure.
import type { ChannelSummary, Message } from "@/api/types";
import { COUNT_CAP } from "@/lib/count";
import type { Summary } from "../channel/events";
import type { Shown } from "../message/place";
import type { Timeline } from "../message/timeline";

/** What counts as new to somebody: words of others that are still there. */
export const isNews = (message: Message, me: string): boolean => message.author !== me && message.deletedAt === null;

/** Nothing after this position is missing before the loaded stretch. */
const joinsUp = ({ items, hasBefore }: Timeline, position: number): boolean =>
  !hasBefore || (items[0] !== undefined && items[0].seq <= position + 1);

/** Nothing is missing after it, either: what the list has heard of has come here as well. */
const reachesEnd = ({ hasAfter, cursor }: Timeline, { head, epoch }: ChannelSummary): boolean =>
  !hasAfter && cursor !== undefined && cursor.epoch === epoch && cursor.seq >= head;

/** The position after this was on the screen; the same when something new lies between. */
export function seenTo(position: number, shown: Shown | null, timeline: Timeline, me: string): number {
  if (!shown?.last || shown.last.seq <= position) return position;
  // Older pages are not loaded: what they hold is not known to have been seen.
  if (!joinsUp(timeline, position)) return position;
  const skipped = timeline.items.some(
    (message) => message.seq > position && message.seq < shown.first.seq && isNews(message, me),
  );
  return skipped ? position : shown.last.seq;
}

export type Left = Pick<Summary, "unread" | "mentions" | "counted">;

/** What would be unread if the position of `channel` were `seq`, where that can be told exactly; else null. */
export function leftAfter(seq: number, timeline: Timeline, channel: ChannelSummary, me: string): Left | null {
  const newsIn = (from: number, to: number): Left => {
    const news = timeline.items.filter((message) => message.seq > from && message.seq <= to && isNews(message, me));
    return {
      unread: news.length,
      mentions: news.filter((message) => message.mentionsAll || message.mentions.includes(me)).length,
    };
  };
  const complete = reachesEnd(timeline, channel);
  if (complete && joinsUp(timeline, seq)) {
    return { ...newsIn(seq, Number.POSITIVE_INFINITY), counted: timeline.cursor?.seq ?? channel.head };
  }
  // What lies between the two positions comes to what there was, or goes away from it.
  const [from, to] = seq < channel.readSeq ? [seq, channel.readSeq] : [channel.readSeq, seq];
  if (!joinsUp(timeline, from) || !(complete || (timeline.items.at(-1)?.seq ?? 0) >= to)) return null;
  const between = newsIn(from, to);
  const sign = seq < channel.readSeq ? 1 : -1;
  if (sign < 0 && channel.unread >= COUNT_CAP) return null;
  const sum = (was: number, change: number) => Math.min(COUNT_CAP, Math.max(0, was + sign * change));
  return { unread: sum(channel.unread, between.unread), mentions: sum(channel.mentions, between.mentions) };
}

/** So many, or at least so many. */
export interface Known {
  count: number;
  more: boolean;
}
export const NONE: Known = { count: 0, more: false };

/** How much is new above and below what is on the screen. */
export function newsAround(
  shown: Shown,
  position: number,
  timeline: Timeline,
  channel: ChannelSummary,
  me: string,
): { above: Known; below: Known } {
  const last = shown.last?.seq ?? shown.first.seq;
  const news = timeline.items.filter((message) => message.seq > position && isNews(message, me));
  const above = news.filter((message) => message.seq < shown.first.seq).length;
  const below = news.filter((message) => message.seq > last).length;
  const whole = { above: joinsUp(timeline, position), below: reachesEnd(timeline, channel) };
  const rest = Math.max(0, channel.unread - news.length);
  const capped = channel.unread >= COUNT_CAP;
  const side = (loaded: number, here: boolean, there: boolean): Known => {
    if (here) return { count: loaded, more: false };
    // All that is not loaded is on this side; where both sides miss something, nobody can tell on which it is.
    return there ? { count: loaded + rest, more: capped } : { count: loaded, more: capped || rest > 0 };
  };
  return { above: side(above, whole.above, whole.below), below: side(below, whole.below, whole.above) };
}
