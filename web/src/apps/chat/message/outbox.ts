// Messages on their way. An entry is stored before it is sent and removed only when the server has acknowledged it, so
// nothing typed is lost by a reload, a lost connection or a full page of errors. Sending twice is harmless: the server
// knows the client id. Each entry is stored by itself, under the person who wrote it: two tabs cannot overwrite each
// other's, and nobody else's outbox finds it.
import { ApiError, explain } from "@/api/error";
import type { Message } from "@/api/types";
import { onStored, readStored, removeStored, storedKeys, writeStored } from "@/lib/storage";
import { nowMicros } from "@/lib/time";

export interface OutboxEntry {
  clientId: string;
  org: string;
  channel: string;
  body: string;
  createdAt: number;
  /** waiting: will be tried again by itself; failed: needs the person. */
  state: "sending" | "waiting" | "failed";
  problem: string | null;
  /** Refused for what it says: the same text would be refused again. */
  textRefused?: boolean;
}

export interface OutboxDeps {
  /** The signal is aborted when the person or the organisation changes: nothing may be asked for after that. */
  post: (entry: OutboxEntry, signal: AbortSignal) => Promise<Message>;
  onSent: (entry: OutboxEntry, message: Message) => void;
  newId?: () => string;
}

const NONE: readonly OutboxEntry[] = [];
const WAITS = [1_000, 2_000, 5_000, 10_000, 30_000];

function parse(value: unknown): OutboxEntry | null {
  if (typeof value !== "object" || value === null) return null;
  const entry = value as Partial<OutboxEntry>;
  const whole =
    typeof entry.clientId === "string" &&
    typeof entry.org === "string" &&
    typeof entry.channel === "string" &&
    typeof entry.body === "string";
  return whole ? (entry as OutboxEntry) : null;
}

/** Of the versions that kept one list per person. */
const parseList = (value: unknown): OutboxEntry[] | null =>
  Array.isArray(value) ? value.flatMap((item: unknown) => parse(item) ?? []) : null;

/** In the order of typing. The sort is stable: those of one moment keep their order. */
const inOrder = (entries: readonly OutboxEntry[]): OutboxEntry[] =>
  [...entries].sort((a, b) => a.createdAt - b.createdAt);

const failedChannels = (entries: readonly OutboxEntry[]): ReadonlySet<string> =>
  new Set(entries.filter((entry) => entry.state === "failed").map((entry) => entry.channel));

export class Outbox {
  private entries: readonly OutboxEntry[] = [];
  private failed: ReadonlySet<string> = new Set();
  private byChannel = new Map<string, readonly OutboxEntry[]>();
  private readonly listeners = new Set<() => void>();
  private readonly busy = new Set<string>();
  private readonly attempts = new Map<string, number>();
  /** Known to lie in the storage: if one of them is there no more, another tab has finished with it. */
  private readonly kept = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly prefix: string;
  private readonly over = new AbortController();
  private readonly stopStorage: () => void;

  constructor(
    user: string,
    private readonly deps: OutboxDeps,
  ) {
    this.prefix = `outbox.${user}.`;
    this.takeOldList(`outbox.${user}`);
    const found = storedKeys(this.prefix).flatMap((key) => this.read(key) ?? []);
    // What was under way when the page closed may or may not have arrived; the client id makes asking again safe.
    this.show(inOrder(found.map((entry) => (entry.state === "sending" ? { ...entry, state: "waiting" } : entry))));
    // Another tab may have finished or added some.
    this.stopStorage = onStored(this.prefix, (key) => this.mergeStored(key));
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  of = (channel: string): readonly OutboxEntry[] => {
    const known = this.byChannel.get(channel);
    if (known) return known;
    const found = this.entries.filter((entry) => entry.channel === channel);
    const list = found.length > 0 ? found : NONE;
    this.byChannel.set(channel, list);
    return list;
  };

  /** Channels with something that could not be sent. The same set while nothing changes. */
  failedIn = (): ReadonlySet<string> => this.failed;

  get size(): number {
    return this.entries.length;
  }

  send(org: string, channel: string, body: string): OutboxEntry {
    const clientId = (this.deps.newId ?? (() => crypto.randomUUID()))();
    // Later than the one before it, even if the clock was set back meanwhile.
    const createdAt = Math.max(nowMicros(), (this.entries.at(-1)?.createdAt ?? 0) + 1);
    // Behind what waits it waits, too.
    const state = this.of(channel).some((before) => before.state === "waiting") ? "waiting" : "sending";
    const entry: OutboxEntry = { clientId, org, channel, body, createdAt, state, problem: null };
    this.keep(entry);
    this.show([...this.entries, entry]);
    void this.flush();
    return entry;
  }

  retry(clientId: string): void {
    this.update(clientId, { state: "waiting", problem: null });
    void this.flush();
  }

  discard(clientId: string): void {
    removeStored(this.prefix + clientId);
    this.drop(clientId);
  }

  /** What was discarded is there again, as it was. */
  putBack(entry: OutboxEntry): void {
    this.keep(entry);
    this.show(inOrder([...this.entries, entry]));
  }

  /** Try everything that waits; called at start, on reconnect and by its own timer. */
  async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const channels = new Set(this.entries.map((entry) => entry.channel));
    await Promise.all([...channels].map((channel) => this.drain(channel)));
  }

