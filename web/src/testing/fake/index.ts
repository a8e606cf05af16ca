// Replaces fetch and WebSocket in the page by the World. Only for `--mode fake`; `window.fake` lets a person or a script
// play other people: fake.say("design", 2, "hello"), fake.cut(), fake.offline(true).
import { type AnyHandler, answer, handlers } from "./http";
import { Refused } from "./operation";
import { MINE, World } from "./world";

interface Asked {
  path?: { channel?: string; topic?: string };
  input?: object;
}

const sockets = new Set<FakeSocket>();
let world: World;
let down = false;

class FakeSocket extends EventTarget {
  static readonly OPEN = 1;
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  private readonly topics = new Set<string>();
  private readonly beat = setInterval(() => this.sendBeat(), 15_000);

  constructor() {
    super();
    setTimeout(() => {
      if (down) return this.end(1006);
      this.readyState = 1;
      sockets.add(this);
      this.onopen?.();
      this.push({ type: "welcome", heartbeatSeconds: 15, maxFrameBytes: 65536 });
    }, 60);
  }

  push(frame: unknown): void {
    const data = JSON.stringify(frame);
    setTimeout(() => this.readyState === 1 && this.onmessage?.({ data }), 25);
  }

  send(text: string): void {
    const { id, op, each, ...one } = JSON.parse(text);
    if (each) this.push({ type: "reply", id, each: each.map((call: Asked) => this.answer(op, call)) });
    else this.push({ type: "reply", id, ...this.answer(op, one) });
  }

  private answer(op: string, { path = {}, input = {} }: Asked): object {
    try {
      return { ok: structuredClone(this.carryOut(op, path, input)) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { error: { error: error.error, code: error.code, requestId: "req_fake" } };
    }
  }

  private carryOut(op: string, path: { channel?: string; topic?: string }, input: object): unknown {
    if (op === "realtime.ping") return {};
    if (op === "realtime.unsubscribe") return this.topics.delete(path.topic ?? "") && {};
    if (op === "chat.channel.subscribe") this.topics.add(path.channel ?? "");
    const handler = (handlers as unknown as Record<string, AnyHandler>)[op];
    if (!handler) throw new Refused(404, "not_found", `No operation ${op}`);
    return handler.run({ world, path, input });
  }

  deliver(topic: string, event: object): void {
    if (this.topics.has(topic)) this.push({ type: "event", topic, ...event });
  }

  private sendBeat(): void {
    const heads = Object.fromEntries([...this.topics].map((id) => [id, world.rooms.get(id)?.channel.head]));
    this.push({ type: "beat", heads });
  }

  close(): void {
    this.end(1000);
  }

  end(code: number): void {
    clearInterval(this.beat);
    sockets.delete(this);
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

export function install(): void {
  const options = new URLSearchParams(location.search);
  world = new World(Number(options.get("members") ?? 60));
  if (options.has("signedout") || sessionStorage.getItem("fake.signedout")) world.signedIn = false;
  world.onEvent = (room, event) => {
    for (const socket of sockets) socket.deliver(room, event);
  };
  globalThis.fetch = (input, init) => {
    if (down) return Promise.reject(new TypeError("Failed to fetch"));
    return answer(world, new Request(input, init));
  };
  Object.assign(globalThis, {
    WebSocket: FakeSocket,
    fake: {
      world,
      say: (channel: string, author: number, body: string) => {
        const room = [...world.rooms.values()].find((item) => item.channel.name === channel);
        const member = world.members[author];
        if (room && member) world.post(room, member.id, body);
      },
      cut: () => {
        for (const socket of [...sockets]) socket.end(1006);
      },
      offline: (value: boolean) => {
        down = value;
        if (value) for (const socket of [...sockets]) socket.end(1006);
      },
      me: MINE,
    },
  });
}
