// "State + events = state fetched anew": random changes in a world, whose events are applied to a copy taken before.
import { describe, expect, it } from "vitest";
import { asEntry } from "@/api/events";
import type { TopicEvent } from "@/api/socket/frames";
import type { ChannelEvent, Message } from "@/api/types";
import { MINE, type Room, World } from "@/testing/fake/world";
import { applyToSummary } from "../channel/events";
import { applyToTimeline, withReaction } from "./events";
import { addBefore, insert, newer, type Timeline } from "./timeline";

const sorted = (messages: readonly Message[]) =>
  messages.map((message) => ({
    ...message,
    reactions: [...message.reactions]
      .map((reaction) => ({ ...reaction, members: [...reaction.members].sort() }))
      .sort((a, b) => (a.emoji < b.emoji ? -1 : 1)),
  }));

function changeSomething(world: World, room: Room, random: () => number): void {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const author = pick(world.members.slice(0, 6))?.id ?? MINE;
  const alive = room.messages.filter((message) => message.deletedAt === null);
  const target = pick(alive);
  const dice = random();
  if (dice < 0.4 || !target) {
    world.post(room, author, random() < 0.3 ? "look @mara" : random() < 0.1 ? "@channel lunch" : "hello");
  } else if (dice < 0.6) {
    Object.assign(target, { body: `edited ${random()}`, editedAt: (target.editedAt ?? target.createdAt) + 1 });
    world.publish(room, "chat.message.edited", { message: structuredClone(target) });
  } else if (dice < 0.7) {
    Object.assign(target, {
      body: "",
      deletedAt: target.createdAt + 5,
      reactions: [],
      mentions: [],
      handles: [],
      mentionsAll: false,
    });
    world.publish(room, "chat.message.deleted", { id: target.id, deletedAt: target.deletedAt });
  } else if (dice < 0.95) {
    const emoji = pick(["👍", "🎉", "👀"]) ?? "👍";
    const on = !target.reactions.some((reaction) => reaction.emoji === emoji && reaction.members.includes(author));
    Object.assign(target, { reactions: withReaction(structuredClone(target), author, emoji, on).reactions });
    world.publish(room, "chat.message.reacted", { id: target.id, member: author, emoji, on });
  } else {
    room.channel.topic = `topic ${random()}`;
    world.publish(room, "chat.channel.updated", { channel: structuredClone(room.channel) });
  }
}