  /** For ever: what waits stays stored for the person's next visit. */
  stop(): void {
    this.over.abort();
    if (this.timer) clearTimeout(this.timer);
    this.stopStorage();
  }

  private get stopped(): boolean {
    return this.over.signal.aborted;
  }

  /** One at a time per channel, so that the order of typing is the order of posting. */
  private async drain(channel: string): Promise<void> {
    if (this.busy.has(channel)) return;
    this.busy.add(channel);
    try {
      for (;;) {
        const entry = this.entries.find((item) => item.channel === channel && item.state !== "failed");
        if (!entry || this.stopped) return;
        if (!(await this.attempt(entry))) return;
      }
    } finally {
      this.busy.delete(channel);
    }
  }

  /** True: go on with the next one. */
  private async attempt(entry: OutboxEntry): Promise<boolean> {
    if (entry.state !== "sending" && !this.update(entry.clientId, { state: "sending", problem: null })) return true;
    try {
      const message = await this.deps.post(entry, this.over.signal);
      this.attempts.delete(entry.clientId);
      // Acknowledged is acknowledged, whoever is here by now.
      if (!this.stopped) this.deps.onSent(entry, message);
      this.discard(entry.clientId);
      return true;
    } catch (error) {
      // Whoever is here next must find it as it was: waiting.
      if (this.stopped) return false;
      if (error instanceof ApiError && (error.transient || error.code === "unauthenticated")) {
        // So do those behind it.
        for (const { clientId, state } of this.of(entry.channel)) {
          if (state === "sending") this.update(clientId, { state: "waiting", problem: null });
        }
        if (error.code !== "unauthenticated") this.later(entry.clientId, error.retryAfter);
        return false;
      }
      const textRefused = error instanceof ApiError && (error.status === 413 || error.status === 422);
      this.update(entry.clientId, { state: "failed", problem: explain(error), textRefused });
      return true;
    }
  }

  private later(clientId: string, retryAfter: number | null): void {
    const attempt = this.attempts.get(clientId) ?? 0;
    this.attempts.set(clientId, attempt + 1);
    const wait = retryAfter ? retryAfter * 1000 : (WAITS[Math.min(attempt, WAITS.length - 1)] ?? 30_000);
    if (this.timer || this.stopped) return;
    this.timer = setTimeout(() => void this.flush(), wait);
  }

  /** False: there is no such entry, or another tab has finished with it. */
  private update(clientId: string, change: Partial<OutboxEntry>): boolean {
    const known = this.entries.find((entry) => entry.clientId === clientId);
    if (!known) return false;
    if (this.kept.has(clientId) && !this.read(this.prefix + clientId)) {
      this.drop(clientId);
      return false;
    }
    const next = { ...known, ...change };
    this.keep(next);
    this.show(this.entries.map((entry) => (entry === known ? next : entry)));
    return true;
  }

  private read(key: string): OutboxEntry | null {
    const entry = readStored(key, parse);
    if (entry) this.kept.add(entry.clientId);
    return entry;
  }

  private keep(entry: OutboxEntry): void {
    if (writeStored(this.prefix + entry.clientId, entry)) this.kept.add(entry.clientId);
  }

  private drop(clientId: string): void {
    this.kept.delete(clientId);
    this.show(this.entries.filter((entry) => entry.clientId !== clientId));
  }

  /** What another tab has stored or removed. What this tab is doing with an entry, it knows better. */
  private mergeStored(key: string | null): void {
    const keys = key === null ? [...this.kept].map((clientId) => this.prefix + clientId) : [key];
    for (const changed of keys) {
      const clientId = changed.slice(this.prefix.length);
      const stored = this.read(changed);
      const known = this.entries.find((entry) => entry.clientId === clientId);
      if (!stored) this.drop(clientId);
      else if (!known) this.show(inOrder([...this.entries, stored]));
      else if (!this.busy.has(known.channel)) {
        this.show(this.entries.map((entry) => (entry === known ? stored : entry)));
      }
    }
  }

  private takeOldList(key: string): void {
    for (const entry of readStored(key, parseList) ?? []) this.keep(entry);
    removeStored(key);
  }

  private show(entries: readonly OutboxEntry[]): void {
    this.entries = entries;
    this.byChannel = new Map();
    this.failed = failedChannels(entries);
    for (const listener of this.listeners) listener();
  }
}
