// The connection as a pure state machine: (state, input, now) → state + effects. It knows nothing of WebSocket, timers
// or React, so every cut, gap, duplicate and reordering can be played to it in a test.
//
// Per topic it keeps the last sequence number handed on. An event is handed on only when it is exactly the next one;
// anything else is answered by subscribing again from the last one, while live events wait in a buffer.
import type { ApiError } from "../error";
import { disconnectedError, timeoutError, toApiError } from "../error";
import type { ErrorBody, OperationId } from "../types";
import {
  CLOSE_SESSION_ENDED,
  type ClientFrame,
  isEventLog,
  type Notice,
  type ServerFrame,
  statusOf,
  type TopicEvent,
} from "./frames";

const CALL_TIMEOUT = 10_000;
/** A connection that takes this long is tried anew: a line that comes back does not always wake what was under way on it. */
const CONNECT_TIMEOUT = 4_000;
/** After so many of those in a row, or before there ever was one, the line may just be that slow. */
const IMPATIENT = 6;
const SLOW_CONNECT_TIMEOUT = 10_000;
/** How late a beat may be, and how long the answer to a ping may take, before the line counts as dead. */
const LATE_BEAT = 2_000;
const PING_TIMEOUT = 2_500;
/** Topics asked for in one frame, and such frames under way at once. */
const EACH = 100;
const PARALLEL = 2;
const MIN_BACKOFF = 1_500;
const MAX_BACKOFF = 30_000;
/** A connection that held this long was a good one: what follows is a new loss. */
const STABLE = 5_000;

/** How a topic is subscribed to: the operation, and the ids of its path. */
export interface Subscription {
  topic: string;
  op: OperationId;
  path: Readonly<Record<string, string>>;
}

interface Topic {
  op: OperationId;
  path: Subscription["path"];
  /** Last sequence handed on; null: attach at the head. */
  seq: number | null;
  epoch: number | null;
  phase: "wanted" | "attaching" | "live";
  /** Live events that came while attaching. */
  buffer: readonly TopicEvent[];
  /** Not before this time (after the server could not say). */
  notBefore: number;
  /** How often in a row it could not. */
  tries: number;
}

type Pending = { deadline: number } & ({ kind: "call" } | { kind: "ping" } | { kind: "subscribe"; topics: string[] });

export interface State {
  /** idle: not started; waiting: retry at `retryAt`; ended: the session is over, no retry. */
  phase: "idle" | "connecting" | "open" | "waiting" | "ended";
  online: boolean;
  attempt: number;
  retryAt: number;
  since: number;
  lastHeard: number;
  /** When the connection was lost that has not been replaced by a good one yet. */
  away: number | null;
  /** Whether there ever was a connection. */
  known: boolean;
  /** Connections in a row that took too long. */
  slow: number;
  heartbeat: number;
  nextId: number;
  topics: Readonly<Record<string, Topic>>;
  pending: Readonly<Record<number, Pending>>;
}

export type Input =
  | { type: "start" }
  | { type: "stop" }
  | { type: "closed"; code: number }
  | { type: "frame"; frame: ServerFrame }
  | { type: "tick" }
  /** Back after a sleep, or looked at again: the line may have died meanwhile. */
  | { type: "wake" }
  | { type: "online" }
  | { type: "offline" }
  | ({ type: "subscribe"; after: number | null; epoch: number | null } & Subscription)
  | { type: "unsubscribe"; topic: string }
  | { type: "call"; id: number; op: string; path: unknown; input: unknown };

export type Effect =
  | { type: "connect" }
  | { type: "close" }
  | { type: "send"; frame: ClientFrame }
  | { type: "settle"; id: number; ok: unknown }
  | { type: "fail"; id: number; error: ApiError }
  | { type: "deliver"; topic: string; event: TopicEvent }
  /** What is known of the topic may have holes; with another history, none of it holds any more. */
  | { type: "reset"; topic: string; history: "same" | "other" }
  | { type: "gone"; topic: string }
  | { type: "notice"; notice: Notice }
  | { type: "reconnected" }
  | { type: "probe" }
  | { type: "ended" };

export interface Env {
  now: number;
  random: () => number;
}

export const initial: State = {
  phase: "idle",
  online: true,
  attempt: 0,
  retryAt: 0,
  since: 0,
  lastHeard: 0,
  away: null,
  known: false,
  slow: 0,
  heartbeat: 15_000,
  nextId: 1,
  topics: {},
  pending: {},
};

/** Full jitter: many clients that lost the same server must not come back in step. What was away shortly is asked for
 * often, so that a restart is over as soon as it is over; the longer it is away, the less. */
