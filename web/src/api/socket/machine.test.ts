// Plays cuts, gaps, duplicates and reorderings to the machine and asks that every event arrives exactly once, in order.
import { describe, expect, it } from "vitest";
import type { ErrorBody } from "../types";
import type { ClientFrame, ServerFrame, TopicEvent } from "./frames";
import { backoff, type Effect, type Input, initial, type State, step } from "./machine";

const TOPIC = "chn_1";

const subscription = (topic: string) =>
  ({ topic, op: "chat.channel.subscribe", path: { org: "org_1", channel: topic } }) as const;

/** The machine together with what a driver would keep. */
class Player {
  state: State = initial;
  now = 1_000_000;
  delivered: number[] = [];
  sent: ClientFrame[] = [];
  effects: Effect[] = [];
  random = () => 0.5;

  take(input: Input): Effect[] {
    const [state, effects] = step(this.state, input, { now: this.now, random: this.random });
    this.state = state;
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.type === "deliver") this.delivered.push(effect.event.seq);
      if (effect.type === "send") this.sent.push(effect.frame);
    }
    return effects;
  }

  frame(frame: ServerFrame): Effect[] {
    return this.take({ type: "frame", frame });
  }

  /** The server's first word; until then the socket is not of use. */
  welcome(): Effect[] {
    return this.frame({ type: "welcome", heartbeatSeconds: 15, maxFrameBytes: 65536 });
  }

  event(seq: number): Effect[] {
    return this.frame({ type: "event", topic: TOPIC, seq, event: "chat.message.posted", data: {} });
  }

  /** Connected and attached with everything up to `seq` already known. */
  attached(seq: number): this {
    this.take({ type: "start" });
    this.take({ type: "subscribe", ...subscription(TOPIC), after: seq, epoch: 1 });
    this.welcome();
    this.answer([], seq);
    return this;
  }

  /** Answers the latest subscription, which asked for the one topic. */
  answer(events: number[], head: number, recovered = true, epoch = 1): Effect[] {
    const ok = { recovered, epoch, head, events: events.map(rawEvent) };
    return this.frame({ type: "reply", id: this.lastSubscribe?.id ?? -1, each: [{ ok }] });
  }

  refuse(code: ErrorBody["code"]): Effect[] {
    const error = { error: "", code, requestId: "r", fields: [] };
    return this.frame({ type: "reply", id: this.lastSubscribe?.id ?? -1, each: [{ error }] });
  }

  /** The latest subscription: its number, and what it said of its first topic. */
  get lastSubscribe() {
    const frame = this.sent.findLast((one) => "each" in one);
    if (!frame || !("each" in frame)) return undefined;
    const input = frame.each[0]?.input as { after: number | null; epoch: number | null };
    return { id: frame.id, input, topics: frame.each.length };
  }
}

const rawEvent = (seq: number): TopicEvent => ({ seq, event: "chat.message.posted", data: {} });
const kinds = (effects: Effect[]) => effects.map((effect) => effect.type);

