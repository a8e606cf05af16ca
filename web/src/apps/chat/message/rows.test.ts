import { describe, expect, it } from "vitest";
import type { Message } from "@/api/types";
import { closeEmoji, complete, type Replacement, triggerAt } from "./autocomplete";
import type { OutboxEntry } from "./outbox";
import { buildRows } from "./rows";

const MINUTE = 60_000_000;
const NOON = new Date(2026, 3, 14, 12).getTime() * 1000;
const message = (seq: number, author: string, at: number): Message => ({
  id: `m${seq}`,
  channel: "c",
  seq,
  revision: seq,
  author,
  clientId: `k${seq}`,
  body: "x",
  createdAt: at,
  editedAt: null,
  deletedAt: null,
  mentions: [],
  handles: [],
  mentionsAll: false,
  reactions: [],
});
const entry = (clientId: string): OutboxEntry => ({
  clientId,
  org: "o",
  channel: "c",
  body: "x",
  createdAt: NOON + 9 * MINUTE,
  state: "sending",
  problem: null,
});
const shape = (rows: ReturnType<typeof buildRows>) =>
  rows.map((row) => ("grouped" in row && row.grouped ? `+${row.kind}` : row.kind)).join(" ");

describe("rows", () => {
  const items = [
    message(1, "a", NOON - 26 * 60 * MINUTE),
    message(2, "a", NOON),
    message(3, "a", NOON + MINUTE),
    message(4, "b", NOON + 2 * MINUTE),
    message(5, "b", NOON + 8 * MINUTE),
  ];
  it("groups by author, pause and day", () => {
    const rows = buildRows({ items, hasBefore: false, hasAfter: false }, [], "a", null);
    expect(shape(rows)).toBe("start day message day message +message message message");
  });
  it("shows no day twice, whatever old lines were brought in between", () => {
    const mixed = [
      message(1, "a", NOON),
      message(2, "a", NOON - 50 * 60 * MINUTE),
      message(3, "a", NOON - 50 * 60 * MINUTE + 1),
      message(4, "a", NOON + MINUTE),
      message(5, "a", NOON + 26 * 60 * MINUTE),
    ];
    const rows = buildRows({ items: mixed, hasBefore: false, hasAfter: false }, [entry("p")], "a", null);
    expect(shape(rows)).toBe("start day message message +message message day message pending");
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
    expect(rows.flatMap((row) => (row.kind === "message" && row.stray ? [row.message.seq] : []))).toEqual([2, 3]);
  });
  it("draws the line before the first new message of somebody else", () => {
    const rows = buildRows({ items, hasBefore: true, hasAfter: true }, [], "a", 2);
    expect(shape(rows)).toBe("loading day message day message +message new message message loading");
  });
  it("hides what is on its way once it has arrived, and keeps its key", () => {
    const rows = buildRows({ items, hasBefore: false, hasAfter: false }, [entry("k3"), entry("new")], "a", null);
    expect(rows.filter((row) => row.key === "k3").map((row) => row.kind)).toEqual(["message"]);
    expect(rows.at(-1)).toMatchObject({ kind: "pending", key: "new" });
  });
});

describe("autocomplete", () => {
  const put = (text: string, { start, end, text: insert, skip }: Replacement) => ({
    text: text.slice(0, start) + insert + text.slice(end),
    caret: start + insert.length + skip,
  });
  it("finds what the word before the caret asks for", () => {
    expect(triggerAt("hello @ma", 9)).toEqual({ kind: "mention", typed: "ma", start: 6, end: 9 });
    expect(triggerAt("mail a@ma", 9)).toBeNull();
    expect(triggerAt("mail@ma", 7)).toBeNull();
    for (const prior of ["请", "「", '"', "*", "> ", ">", "-", "("])
      expect(triggerAt(`${prior}@ma`, prior.length + 3)?.typed, prior).toBe("ma");
    for (const code of ["```\n@ma", "`x @ma", "~~~ts\nkey: :ta"]) expect(triggerAt(code, code.length), code).toBeNull();
    expect(triggerAt("`x` @ma", 7)?.typed).toBe("ma");
    expect(triggerAt("```\nx\n```\n@ma", 13)?.typed).toBe("ma");
    expect(triggerAt(":th", 3)?.kind).toBe("emoji");
    expect(triggerAt("10:30", 5)).toBeNull();
  });
  it("completes and moves on", () => {
    const completed = (text: string) => {
      const trigger = triggerAt(text, 6);
      return trigger && put(text, complete(text, trigger, "@mara"));
    };
    expect(completed("hi @ma!")).toEqual({ text: "hi @mara !", caret: 9 });
    expect(completed("hi @ma !")).toEqual({ text: "hi @mara !", caret: 9 });
  });
  it("turns a finished name into the emoji", () => {
    const closed = closeEmoji("nice :tada:", 11);
    expect(closed && put("nice :tada:", closed)).toEqual({ text: "nice 🎉", caret: 7 });
    expect(closeEmoji("`x :tada:", 9)).toBeNull();
    expect(closeEmoji("```\nkey: :tada:", 15)).toBeNull();
    expect(closeEmoji("nice :nonsense:", 15)).toBeNull();
  });
});
