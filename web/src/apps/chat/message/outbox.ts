// Messages on their way. An entry is stored before it is sent and removed only when the server has acknowledged it, so
// nothing typed is lost by a reload, a lost connection or a full page of errors. Sending twice is harmless: the server
// knows the client id.
import { ApiError, explain } from "@/api/error";
import type { Message } from "@/api/types";
import { onStored, readStored, removeStored, writeStored } from "@/lib/storage";
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
}

export interface OutboxDeps {
  post: (entry: OutboxEntry) => Promise<Message>;
  onSent: (entry: OutboxEntry, message: Message) => void;
  newId?: () => string;
}

const NONE: readonly OutboxEntry[] = [];
const WAITS = [1_000, 2_000, 5_000, 10_000, 30_000];

function parse(value: unknown): OutboxEntry[] | null {
  if (!Array.isArray(value)) return null;
  return value.filter(
    (entry): entry is OutboxEntry =>
      typeof entry?.clientId === "string" && typeof entry.channel === "string" && typeof entry.body === "string",
  );
}

const failedChannels = (entries: readonly OutboxEntry[]): ReadonlySet<string> =>
  new Set(entries.filter((entry) => entry.state === "failed").map((entry) => entry.channel));

export class Outbox {
  private entries: readonly OutboxEntry[];
  private failed: ReadonlySet<string> = new Set();
  private byChannel = new Map<string, readonly OutboxEntry[]>();
  private readonly listeners = new Set<() => void>();
  private readonly busy = new Set<string>();
  private readonly attempts = new Map<string, number>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly key: string;
  private stopped = false;
  private readonly stopStorage: () => void;

  constructor(
    user: string,
    private readonly deps: OutboxDeps,
  ) {
    this.key = `outbox.${user}`;
    // What was under way when the page closed may or may not have arrived; the client id makes asking again safe.
    this.entries = (readStored(this.key, parse) ?? []).map((entry) =>
      entry.state === "sending" ? { ...entry, state: "waiting" } : entry,
    );
    this.failed = failedChannels(this.entries);
    // Another tab may have finished or added some.
    this.stopStorage = onStored(this.key, () => this.mergeStored());
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
    const entry: OutboxEntry = {
      clientId,
      org,
      channel,
      body,
      createdAt: nowMicros(),
      state: "sending",
      problem: null,
    };
    this.change([...this.entries, entry]);
    void this.flush();
    return entry;
  }

  retry(clientId: string): void {
    this.update(clientId, { state: "waiting", problem: null });
    void this.flush();
  }

  discard(clientId: string): void {
    this.change(this.entries.filter((entry) => entry.clientId !== clientId));
  }

  /** Try everything that waits; called at start, on reconnect and by its own timer. */
  async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const channels = new Set(this.entries.map((entry) => entry.channel));
    await Promise.all([...channels].map((channel) => this.drain(channel)));
  }

  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    this.stopStorage();
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
    if (entry.state !== "sending") this.update(entry.clientId, { state: "sending", problem: null });
    try {
      const message = await this.deps.post(entry);
      this.attempts.delete(entry.clientId);
      this.deps.onSent(entry, message);
      this.discard(entry.clientId);
      return true;
    } catch (error) {
      if (error instanceof ApiError && (error.transient || error.code === "unauthenticated")) {
        this.update(entry.clientId, { state: "waiting", problem: null });
        if (error.code !== "unauthenticated") this.later(entry.clientId, error.retryAfter);
        return false;
      }
      this.update(entry.clientId, { state: "failed", problem: explain(error) });
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

  private update(clientId: string, change: Partial<OutboxEntry>): void {
    this.change(this.entries.map((entry) => (entry.clientId === clientId ? { ...entry, ...change } : entry)));
  }

  private mergeStored(): void {
    const stored = readStored(this.key, parse) ?? [];
    const mine = new Map(this.entries.map((entry) => [entry.clientId, entry]));
    this.show(stored.map((entry) => mine.get(entry.clientId) ?? entry));
  }

  private change(entries: readonly OutboxEntry[]): void {
    if (entries.length === 0) removeStored(this.key);
    else writeStored(this.key, entries);
    this.show(entries);
  }

  private show(entries: readonly OutboxEntry[]): void {
    this.entries = entries;
    this.byChannel = new Map();
    this.failed = failedChannels(entries);
    for (const listener of this.listeners) listener();
  }
}