function generator(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

describe("events", () => {
  it.each([...Array(25).keys()])("equal a fresh fetch, seed %i", (seed) => {
    const random = generator(seed);
    const world = new World(9);
    const room = [...world.rooms.values()].find((item) => item.channel.name === "design");
    if (!room) throw new Error("no room");
    let summary = structuredClone(world.summary(room));
    let timeline: Timeline = { items: structuredClone(room.messages), hasBefore: false, hasAfter: false };
    const events: ChannelEvent[] = [];
    world.onEvent = (_, raw: TopicEvent) => {
      const event = asEntry(raw);
      if (event) events.push(event);
    };
    for (let i = 0; i < 120; i++) changeSomething(world, room, random);
    for (const event of events) {
      timeline = applyToTimeline(timeline, event);
      summary = applyToSummary(summary, event, MINE);
      // Coming twice changes nothing.
      expect(applyToSummary(summary, event, MINE)).toBe(summary);
    }
    expect(sorted(timeline.items)).toEqual(sorted(structuredClone(room.messages)));
    // What deletions and edits do to counts only the server knows: then the list is fetched (needsRecount).
    const { unread: _, mentions: __, ...facts } = summary;
    expect(world.summary(room)).toMatchObject(facts);
  });

  it("replayed onto a page that already contains them, change nothing for the worse", () => {
    const world = new World(9);
    const room = [...world.rooms.values()].find((item) => item.channel.name === "design");
    if (!room) throw new Error("no room");
    const events: ChannelEvent[] = [];
    world.onEvent = (_, raw) => {
      const event = asEntry(raw);
      if (event) events.push(event);
    };
    const random = generator(7);
    for (let i = 0; i < 60; i++) changeSomething(world, room, random);
    const fresh: Timeline = { items: structuredClone(room.messages), hasBefore: false, hasAfter: false };
    const replayed = events.reduce(applyToTimeline, fresh);
    expect(sorted(replayed.items)).toEqual(sorted(fresh.items));
  });
});

describe("unread counts", () => {
  const world = new World(9);
  const room = [...world.rooms.values()].find((item) => item.channel.name === "quiet-corner") as Room;
  const posted = (author: string, body: string): ChannelEvent => {
    const message = world.post(room, author, body);
    return { seq: message.seq, event: "chat.message.posted", data: { message } };
  };
  it("count others' messages and mentions, not one's own, and stop at the cap", () => {
    let summary = world.summary(room);
    const other = world.members[1]?.id ?? "";
    summary = applyToSummary(summary, posted(other, "hi"), MINE);
    summary = applyToSummary(summary, posted(other, "hi @mara"), MINE);
    summary = applyToSummary(summary, posted(MINE, "hello"), MINE);
    expect(summary).toMatchObject({ unread: 2, mentions: 1 });
    for (let i = 0; i < 150; i++) summary = applyToSummary(summary, posted(other, "x"), MINE);
    expect(summary.unread).toBe(100);
  });
});

describe("timeline", () => {
  const world = new World(9);
  const room = [...world.rooms.values()].find((item) => item.channel.name === "general") as Room;
  const all = room.messages;
  const at = (index: number) => all[index] as Message;

  it("leaves out what would leave a hole", () => {
    const history: Timeline = { items: all.slice(100, 150), hasBefore: true, hasAfter: true };
    expect(insert(history, at(400))).toBe(history);
    expect(insert(history, at(3))).toBe(history);
    const end: Timeline = { items: all.slice(100, 150), hasBefore: true, hasAfter: false };
    expect(insert(end, at(150)).items.at(-1)).toBe(at(150));
  });

  it("joins pages without doubling, and keeps untouched rows identical", () => {
    const now: Timeline = { items: all.slice(50, 100), hasBefore: true, hasAfter: false };
    const joined = addBefore(now, { items: structuredClone(all.slice(0, 55)), hasBefore: false, hasAfter: true });
    expect(joined.items.length).toBe(100);
    expect(joined.hasBefore).toBe(false);
    expect(joined.hasAfter).toBe(false);
    const changed = applyToTimeline(joined, {
      seq: at(60).revision + 1,
      event: "chat.message.reacted",
      data: { id: at(60).id, member: MINE, emoji: "👍", on: true },
    });
    expect(changed.items[61]).toBe(joined.items[61]);
    expect(changed.items[60]).not.toBe(joined.items[60]);
  });

  it("never lets an older copy win", () => {
    const base = at(0);
    // REQ RT-2: by the number of the change, whatever the clocks said.
    const edited = { ...base, body: "new", editedAt: 50, revision: base.revision + 1 };
    const again = { ...base, body: "newest", editedAt: 5, revision: base.revision + 2 };
    expect(newer(edited, base)).toBe(edited);
    expect(newer(again, edited)).toBe(again);
    expect(newer(edited, again)).toBe(again);
    const one: Timeline = { items: [base], hasBefore: false, hasAfter: false };
    const editedEvent = (message: Message) => ({
      seq: message.revision,
      event: "chat.message.edited" as const,
      data: { message },
    });
    const deleted = {
      seq: again.revision + 1,
      event: "chat.message.deleted" as const,
      data: { id: base.id, deletedAt: 1 },
    };
    const late = [again, edited].map(editedEvent).reduce(applyToTimeline, one);
    expect(late.items[0]?.body).toBe("newest");
    const gone = [deleted, ...[again, edited].map(editedEvent)].reduce(applyToTimeline, one);
    expect(gone.items[0]).toMatchObject({ body: "", deletedAt: 1, revision: deleted.seq });
    const reacted = { seq: edited.revision, event: "chat.message.reacted" as const };
    const stale = applyToTimeline(late, { ...reacted, data: { id: base.id, member: MINE, emoji: "👍", on: true } });
    expect(stale).toBe(late);
  });
});
