import { describe, expect, it } from "vitest";
import type { Message } from "@/api/types";
import type { Timeline } from "../message/timeline";
import { newsAfter, seenTo } from "./seen";

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
  it("leaves a number that is exact, or none", () => {
    const timeline = loaded(1, 9);
    expect(newsAfter(4, timeline, "me")).toEqual({ unread: 5, mentions: 0 });
    expect(newsAfter(4, { ...timeline, hasAfter: true }, "me")).toBeNull();
    expect(newsAfter(4, loaded(7, 9), "me")).toBeNull();
  });
});
