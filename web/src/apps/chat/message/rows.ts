// The list as rows: messages grouped by author, dividers between days, the line before what is new, and what is still
// on its way. Pure, so that grouping is tested without a browser.
import type { Message } from "@/api/types";
import { dayKey } from "@/lib/time";
import type { OutboxEntry } from "./outbox";
import type { Timeline } from "./timeline";

export type Row =
  | { kind: "start"; key: string }
  | { kind: "loading"; key: string; side: "before" | "after" }
  | { kind: "day"; key: string; at: number }
  | { kind: "new"; key: string }
  | { kind: "message"; key: string; message: Message; grouped: boolean; stray: boolean }
  | { kind: "pending"; key: string; entry: OutboxEntry; grouped: boolean };

/** A pause longer than this starts a new group. */
const GROUP_GAP = 5 * 60 * 1_000_000;

export function buildRows(
  timeline: Timeline,
  pending: readonly OutboxEntry[],
  me: string,
  /** Messages after this one are new; null: no line. */
  readSeq: number | null,
): Row[] {
  const rows: Row[] = [
    timeline.hasBefore ? { kind: "loading", key: "before", side: "before" } : { kind: "start", key: "start" },
  ];
  let author: string | null = null;
  let at = 0;
  let day = -1;
  let stray = false;
  let lined = readSeq === null;

  /**
   * Days are divided where a later one begins. A line of an earlier day in between (an import) divides nothing, or its
   * day and the one around it would each be there twice: it stands apart and says its own date.
   */
  const divide = (time: number): void => {
    const next = dayKey(time);
    if (stray !== next < day) author = null;
    stray = next < day;
    if (next <= day) return;
    day = next;
    author = null;
    rows.push({ kind: "day", key: `day-${next}`, at: time });
  };
  const joins = (who: string, time: number): boolean => who === author && Math.abs(time - at) < GROUP_GAP;

  const mine = new Set<string>();
  for (const message of timeline.items) {
    divide(message.createdAt);
    if (!lined && readSeq !== null && message.seq > readSeq && message.author !== me) {
      lined = true;
      author = null;
      rows.push({ kind: "new", key: "new" });
    }
    if (message.author === me) mine.add(message.clientId);
    // Own messages keep the key they had while on their way: the row stays, nothing flickers.
    const key = message.author === me ? message.clientId : message.id;
    rows.push({ kind: "message", key, message, grouped: joins(message.author, message.createdAt), stray });
    author = message.deletedAt === null ? message.author : null;
    at = message.createdAt;
  }
  if (timeline.hasAfter) {
    rows.push({ kind: "loading", key: "after", side: "after" });
    return rows;
  }
  for (const entry of pending) {
    if (mine.has(entry.clientId)) continue;
    divide(entry.createdAt);
    rows.push({ kind: "pending", key: entry.clientId, entry, grouped: joins(me, entry.createdAt) });
    author = me;
    at = entry.createdAt;
  }
  return rows;
}
