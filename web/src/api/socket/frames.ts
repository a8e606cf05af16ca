// What travels over the WebSocket, and a reader that trusts nothing it is sent.
import type { ErrorBody } from "../types";

export const PROTOCOL = "holdfast.v1";
export const CLOSE_SESSION_ENDED = 4401;

/** An event as it arrives: numbered, its content not looked at yet (see api/events.ts). */
export interface TopicEvent {
  seq: number;
  event: string;
  data: unknown;
}

export interface EventLog {
  recovered: boolean;
  epoch: number;
  head: number;
  events: TopicEvent[];
}

/** An event that is not logged: nobody repeats it, and what it is about is fetched anew after a gap. Its topic is the
 * organisation, one's own membership of it, or what one subscribed to. */
export interface Notice {
  org: string;
  topic: string;
  event: string;
  data: unknown;
}

export type ServerFrame =
  | { type: "welcome"; heartbeatSeconds: number; maxFrameBytes: number }
  | { type: "reply"; id: number; ok?: unknown; error?: ErrorBody; each?: { ok?: unknown; error?: ErrorBody }[] }
  | { type: "event"; topic: string; seq: number; event: string; data: unknown }
  | ({ type: "notice" } & Notice)
  /** Access to a topic has ended: also to an organisation. */
  | { type: "gone"; topic: string }
  | { type: "beat"; heads: Record<string, number> }
  | { type: "bye"; code: "session_ended" | "restarting" | "slow_reader"; message: string };

/** One call, or several of the same operation, answered together. */
export type ClientFrame = { id: number; op: string } & (
  | { path: unknown; input: unknown }
  | { each: { path: unknown; input: unknown }[] }
);

const KNOWN: ReadonlySet<string> = new Set(["welcome", "reply", "event", "notice", "gone", "beat", "bye"]);

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
