// From an event off the wire to one whose data is known by its name. The names are the server's (events.gen.ts).
import { type EntryName, type EventName, type Events, LOGGED, type NoticeName } from "./events.gen";
import type { Notice, TopicEvent } from "./socket/frames";

/** An event of any of these names, with its data. */
export type Entry<Name extends EntryName = EntryName> = {
  [N in Name]: { seq: number; event: N; data: Events[N] };
}[Name];
type KnownNotice = { [N in NoticeName]: Omit<Notice, "event" | "data"> & { event: N; data: Events[N] } }[NoticeName];

const isKnown = ({ event, data }: { event: string; data: unknown }, logged: boolean): boolean =>
  Object.hasOwn(LOGGED, event) && LOGGED[event as EventName] === logged && typeof data === "object" && data !== null;

/** Null for events of a later version; their sequence number still counts. */
export const asEntry = (event: TopicEvent): Entry | null => (isKnown(event, true) ? (event as Entry) : null);

/** Null for events of a later version. */
export const asNotice = (notice: Notice): KnownNotice | null =>
  isKnown(notice, false) ? (notice as KnownNotice) : null;