describe("topics", () => {
  it("hands on events in order", () => {
    const player = new Player().attached(10);
    player.event(11);
    player.event(12);
    expect(player.delivered).toEqual([11, 12]);
  });

  it("drops duplicates", () => {
    const player = new Player().attached(10);
    player.event(11);
    player.event(11);
    player.event(9);
    expect(player.delivered).toEqual([11]);
  });

  it("answers a gap by subscribing again from the last event, and buffers meanwhile", () => {
    const player = new Player().attached(10);
    player.event(11);
    player.event(14);
    expect(player.lastSubscribe?.input).toEqual({ after: 11, epoch: 1 });
    player.event(15);
    expect(player.delivered).toEqual([11]);
    player.answer([12, 13, 14], 14);
    expect(player.delivered).toEqual([11, 12, 13, 14, 15]);
  });

  it("puts reordered events right", () => {
    const player = new Player().attached(10);
    player.event(12);
    player.event(11);
    player.answer([11, 12], 12);
    expect(player.delivered).toEqual([11, 12]);
  });

  it("resumes after a cut from where it was", () => {
    const player = new Player().attached(10);
    player.event(11);
    player.take({ type: "closed", code: 1006 });
    expect(player.state.phase).toBe("waiting");
    player.now = player.state.retryAt;
    expect(kinds(player.take({ type: "tick" }))).toContain("connect");
    player.welcome();
    expect(player.lastSubscribe?.input).toEqual({ after: 11, epoch: 1 });
    player.answer([12, 13], 13);
    expect(player.delivered).toEqual([11, 12, 13]);
  });

  it("asks for a fresh copy when the server cannot fill the gap", () => {
    const player = new Player().attached(10);
    player.event(900);
    expect(player.answer([], 900, false)).toContainEqual({ type: "reset", topic: TOPIC, history: "same" });
    player.event(901);
    expect(player.delivered).toEqual([901]);
  });

  it("does not believe a log that has a hole", () => {
    const player = new Player().attached(10);
    player.event(14);
    expect(player.answer([12, 13, 14], 14)).toContainEqual({ type: "reset", topic: TOPIC, history: "same" });
  });

  // REQ RT-2, OPS-7
  it.each([
    ["another epoch", 12, 2],
    ["a number from the future", 8, 1],
  ])("says that %s is another history", (_, head, epoch) => {
    const player = new Player().attached(10);
    player.take({ type: "closed", code: 1006 });
    player.now = player.state.retryAt;
    player.take({ type: "tick" });
    player.welcome();
    expect(player.lastSubscribe?.input).toEqual({ after: 10, epoch: 1 });
    expect(player.answer([], head, false, epoch)).toContainEqual({ type: "reset", topic: TOPIC, history: "other" });
    player.event(head + 1);
    expect(player.delivered).toEqual([head + 1]);
  });

  it("sees silent loss in a heartbeat", () => {
    const player = new Player().attached(10);
    const before = player.sent.length;
    player.frame({ type: "beat", heads: { [TOPIC]: 10 } });
    expect(player.sent.length).toBe(before);
    player.frame({ type: "beat", heads: { [TOPIC]: 12 } });
    player.answer([11, 12], 12);
    expect(player.delivered).toEqual([11, 12]);
  });

  it("attaches again when the heartbeat does not know the topic", () => {
    const player = new Player().attached(10);
    player.frame({ type: "beat", heads: {} });
    expect(player.lastSubscribe?.input.after).toBe(10);
  });

  it("drops a topic whose access ended, and one that is refused", () => {
    const player = new Player().attached(10);
    expect(player.frame({ type: "gone", topic: TOPIC })).toContainEqual({ type: "gone", topic: TOPIC });
    player.event(11);
    expect(player.delivered).toEqual([]);
    player.take({ type: "subscribe", ...subscription("chn_2"), after: 0, epoch: 1 });
    player.refuse("not_found");
    expect(player.state.topics).toEqual({});
  });

  // REQ RT-2, AUTHZ-4 (attack A14)
  it.each(["rate_limited", "unavailable", "timeout", "internal", "unauthenticated"] as const)(
    "keeps a topic of which the server could not say (%s), and asks again, less and less often",
    (code) => {
      const player = new Player();
      player.take({ type: "start" });
      player.take({ type: "subscribe", ...subscription(TOPIC), after: 1, epoch: 1 });
      player.welcome();
      const waits: number[] = [];
      for (let i = 0; i < 8; i++) {
        expect(kinds(player.refuse(code))).not.toContain("gone");
        const asked = player.lastSubscribe?.id;
        const from = player.now;
        while (player.lastSubscribe?.id === asked) {
          player.now += 250;
          player.frame({ type: "beat", heads: {} });
          player.take({ type: "tick" });
        }
        waits.push(player.now - from);
      }
      expect(waits[0]).toBeGreaterThanOrEqual(1_000);
      expect(waits.at(-1)).toBeLessThanOrEqual(31_000);
      expect(waits.at(-1)).toBeGreaterThan(waits[0] ?? 0);
      player.answer([2, 3], 3);
      expect(player.delivered).toEqual([2, 3]);
    },
  );

  it("keeps all topics when a whole frame of them is refused", () => {
    const player = new Player();
    for (let i = 0; i < 150; i++) {
      player.take({ type: "subscribe", ...subscription(`chn_${i}`), after: 0, epoch: 1 });
    }
    player.take({ type: "start" });
    player.welcome();
    const error = { error: "", code: "rate_limited" as const, requestId: "r", fields: [] };
    for (const { id } of [...player.sent]) player.frame({ type: "reply", id, error });
    expect(Object.values(player.state.topics).filter((topic) => topic.phase === "wanted").length).toBe(150);
  });

  it("attaches hundreds of topics in a few frames, and goes on after an answer that ends early", () => {
    const player = new Player();
    for (let i = 0; i < 500; i++) {
      player.take({ type: "subscribe", ...subscription(`chn_${i}`), after: 0, epoch: 1 });
    }
    player.take({ type: "start" });
    player.welcome();
    expect(player.sent.length).toBe(2);
    const ok = { recovered: true, epoch: 1, head: 0, events: [] };
    for (let answered = 0; answered < player.sent.length; answered++) {
      const frame = player.sent[answered];
      const asked = frame && "each" in frame ? frame.each.length : 0;
      expect(asked).toBeLessThanOrEqual(100);
      const each = Array.from({ length: Math.max(1, answered === 0 ? asked / 2 : asked) }, () => ({ ok }));
      player.frame({ type: "reply", id: frame?.id ?? -1, each });
    }
    expect(new Set(Object.values(player.state.topics).map((topic) => topic.phase))).toEqual(new Set(["live"]));
    expect(player.sent.length).toBe(6);
  });
});

