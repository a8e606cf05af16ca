import { describe, expect, it } from "vitest";
import type { ChannelSummary, Message } from "@/api/types";
import type { Timeline } from "../message/timeline";
import { isNews, leftAfter, newsAround, seenTo } from "./seen";

const message = (seq: number, author = "them"): Message => ({
  id: `m${seq}`,
  channel: "c",
  seq,
  revision: seq,
  author,
  clientId: `k${seq}`,
  body: "x",
  createdAt: seq,
  editedAt: null,
  deletedAt: null,
  mentions: [],
  handles: [],
  mentionsAll: false,
  reactions: [],
});
const loaded = (from: number, to: number, more: Partial<Timeline> = {}): Timeline => ({
  items: Array.from({ length: to - from + 1 }, (_, index) => message(from + index)),
  hasBefore: from > 1,
  hasAfter: false,
  ...more,
});
const shown = (first: number, last: number) => ({ first: message(first), last: message(last) });

// REQ COMMS-4
describe("what has been read", () => {
  it("is what was on the screen, not what is below it", () => {
    expect(seenTo(5, shown(3, 20), loaded(1, 99), "me")).toBe(20);
  });
  it("does not grow by jumping over something new", () => {
    expect(seenTo(5, shown(80, 99), loaded(1, 99), "me")).toBe(5);
    expect(seenTo(5, shown(6, 9), loaded(6, 99), "me")).toBe(9);
  });
  it("does not grow over pages that are not loaded", () => {
    expect(seenTo(5, shown(80, 99), loaded(50, 99), "me")).toBe(5);
  });
  it("passes over one's own words, deleted ones and what is no message", () => {
    const items = [message(1), message(6, "me"), { ...message(7), deletedAt: 9 }, message(10)];
    expect(seenTo(5, shown(10, 10), { items, hasBefore: false, hasAfter: false }, "me")).toBe(10);
  });
  it("never goes back", () => {
    expect(seenTo(50, shown(1, 20), loaded(1, 99), "me")).toBe(50);
    expect(seenTo(50, null, loaded(1, 99), "me")).toBe(50);
  });
});

// REQ COMMS-4
describe("what is left", () => {
  const channel = (unread: number) => ({ head: 9, epoch: 1, readSeq: 2, unread, mentions: 0 }) as ChannelSummary;
  const whole = loaded(1, 9, { cursor: { epoch: 1, seq: 9 } });
  const left = (timeline: Timeline, unread = 100) => leftAfter(4, timeline, channel(unread), "me")?.unread ?? null;

  it("is counted where all of it is loaded, and nowhere else", () => {
    expect(left(whole)).toBe(5);
    expect(left({ ...whole, hasAfter: true })).toBeNull();
    expect(left(loaded(7, 9, { cursor: { epoch: 1, seq: 9 } }))).toBeNull();
    // The list has heard of more, or of another history; or nobody knows how far this is true.
    expect(left({ ...whole, cursor: { epoch: 1, seq: 8 } })).toBeNull();
    expect(left({ ...whole, cursor: { epoch: 2, seq: 9 } })).toBeNull();
    expect(left(loaded(1, 9))).toBeNull();
  });

  it("is otherwise what there was without what has been passed, unless that was a hundred or more", () => {
    const window = { ...loaded(2, 6), hasAfter: true };
    expect(left(window, 60)).toBe(58);
    expect(left(window, 100)).toBeNull();
    expect(leftAfter(1, window, channel(60), "me")?.unread).toBe(61);
  });
});

// REQ COMMS-4: whatever is loaded of a conversation with up to 300 new messages, what is said of it is true.
describe("with any number of news", () => {
  let state = 11;
  const random = (below: number) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };

  function scene() {
    const size = 1 + random(random(2) ? 300 : 60);
    const items = Array.from({ length: size }, (_, index) => ({
      ...message(index + 1, random(6) === 0 ? "me" : "them"),
      deletedAt: random(9) === 0 ? 1 : null,
      mentionsAll: random(5) === 0,
    }));
    // News that the list has counted and the loaded stretch has not heard of.
    const unheard = random(3) === 0 ? random(8) : 0;
    const heard = Math.max(1, size - unheard);
    const from = random(heard);
    const to = random(2) ? heard : from + 1 + random(heard - from);
    const timeline: Timeline = {
      items: items.slice(from, to),
      hasBefore: from > 0,
      hasAfter: to < heard,
      cursor: { epoch: 1, seq: heard },
    };
    const readSeq = random(size + 1);
    const newsAfter = (seq: number) => items.filter((item) => item.seq > seq && isNews(item, "me"));
    const counted = (seq: number) => ({
      unread: Math.min(100, newsAfter(seq).length),
      mentions: Math.min(100, newsAfter(seq).filter((item) => item.mentionsAll).length),
    });
    const channel = { head: size, epoch: 1, readSeq, ...counted(readSeq) } as ChannelSummary;
    return { timeline, channel, newsAfter, counted, size };
  }

  it("leaves what the server would count, or says nothing", () => {
    let told = 0;
    for (let round = 0; round < 4000; round++) {
      const { timeline, channel, counted, size } = scene();
      const seq = random(size + 1);
      const left = leftAfter(seq, timeline, channel, "me");
      if (!left) continue;
      told += 1;
      expect({ unread: Math.min(100, left.unread), mentions: Math.min(100, left.mentions) }).toEqual(counted(seq));
    }
    expect(told).toBeGreaterThan(1000);
  });

  it("says how much is above and below exactly, or no more than there is", () => {
    let told = 0;
    for (let round = 0; round < 4000; round++) {
      const { timeline, channel, newsAfter } = scene();
      const { items } = timeline;
      const first = items[random(items.length)] as Message;
      const last = items[Math.min(items.length - 1, items.indexOf(first) + random(20))] as Message;
      const { above, below } = newsAround({ first, last }, channel.readSeq, timeline, channel, "me");
      const there = newsAfter(channel.readSeq);
      const truth = {
        above: there.filter((item) => item.seq < first.seq).length,
        below: there.filter((item) => item.seq > last.seq).length,
      };
      for (const [said, real] of [
        [above, truth.above],
        [below, truth.below],
      ] as const) {
        if (said.more) expect(said.count).toBeLessThanOrEqual(real);
        else expect(Math.min(100, said.count)).toBe(Math.min(100, real));
        told += Number(!said.more);
      }
    }
    expect(told).toBeGreaterThan(3000);
  });
});