export function backoff(attempt: number, away: number, random: () => number): number {
  const ceiling = Math.min(500 * 2 ** attempt, Math.max(MIN_BACKOFF, Math.min(MAX_BACKOFF, away / 10)));
  return Math.round(250 + random() * ceiling);
}

export function step(state: State, input: Input, env: Env): [State, Effect[]] {
  const machine = new Step(state, env);
  machine.take(input);
  return [machine.state, machine.effects];
}

/** One step's working copy: `state` is replaced, never changed in place. */
class Step {
  effects: Effect[] = [];
  constructor(
    public state: State,
    private readonly env: Env,
  ) {}

  private set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
  }

  private emit(effect: Effect): void {
    this.effects.push(effect);
  }

  private topic(id: string, change: Partial<Topic>): void {
    const topic = this.state.topics[id];
    if (topic) this.set({ topics: { ...this.state.topics, [id]: { ...topic, ...change } } });
  }

  private drop(id: string): void {
    const { [id]: _, ...topics } = this.state.topics;
    this.set({ topics });
  }

  take(input: Input): void {
    switch (input.type) {
      case "start":
        if (this.state.phase === "idle" || this.state.phase === "ended") this.connect();
        return;
      case "stop":
        this.failPending();
        if (this.state.phase === "open" || this.state.phase === "connecting") this.emit({ type: "close" });
        this.set({ ...initial, online: this.state.online, nextId: this.state.nextId });
        return;
      case "closed":
        return this.closed(input.code);
      case "frame":
        this.set({ lastHeard: this.env.now });
        return this.frame(input.frame);
      case "tick":
        return this.tick();
      case "wake":
        if (this.state.phase === "open") return this.ping();
        if (this.state.phase === "waiting" && this.state.online) return this.connect();
        return;
      case "online":
        this.set({ online: true, attempt: 0 });
        if (this.state.phase === "open") this.ping();
        if (this.state.phase === "waiting") this.connect();
        return;
      case "offline":
        this.set({ online: false });
        // The socket object may not notice for minutes; nothing it still holds will arrive.
        if (this.state.phase === "open" || this.state.phase === "connecting") {
          this.emit({ type: "close" });
          this.lost(0);
        }
        return;
      case "subscribe":
        return this.subscribe(input);
      case "unsubscribe":
        if (!this.state.topics[input.topic]) return;
        if (this.state.phase === "open") this.send("realtime.unsubscribe", { topic: input.topic }, {});
        this.drop(input.topic);
        return;
      case "call":
        if (this.state.phase !== "open") {
          this.emit({ type: "fail", id: input.id, error: disconnectedError() });
          return;
        }
        this.set({
          pending: { ...this.state.pending, [input.id]: { kind: "call", deadline: this.env.now + CALL_TIMEOUT } },
          nextId: Math.max(this.state.nextId, input.id + 1),
        });
        this.emit({ type: "send", frame: { id: input.id, op: input.op, path: input.path, input: input.input } });
        return;
    }
  }

  private connect(): void {
    if (!this.state.online) {
      this.set({ phase: "waiting", retryAt: Number.POSITIVE_INFINITY });
      return;
    }
    this.set({ phase: "connecting", since: this.env.now });
    this.emit({ type: "connect" });
  }

  /** Only now does the server tell what changes: lists fetched when the socket opened might miss something. */
  private welcome(heartbeatSeconds: number): void {
    if (heartbeatSeconds > 0) this.set({ heartbeat: heartbeatSeconds * 1000 });
    this.set({ phase: "open", known: true, slow: 0, since: this.env.now });
    this.emit({ type: "reconnected" });
    this.attachSome();
  }

  private send(op: string, path: unknown, input: unknown): number {
    const id = this.state.nextId;
    this.set({ nextId: id + 1 });
    this.emit({ type: "send", frame: { id, op, path, input } });
    return id;
  }

  private failPending(): void {
    for (const [id, pending] of Object.entries(this.state.pending)) {
      if (pending.kind === "call") this.emit({ type: "fail", id: Number(id), error: disconnectedError() });
    }
    this.set({ pending: {} });
  }

  private closed(code: number): void {
    if (this.state.phase !== "open" && this.state.phase !== "connecting") return;
    if (code === CLOSE_SESSION_ENDED) return this.end();
    // A refused upgrade shows no reason; asking over HTTP tells whether the session is over.
    if (this.state.phase === "connecting") this.emit({ type: "probe" });
    this.lost();
  }

  /** The connection is gone. Topics keep their place, so that nothing is missed when it is back. */
  private lost(most = MAX_BACKOFF): void {
    const { now, random } = this.env;
    const good = this.state.phase === "open" && now - this.state.since >= STABLE;
    const attempt = good ? 0 : this.state.attempt;
    const away = good ? now : (this.state.away ?? now);
    const delay = Math.min(most, backoff(attempt, now - away, random));
    this.failPending();
    const topics: Record<string, Topic> = {};
    for (const [id, topic] of Object.entries(this.state.topics))
      topics[id] = { ...topic, phase: "wanted", buffer: [], notBefore: 0 };
    this.set({
      phase: "waiting",
      topics,
      away,
      attempt: attempt + 1,
      retryAt: this.state.online ? now + delay : Number.POSITIVE_INFINITY,
    });
  }

  private end(): void {
    this.failPending();
    this.set({ phase: "ended", topics: {} });
    this.emit({ type: "ended" });
  }

  private tick(): void {
    const { now } = this.env;
    const { phase } = this.state;
    if (phase === "waiting" && now >= this.state.retryAt) return this.connect();
    const patient = !this.state.known || this.state.slow >= IMPATIENT;
    if (phase === "connecting" && now - this.state.since >= (patient ? SLOW_CONNECT_TIMEOUT : CONNECT_TIMEOUT)) {
      this.emit({ type: "close" });
      this.set({ slow: this.state.slow + 1 });
      // That was a wait already.
      return this.lost(MIN_BACKOFF / 2);
    }
    if (phase !== "open") return;
    const late = Object.entries(this.state.pending).filter(([, pending]) => now > pending.deadline);
    if (late.some(([, pending]) => pending.kind !== "call")) {
      this.emit({ type: "close" });
      return this.lost();
    }
    if (now - this.state.lastHeard > this.state.heartbeat + LATE_BEAT) this.ping();
    if (late.length > 0) {
      const pending = { ...this.state.pending };
      for (const [id] of late) {
        delete pending[Number(id)];
        this.emit({ type: "fail", id: Number(id), error: timeoutError() });
      }
      this.set({ pending });
    }
    this.attachSome();
  }

  /** Asks whether anybody is there, unless that has just been asked. */
  private ping(): void {
    if (Object.values(this.state.pending).some((pending) => pending.kind === "ping")) return;
    const id = this.send("realtime.ping", {}, {});
    const ping: Pending = { kind: "ping", deadline: this.env.now + PING_TIMEOUT };
    this.set({ pending: { ...this.state.pending, [id]: ping } });
  }

  private subscribe(input: Extract<Input, { type: "subscribe" }>): void {
    if (this.state.topics[input.topic]) return;
    const topic: Topic = {
      op: input.op,
      path: input.path,
      seq: input.after,
      epoch: input.epoch,
      phase: "wanted",
      buffer: [],
      notBefore: 0,
      tries: 0,
    };
    this.set({ topics: { ...this.state.topics, [input.topic]: topic } });
    this.attachSome();
  }

  /** Hundreds of topics are asked for in a few frames: a reconnect must not trip the server's rate limit. */
  private attachSome(): void {
    if (this.state.phase !== "open") return;
    let free = PARALLEL - Object.values(this.state.pending).filter((pending) => pending.kind === "subscribe").length;
    while (free > 0) {
      const wanted = Object.entries(this.state.topics).filter(
        ([, topic]) => topic.phase === "wanted" && topic.notBefore <= this.env.now,
      );
      const op = wanted[0]?.[1].op;
      if (!op) return;
      this.attach(op, wanted.filter(([, topic]) => topic.op === op).slice(0, EACH));
      free -= 1;
    }
  }

  private attach(op: OperationId, due: readonly (readonly [string, Topic])[]): void {
    const each = due.map(([, topic]) => ({
      path: topic.path,
      input: { after: topic.seq, epoch: topic.epoch },
    }));
    const call = this.state.nextId;
    const pending: Pending = {
      kind: "subscribe",
      topics: due.map(([id]) => id),
      deadline: this.env.now + CALL_TIMEOUT,
    };
    this.set({ nextId: call + 1, pending: { ...this.state.pending, [call]: pending } });
    this.emit({ type: "send", frame: { id: call, op, each } });
    for (const [id] of due) this.topic(id, { phase: "attaching" });
  }

  /** What lies between what is known and what has come is read from the log; what comes meanwhile waits. */
  private again(id: string): void {
    this.topic(id, { phase: "wanted" });
    this.attachSome();
  }

  private frame(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        return this.welcome(frame.heartbeatSeconds);
      case "reply":
        return this.reply(frame);
      case "event":
        return this.event(frame.topic, { seq: frame.seq, event: frame.event, data: frame.data });
      case "beat":
        return this.beat(frame.heads);
      case "gone":
        if (this.state.topics[frame.topic]) this.drop(frame.topic);
        this.emit({ type: "gone", topic: frame.topic });
        return;
      case "notice": {
        const { type: _, ...notice } = frame;
        this.emit({ type: "notice", notice });
        return;
      }
      case "bye":
        if (frame.code === "session_ended") {
          this.emit({ type: "close" });
          return this.end();
        }
        this.emit({ type: "close" });
        return this.lost();
    }
  }

  private reply(frame: Extract<ServerFrame, { type: "reply" }>): void {
    const pending = this.state.pending[frame.id];
    if (!pending) return;
    const { [frame.id]: _, ...rest } = this.state.pending;
    this.set({ pending: rest });
    if (pending.kind === "call") {
      if (frame.error)
        this.emit({ type: "fail", id: frame.id, error: toApiError(frame.error, statusOf(frame.error.code)) });
      else this.emit({ type: "settle", id: frame.id, ok: frame.ok });
      return;
    }
    if (pending.kind === "ping") return;
    for (const [index, topic] of pending.topics.entries()) {
      const answer = frame.error ? { error: frame.error } : frame.each?.[index];
      if (!answer)
        this.topic(topic, { phase: "wanted" }); // An answer that would be too long ends before; the rest is asked for again.
      else if (isEventLog(answer.ok)) this.attached(topic, answer.ok);
      else this.refused(topic, answer.error);
    }
    this.attachSome();
  }

  /** Only "not there" and "not yours" say that the topic is gone. Whatever else goes wrong says nothing about it: the topic
   * stays wanted, and is asked for again less and less often. */
  private refused(id: string, error: ErrorBody | undefined): void {
    const topic = this.state.topics[id];
    if (!topic) return;
    if (error?.code === "not_found" || error?.code === "forbidden") {
      this.drop(id);
      this.emit({ type: "gone", topic: id });
      return;
    }
    const wait = Math.max(backoff(topic.tries + 2, MAX_BACKOFF * 10, this.env.random), 1_000);
    this.topic(id, { phase: "wanted", buffer: [], notBefore: this.env.now + wait, tries: topic.tries + 1 });
  }

  private attached(id: string, log: { recovered: boolean; epoch: number; head: number; events: TopicEvent[] }): void {
    const topic = this.state.topics[id];
    if (!topic) return;
    const waiting = topic.buffer;
    const events = [...log.events].sort((a, b) => a.seq - b.seq).filter((event) => event.seq > (topic.seq ?? 0));
    // Believe "recovered" only when the log really joins up; a hole in it would otherwise be asked for again for ever.
    const joinsUp = events.every((event, index) => event.seq === (topic.seq ?? 0) + 1 + index);
    const reaches = (events.at(-1)?.seq ?? topic.seq) === log.head || log.head < (events.at(-1)?.seq ?? 0);
    if (!log.recovered || topic.seq === null || !joinsUp || !reaches) {
      // Attaching at the head without a place to resume from is no loss: the caller fetches after it is attached.
      const other = (topic.epoch !== null && topic.epoch !== log.epoch) || (topic.seq ?? 0) > log.head;
      this.topic(id, { phase: "live", epoch: log.epoch, seq: log.head, buffer: [], tries: 0 });
      this.emit({ type: "reset", topic: id, history: other ? "other" : "same" });
    } else {
      this.topic(id, { phase: "live", epoch: log.epoch, buffer: [], tries: 0 });
      for (const event of events) this.event(id, event);
    }
    for (const event of [...waiting].sort((a, b) => a.seq - b.seq)) this.event(id, event);
  }

  private event(id: string, event: TopicEvent): void {
    const topic = this.state.topics[id];
    if (!topic) return;
    if (topic.phase !== "live" || topic.seq === null) {
      this.topic(id, { buffer: [...topic.buffer, event] });
      return;
    }
    if (event.seq <= topic.seq) return;
    if (event.seq === topic.seq + 1) {
      this.topic(id, { seq: event.seq });
      this.emit({ type: "deliver", topic: id, event });
      return;
    }
    this.topic(id, { buffer: [...topic.buffer, event] });
    this.again(id);
  }

  private beat(heads: Record<string, number>): void {
    for (const [id, topic] of Object.entries(this.state.topics)) {
      if (topic.phase === "live" && heads[id] !== topic.seq) this.topic(id, { phase: "wanted" });
    }
    this.attachSome();
  }
}