describe("connection", () => {
  // REQ RT-2: what is fetched before the server tells of changes may miss one.
  it("is of use from the server's welcome on", () => {
    const player = new Player();
    player.take({ type: "start" });
    player.take({ type: "subscribe", ...subscription(TOPIC), after: 1, epoch: 1 });
    expect([player.state.phase, player.sent.length]).toEqual(["connecting", 0]);
    expect(kinds(player.welcome())).toEqual(["reconnected", "send"]);
    expect(player.state.phase).toBe("open");
  });

  it("asks a silent server whether it is there, and gives up when it does not say", () => {
    const player = new Player().attached(1);
    const pings = () => player.sent.filter((frame) => frame.op === "realtime.ping");
    player.now += 16_000;
    player.take({ type: "tick" });
    expect(pings().length).toBe(0);
    player.now += 2_000;
    player.take({ type: "tick" });
    player.take({ type: "tick" });
    expect(pings().length).toBe(1);
    player.frame({ type: "reply", id: pings()[0]?.id ?? -1, ok: {} });
    player.now += 18_000;
    player.take({ type: "tick" });
    expect(pings().length).toBe(2);
    player.now += 3_000;
    expect(kinds(player.take({ type: "tick" }))).toContain("close");
    expect(player.state.phase).toBe("waiting");
  });

  it("asks at once when the machine has slept or the page is looked at again", () => {
    const player = new Player().attached(1);
    player.take({ type: "wake" });
    expect(player.sent.at(-1)?.op).toBe("realtime.ping");
    player.now += 3_000;
    player.take({ type: "tick" });
    expect(player.state.phase).toBe("waiting");
    expect(kinds(player.take({ type: "wake" }))).toContain("connect");
  });

  it("does not come back when the session is over", () => {
    const player = new Player().attached(1);
    expect(kinds(player.frame({ type: "bye", code: "session_ended", message: "" }))).toContain("ended");
    player.now += 60_000;
    expect(player.take({ type: "tick" })).toEqual([]);
    expect(player.state.phase).toBe("ended");
  });

  it("treats close 4401 as the end of the session", () => {
    const player = new Player().attached(1);
    expect(kinds(player.take({ type: "closed", code: 4401 }))).toEqual(["ended"]);
  });

  it("comes back after slow_reader and restarting", () => {
    for (const code of ["slow_reader", "restarting"] as const) {
      const player = new Player().attached(1);
      player.frame({ type: "bye", code, message: "" });
      expect(player.state.phase).toBe("waiting");
      expect(player.state.retryAt).toBeLessThan(player.now + 5_000);
    }
  });

  it("waits for the network while offline", () => {
    const player = new Player().attached(1);
    player.take({ type: "offline" });
    player.now += 600_000;
    expect(player.take({ type: "tick" })).toEqual([]);
    expect(kinds(player.take({ type: "online" }))).toContain("connect");
  });

  it("asks over HTTP when the upgrade is refused", () => {
    const player = new Player();
    player.take({ type: "start" });
    expect(kinds(player.take({ type: "closed", code: 1006 }))).toContain("probe");
  });

  it("backs off with jitter, within bounds", () => {
    expect(backoff(0, 0, () => 0)).toBe(250);
    expect(backoff(20, 20_000, () => 1)).toBeLessThanOrEqual(2_250);
    expect(backoff(20, 3_600_000, () => 1)).toBeLessThanOrEqual(30_250);
    expect(backoff(3, 60_000, () => 0.25)).toBeLessThan(backoff(3, 60_000, () => 0.75));
  });

  it("does not run in circles when every connection is ended at once", () => {
    const player = new Player().attached(1);
    let connects = 0;
    for (const from = player.now; player.now < from + 600_000; player.now += 100) {
      if (!kinds(player.take({ type: "tick" })).includes("connect")) continue;
      connects += 1;
      player.welcome();
      player.frame({ type: "bye", code: "slow_reader", message: "" });
    }
    expect(connects).toBeLessThan(150);
  });

  // REQ UI-8, RT-2
  it.each(["refuses", "swallows", "swallows what is under way too"] as const)(
    "is back within three seconds after twenty in which the network %s",
    (how) => {
      for (let seed = 0; seed < 300; seed++) {
        const random = mulberry(seed);
        const player = new Player();
        player.random = random;
        player.attached(1);
        player.now += random() * 15_000;
        const lost = player.now;
        const back = lost + 20_000;
        if (how !== "swallows what is under way too") player.take({ type: "closed", code: 1006 });
        // A system tries to connect at once and after 1, 3 and 7 seconds.
        let began = 0;
        let tick = player.now + random() * 1_000;
        while (player.state.phase !== "open" || player.now < back) {
          player.now = Math.min(tick, player.now + 50);
          const { phase, retryAt } = player.state;
          const due = player.now >= tick || (phase === "waiting" && player.now >= retryAt);
          if (player.now >= tick) tick += 1_000;
          const did = due ? kinds(player.take({ type: "tick" })) : [];
          if (did.includes("connect")) began = player.now;
          if (player.state.phase === "connecting") {
            const heard = [0, 1_000, 3_000, 7_000].some((after) => {
              const tried = began + after;
              return tried >= back && tried <= player.now;
            });
            if (heard) player.welcome();
            else if (how === "refuses") player.take({ type: "closed", code: 1006 });
          }
          if (player.now > back + 3_000) break;
        }
        expect(player.state.phase, `seed ${seed}`).toBe("open");
        expect(player.now - back, `seed ${seed}`).toBeLessThan(3_000);
      }
    },
  );
});

