// Drives the state machine with a real WebSocket, real timers and the browser's online/offline events. One per tab.
import type { ApiError } from "../error";
import type { OperationId, OpInput, OpPath, OpReply } from "../types";
import { type Notice, PROTOCOL, readFrame, type TopicEvent } from "./frames";
import { type Effect, type Input, initial, type State, type Subscription, step } from "./machine";

export interface SocketListener {
  event?: (topic: string, event: TopicEvent) => void;
  /** What is shown of this topic may have holes: fetch it anew. Also said once after the first attach. Of another history
   * (after a restore), nothing that is known holds any more. */
  reset?: (topic: string, history: "same" | "other") => void;
  gone?: (topic: string) => void;
  notice?: (notice: Notice) => void;
  opened?: () => void;
  /** The connection was refused without a reason; ask over HTTP. */
  probe?: () => void;
  ended?: () => void;
}

export type Connection = "idle" | "connecting" | "online" | "reconnecting" | "offline" | "ended";

interface Waiter {
  resolve: (value: unknown) => void;
  reject: (error: ApiError) => void;
}

export class RealtimeSocket {
  private state: State = initial;
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setInterval> | null = null;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private readonly waiters = new Map<number, Waiter>();
  private readonly listeners = new Set<SocketListener>();
  private readonly statusListeners = new Set<() => void>();

  constructor(private readonly url: () => string) {}

  /** Idempotent. */
  start(): void {
    if (this.timer) return;
    this.timer = setInterval(this.tick, 1000);
    window.addEventListener("online", this.online);
    window.addEventListener("offline", this.offline);
    window.addEventListener("pageshow", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    if (!navigator.onLine) this.take({ type: "offline" });
    this.take({ type: "start" });
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    window.removeEventListener("online", this.online);
    window.removeEventListener("offline", this.offline);
    window.removeEventListener("pageshow", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    this.take({ type: "stop" });
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
  }

  listen(listener: SocketListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  subscribe(to: Subscription, after: number | null, epoch: number | null): void {
    this.take({ type: "subscribe", ...to, after, epoch });
  }

  unsubscribe(topic: string): void {
    this.take({ type: "unsubscribe", topic });
  }

  /** Topics that are wanted, attached or not. */
  get topics(): readonly string[] {
    return Object.keys(this.state.topics);
  }

  get isOpen(): boolean {
    return this.state.phase === "open";
  }

  call<Id extends OperationId>(op: Id, path: OpPath<Id>, input: OpInput<Id>): Promise<OpReply<Id>> {
    const id = this.state.nextId;
    return new Promise<OpReply<Id>>((resolve, reject) => {
      this.waiters.set(id, { resolve: (value) => resolve(value as OpReply<Id>), reject });
      this.take({ type: "call", id, op, path, input });
    });
  }

  get connection(): Connection {
    const { phase, online } = this.state;
    if (phase === "open") return "online";
    if (phase === "idle" || phase === "ended") return phase;
    if (!online) return "offline";
    return this.state.attempt === 0 ? "connecting" : "reconnecting";
  }

  onConnection = (listener: () => void): (() => void) => {
    this.statusListeners.add(listener);
    return () => this.statusListeners.delete(listener);
  };

  /** Do not wait for the backoff to pass. */
  retryNow(): void {
    if (navigator.onLine) this.take({ type: "online" });
  }

  private readonly online = () => this.take({ type: "online" });
  private readonly offline = () => this.take({ type: "offline" });
  private readonly wake = () => {
    if (document.visibilityState === "visible") this.take({ type: "wake" });
  };

  /** Both clocks stand still or jump as they like while the machine sleeps. How far they are apart says only that it did,
   * or that somebody set the time: reason enough to ask whether the line lives, and for nothing else. */
  private apart = Date.now() - performance.now();
  private readonly tick = () => {
    const apart = Date.now() - performance.now();
    const slept = Math.abs(apart - this.apart) > 5_000;
    this.apart = apart;
    this.take({ type: slept ? "wake" : "tick" });
  };

  private take(input: Input): void {
    const before = this.connection;
    const now = performance.now();
    const [next, effects] = step(this.state, input, { now, random: Math.random });
    this.state = next;
    for (const effect of effects) this.run(effect);
    if (this.retry) clearTimeout(this.retry);
    const wait = this.state.retryAt - now;
    this.retry =
      this.state.phase === "waiting" && Number.isFinite(wait)
        ? setTimeout(() => this.take({ type: "tick" }), Math.ceil(wait) + 1)
        : null;
    if (this.connection !== before) for (const listener of this.statusListeners) listener();
  }

  private run(effect: Effect): void {
    switch (effect.type) {
      case "connect":
        return this.open();
      case "close": {
        const socket = this.socket;
        this.socket = null;
        socket?.close(1000);
        return;
      }
      case "send":
        this.socket?.send(JSON.stringify(effect.frame));
        return;
      case "settle":
        this.waiters.get(effect.id)?.resolve(effect.ok);
        this.waiters.delete(effect.id);
        return;
      case "fail":
        this.waiters.get(effect.id)?.reject(effect.error);
        this.waiters.delete(effect.id);
        return;
      default:
        for (const listener of this.listeners) tell(listener, effect);
    }
  }

  private open(): void {
    const socket = new WebSocket(this.url(), PROTOCOL);
    this.socket = socket;
    // A socket that was replaced may still fire; only the current one is heard.
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (this.socket !== socket || typeof message.data !== "string") return;
      const frame = readFrame(message.data);
      if (frame) this.take({ type: "frame", frame });
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.take({ type: "closed", code: event.code });
    };
  }
}

function tell(listener: SocketListener, effect: Effect): void {
  switch (effect.type) {
    case "deliver":
      return listener.event?.(effect.topic, effect.event);
    case "reset":
      return listener.reset?.(effect.topic, effect.history);
    case "gone":
      return listener.gone?.(effect.topic);
    case "notice":
      return listener.notice?.(effect.notice);
    case "reconnected":
      return listener.opened?.();
    case "probe":
      return listener.probe?.();
    case "ended":
      return listener.ended?.();
    default:
      return;
  }
}

const socketUrl = () => `${location.origin.replace(/^http/, "ws")}/api/v1/realtime`;

export const socket = new RealtimeSocket(socketUrl);
