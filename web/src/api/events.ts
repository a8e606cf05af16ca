// The events of a channel, as a closed union made from the generated types.
import type { Channel, Message, RoomEvent } from "./types";

export type ChannelEvent =
  | { seq: number; event: "chat.message.posted"; data: { message: Message } }
  | { seq: number; event: "chat.message.edited"; data: { message: Message } }
  | { seq: number; event: "chat.message.deleted"; data: { id: string; deletedAt: number } }
  | { seq: number; event: "chat.message.reacted"; data: { id: string; member: string; emoji: string; on: boolean } }
  | { seq: number; event: "chat.channel.updated"; data: { channel: Channel } }
  | { seq: number; event: "chat.channel.joined"; data: { member: string } }
  | { seq: number; event: "chat.channel.left"; data: { member: string } };

const KNOWN: ReadonlySet<string> = new Set<ChannelEvent["event"]>([
  "chat.message.posted",
  "chat.message.edited",
  "chat.message.deleted",
  "chat.message.reacted",
  "chat.channel.updated",
  "chat.channel.joined",
  "chat.channel.left",
]);

/** Null for events of a later version; their sequence number still counts. */
export function asChannelEvent(event: RoomEvent): ChannelEvent | null {
  return KNOWN.has(event.event) && typeof event.data === "object" && event.data !== null
    ? (event as ChannelEvent)
    : null;
}