describe("calls", () => {
  it("correlates replies and errors", () => {
    const player = new Player().attached(1);
    player.take({ type: "call", id: 50, op: "chat.message.post", path: {}, input: {} });
    expect(player.frame({ type: "reply", id: 50, ok: { id: "m" } })).toEqual([
      { type: "settle", id: 50, ok: { id: "m" } },
    ]);
    player.take({ type: "call", id: 51, op: "chat.message.post", path: {}, input: {} });
    const [failed] = player.frame({
      type: "reply",
      id: 51,
      error: { error: "no", code: "conflict", requestId: "r1", fields: [] },
    });
    expect(failed).toMatchObject({ type: "fail", id: 51, error: { code: "conflict", requestId: "r1", status: 409 } });
    expect(player.frame({ type: "reply", id: 51, ok: {} })).toEqual([]);
  });

  it("fails at once without a connection, on a cut, and on a time-out", () => {
    const player = new Player();
    const call = (id: number): Input => ({ type: "call", id, op: "x", path: {}, input: {} });
    expect(player.take(call(1))).toMatchObject([{ type: "fail", error: { code: "disconnected" } }]);
    player.attached(1);
    player.take(call(60));
    expect(player.take({ type: "closed", code: 1006 })).toContainEqual(
      expect.objectContaining({ type: "fail", id: 60 }),
    );
    const other = new Player().attached(1);
    other.take(call(70));
    other.now += 11_000;
    other.frame({ type: "beat", heads: { [TOPIC]: 1 } });
    expect(other.take({ type: "tick" })).toMatchObject([{ type: "fail", id: 70, error: { code: "timeout" } }]);
  });
});

