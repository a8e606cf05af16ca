// Where a reader is in a conversation: at its end, or at one message that stands so far below the top of what is shown.
// A place names a message, never a distance in pixels from either end: pages that load and rows that turn out taller than
// guessed move every distance, and no message.
import type { Message } from "@/api/types";
import type { Row } from "./rows";
import type { Timeline } from "./timeline";

export interface RowPlace {
  seq: number;
  /** Pixels from the top edge to the message; or where a message should stand that somebody wants to see. */
  offset: number | "centre" | "upper";
}
export type Place = "end" | RowPlace;

/** The parts of a virtual list that a place is computed from. */
export interface Layout {
  /** Per row. */
  measurements: ArrayLike<{ start: number; size: number; end: number }>;
  total: number;
  height: number;
}

/** How much of what came before stays in sight above the first new message. */
const CONTEXT = 0.25;

/** Whether the loaded stretch says what stands there. */
export function covers(timeline: Timeline, place: Place): boolean {
  if (place === "end") return !timeline.hasAfter;
  const first = timeline.items[0];
  const last = timeline.items.at(-1);
  if (!first || !last) return !timeline.hasBefore && !timeline.hasAfter;
  return (!timeline.hasBefore || first.seq <= place.seq) && (!timeline.hasAfter || last.seq >= place.seq);
}

/** The row of that message, or of the next one that there is; −1 when there is none. */
function rowOf(rows: readonly Row[], seq: number): number {
  let last = -1;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    if (row?.kind !== "message") continue;
    if (row.message.seq >= seq) return index;
    last = index;
  }
  return last;
}

/** How far to scroll so that the place is where it says; null when it is not loaded. */
export function offsetOf(place: Place, rows: readonly Row[], timeline: Timeline, layout: Layout): number | null {
  const most = Math.max(0, layout.total - layout.height);
  if (place === "end") return most;
  if (!covers(timeline, place)) return null;
  const at = layout.measurements[rowOf(rows, place.seq)];
  if (!at) return null;
  const spare = Math.max(0, layout.height - at.size);
  const below =
    place.offset === "centre"
      ? spare / 2
      : place.offset === "upper"
        ? Math.min(spare, layout.height * CONTEXT)
        : place.offset;
  return Math.round(Math.min(Math.max(0, at.start - below), most));
}

/** The messages that are on the screen: the first of which anything is seen, the last whose end is seen. */
export interface Shown {
  first: Message;
  last: Message | null;
}

/** The place of a reader who has scrolled so far, and what is on the screen there. `from` is the row at the top edge. */
export function placeAt(
  top: number,
  from: number,
  rows: readonly Row[],
  layout: Layout,
): { place: RowPlace | null; shown: Shown | null } {
  const bottom = top + layout.height;
  let first: Message | null = null;
  let last: Message | null = null;
  let offset = 0;
  for (let index = Math.max(0, from); index < rows.length; index++) {
    const row = rows[index];
    const at = layout.measurements[index];
    if (!at || at.start >= bottom) break;
    if (row?.kind !== "message" || at.end <= top) continue;
    if (!first) offset = at.start - top;
    first ??= row.message;
    if (at.end <= bottom + 1) last = row.message;
  }
  if (!first) return { place: null, shown: null };
  return { place: { seq: first.seq, offset }, shown: { first, last } };
}
