// From a numbered event off the wire to one of the events that this version knows.
import type { RoomEvent } from "./socket/frames";
import type { ChannelEvent } from "./types";

const KNOWN: Readonly<Record<ChannelEvent["event"], true>> = {
  "chat.message.posted": true,
  "chat.message.edited": true,
  "chat.message.deleted": true,
  "chat.message.reacted": true,
  "chat.channel.updated": true,
  "chat.channel.joined": true,
  "chat.channel.left": true,
};

/** Null for events of a later version; their sequence number still counts. */
export function asChannelEvent(event: RoomEvent): ChannelEvent | null {
  return Object.hasOwn(KNOWN, event.event) && typeof event.data === "object" && event.data !== null
    ? (event as ChannelEvent)
    : null;
}
