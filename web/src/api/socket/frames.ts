// What travels over the WebSocket, and a reader that trusts nothing it is sent.
import type { ErrorBody } from "../types";

export const PROTOCOL = "holdfast.v1";
export const CLOSE_SESSION_ENDED = 4401;

/** An event as it arrives: numbered, its content not looked at yet (see api/events.ts). */
export interface RoomEvent {
  seq: number;
  event: string;
  data: unknown;
}

export interface EventLog {
  recovered: boolean;
  epoch: number;
  head: number;
  events: RoomEvent[];
}

export type ChangedThing = "channels" | "members" | "me" | "invitations" | "org";

export type ServerFrame =
  | { type: "welcome"; heartbeatSeconds: number; maxFrameBytes: number }
  | { type: "reply"; id: number; ok?: unknown; error?: ErrorBody; each?: { ok?: unknown; error?: ErrorBody }[] }
  | { type: "event"; room: string; seq: number; event: string; data: unknown }
  | { type: "changed"; org: string; what: ChangedThing[] }
  | {
      type: "read";
      org: string;
      channel: string;
      readSeq: number;
      readRevision: number;
      unread: number;
      mentions: number;
      head: number;
    }
  | { type: "gone"; room: string }
  /** To the person alone: somebody took them out of a channel. */
  | { type: "taken_out"; org: string; channel: string; name: string; by: string }
  | { type: "beat"; heads: Record<string, number> }
  | { type: "bye"; code: "session_ended" | "restarting" | "slow_reader"; message: string };

export type TakenOutFrame = Extract<ServerFrame, { type: "taken_out" }>;
export type ReadFrame = Extract<ServerFrame, { type: "read" }>;

/** One call, or several of the same operation, answered together. */
export type ClientFrame = { id: number; op: string } & (
  | { path: unknown; input: unknown }
  | { each: { path: unknown; input: unknown }[] }
);

const KNOWN: ReadonlySet<string> = new Set([
  "welcome",
  "reply",
  "event",
  "changed",
  "read",
  "gone",
  "taken_out",
  "beat",
  "bye",
]);

/** Null for what this version does not know; a newer server may say more than we understand. */
export function readFrame(text: string): ServerFrame | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const type = (value as { type?: unknown }).type;
    return typeof type === "string" && KNOWN.has(type) ? (value as ServerFrame) : null;
  } catch {
    return null;
  }
}

export function isEventLog(value: unknown): value is EventLog {
  if (typeof value !== "object" || value === null) return false;
  const log = value as Partial<EventLog>;
  return (
    typeof log.recovered === "boolean" &&
    typeof log.head === "number" &&
    typeof log.epoch === "number" &&
    Array.isArray(log.events)
  );
}

const STATUS: Record<string, number> = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  invalid_input: 422,
  rate_limited: 429,
  unavailable: 503,
};
/** Replies carry no status line; the code says as much. */
export function statusOf(code: string): number {
  return STATUS[code] ?? 400;
}
