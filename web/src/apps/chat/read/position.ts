// Which of two read positions counts, when answers, frames and lists overtake each other and the reader reads on meanwhile.
import type { ChannelSummary, ReadState } from "@/api/types";
import { ofPerson } from "@/lib/person";
import type { Summary } from "../channel/events";

type Read = Pick<ReadState, "readSeq" | "readRevision">;

/** Whether a position is older than another: set back since, or not as far. */
export const older = (a: Read, b: Read): boolean =>
  a.readRevision < b.readRevision || (a.readRevision === b.readRevision && a.readSeq < b.readSeq);

let moves = 0;
const movedAt = ofPerson(new Map<string, number>());
/** How many positions of a channel the server has not answered yet. */
const untold = ofPerson(new Map<string, number>());

export const moved = (channel: string): void => void movedAt.set(channel, ++moves);
export const isTold = (channel: string): boolean => !untold.has(channel);

/** It has been moved here; call what is returned when the server has heard of it. */
export function hold(channel: string): () => void {
  untold.set(channel, (untold.get(channel) ?? 0) + 1);
  return () => {
    const left = (untold.get(channel) ?? 1) - 1;
    if (left > 0) untold.set(channel, left);
    else untold.delete(channel);
  };
}

/** Taken before a list is asked for, given to `keepPositions` with it. */
export const sinceNow = (): number => moves;

/** A list that was asked for before a position moved, or before the server knew of it, does not set it back. */
export function keepPositions(fetched: Summary[], known: readonly Summary[] | undefined, since: number): Summary[] {
  const byId = new Map(known?.map((summary) => [summary.id, summary]));
  return fetched.map((summary) => {
    const now = byId.get(summary.id);
    const later = !isTold(summary.id) || (movedAt.get(summary.id) ?? 0) > since;
    return now && later && sameSeat(now, summary) && older(summary, now) ? { ...summary, ...readingOf(now) } : summary;
  });
}

const sameSeat = (a: ChannelSummary, b: ChannelSummary): boolean => a.joined && b.joined && a.epoch === b.epoch;

const readingOf = ({ readSeq, readRevision, unread, mentions, counted, head }: Summary) => ({
  readSeq,
  readRevision,
  unread,
  mentions,
  counted: counted ?? head,
});
