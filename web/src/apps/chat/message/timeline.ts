// The loaded stretch of a channel's messages: ascending by seq, without holes inside, perhaps with more on either side.
// Pure; the query cache holds one per channel.
import type { Message, MessagePage } from "@/api/types";

export interface Timeline {
  items: readonly Message[];
  hasBefore: boolean;
  hasAfter: boolean;
  /** Up to which entry of the channel's log all of it is true: from there its topic is taken up again. */
  cursor?: Cursor;
}

export interface Cursor {
  epoch: number;
  seq: number;
}

export const fromPage = (page: Omit<MessagePage, "people">): Timeline => ({
  items: page.items,
  hasBefore: page.hasBefore,
  hasAfter: page.hasAfter,
  cursor: { epoch: page.epoch, seq: page.head },
});

/** What two stretches together are true up to. Of different histories: nothing. */
function common(a: Cursor | undefined, b: Cursor | undefined): { cursor?: Cursor } {
  return a && b && a.epoch === b.epoch ? { cursor: a.seq < b.seq ? a : b } : {};
}

/** The log has been followed up to here. An entry that does not join up says nothing about those before it. */
export function followed(timeline: Timeline, seq: number): Timeline {
  const { cursor } = timeline;
  return cursor && cursor.seq + 1 === seq ? { ...timeline, cursor: { ...cursor, seq } } : timeline;
}

function union(a: readonly Message[], b: readonly Message[]): Message[] {
  const byId = new Map(a.map((message) => [message.id, message]));
  for (const message of b) byId.set(message.id, newer(byId.get(message.id), message));
  return [...byId.values()].sort((x, y) => x.seq - y.seq);
}

/** Of two copies of one message, the one that knows more: the one with the later change. Clocks have no say. */
export function newer(known: Message | undefined, other: Message): Message {
  return known && known.revision >= other.revision ? known : other;
}

export function addBefore(timeline: Timeline, page: Timeline): Timeline {
  return {
    items: union(page.items, timeline.items),
    hasBefore: page.hasBefore,
    hasAfter: timeline.hasAfter,
    ...common(timeline.cursor, page.cursor),
  };
}

export function addAfter(timeline: Timeline, page: Timeline): Timeline {
  return {
    items: union(timeline.items, page.items),
    hasBefore: timeline.hasBefore,
    hasAfter: page.hasAfter,
    ...common(timeline.cursor, page.cursor),
  };
}

/** A message we know to exist. Beyond the loaded stretch it is left out: it would leave a hole before it. */
export function insert(timeline: Timeline, message: Message): Timeline {
  const { items } = timeline;
  const last = items.at(-1);
  if (items.some((item) => item.id === message.id))
    return replace(timeline, message.id, (item) => newer(item, message));
  if (timeline.hasAfter && (!last || message.seq > last.seq)) return timeline;
  const first = items[0];
  if (timeline.hasBefore && first && message.seq < first.seq) return timeline;
  if (!last || message.seq > last.seq) return { ...timeline, items: [...items, message] };
  return { ...timeline, items: [...items, message].sort((a, b) => a.seq - b.seq) };
}

/** Keeps the identity of every untouched row, so that memoised rows do not render again. */
export function replace(timeline: Timeline, id: string, change: (message: Message) => Message): Timeline {
  const index = timeline.items.findIndex((item) => item.id === id);
  const item = timeline.items[index];
  if (!item) return timeline;
  const next = change(item);
  if (next === item) return timeline;
  return { ...timeline, items: timeline.items.with(index, next) };
}