/** A small reproducible generator; a failing run names its seed. */
function mulberry(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let x = Math.imul(a ^ (a >>> 15), 1 | a);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

describe("chaos", () => {
  it.each([...Array(50).keys()])("misses nothing and repeats nothing, seed %i", (seed) => {
    const random = mulberry(seed);
    const player = new Player();
    player.random = random;
    let head = 5;
    let answered = 0;
    // Frames on the way; a network that cuts, drops, doubles and reorders them.
    let wire: ServerFrame[] = [];
    const log = (after: number) => Array.from({ length: head - after }, (_, i) => rawEvent(after + 1 + i));
    const pump = () => {
      for (; answered < player.sent.length; answered++) {
        const frame = player.sent[answered];
        if (!frame || !("each" in frame)) continue;
        const asked = frame.each[0]?.input as { after: number | null } | undefined;
        const after = asked?.after ?? head;
        const ok = { recovered: true, epoch: 1, head, events: log(after) };
        wire.push({ type: "reply", id: frame.id, each: [{ ok }] });
      }
    };
    player.take({ type: "start" });
    player.take({ type: "subscribe", ...subscription(TOPIC), after: 5, epoch: 1 });
    player.welcome();
    for (let i = 0; i < 400; i++) {
      player.now += 200;
      pump();
      const dice = random();
      if (dice < 0.35) {
        head += 1;
        const frame: ServerFrame = { type: "event", topic: TOPIC, ...rawEvent(head) };
        if (random() > 0.15) wire.push(frame);
        if (random() < 0.15) wire.push(frame);
        if (random() < 0.15) wire.reverse();
      } else if (dice < 0.38) {
        player.take({ type: "closed", code: 1006 });
        wire = [];
      } else if (dice < 0.45) {
        wire.push({ type: "beat", heads: { [TOPIC]: head } });
      } else {
        const frame = wire.shift();
        if (frame && player.state.phase === "open") player.frame(frame);
      }
      if (kinds(player.take({ type: "tick" })).includes("connect")) {
        wire = [];
        answered = player.sent.length;
        player.welcome();
      }
    }
    // Quiet at last: everything still on the way arrives, then one heartbeat.
    for (let i = 0; i < 20; i++) {
      player.now += 2_000;
      if (kinds(player.take({ type: "tick" })).includes("connect")) {
        wire = [];
        answered = player.sent.length;
        player.welcome();
      }
      pump();
      for (const frame of wire.splice(0)) player.frame(frame);
      player.frame({ type: "beat", heads: { [TOPIC]: head } });
    }
    pump();
    for (const frame of wire.splice(0)) player.frame(frame);
    expect(player.delivered).toEqual(log(5).map((event) => event.seq));
  });
});
