// Answers and events that overtake each other: whatever the order, nothing is lost and nothing counted twice.
import { describe, expect, it } from "vitest";
import { MINE, type Room, World } from "@/testing/fake/world";
import { forget, mark, record, replay, replaySummary } from "./log";
import { fromPage } from "./message/timeline";

const open = () => {
  const world = new World(9);
  const room = [...world.rooms.values()].find((item) => item.channel.name === "design") as Room;
  forget(room.channel.id);
  world.onEvent = (id, event) => record(id, event);
  return { world, room };
};

describe("log", () => {
  it("brings a page up to date with what happened while it was on its way", () => {
    const { world, room } = open();
    const since = mark();
    const { head, epoch } = room.channel;
    const page = structuredClone({ items: room.messages, hasBefore: false, hasAfter: false, head, epoch });
    const target = room.messages[0];
    if (!target) throw new Error("no message");
    Object.assign(target, { body: "edited meanwhile", editedAt: target.createdAt + 1 });
    world.publish(room, "chat.message.edited", { message: structuredClone(target) });
    world.post(room, world.members[1]?.id ?? "", "posted meanwhile");
    const shown = replay(room.channel.id, fromPage(page), since);
    expect(shown.items[0]?.body).toBe("edited meanwhile");
    expect(shown.items.at(-1)?.body).toBe("posted meanwhile");
    expect(replay(room.channel.id, fromPage(page), mark()).items.length).toBe(page.items.length);
  });

  it("counts an event once, whether the list was read before or after it", () => {
    const { world, room } = open();
    const before = structuredClone(world.summary(room));
    world.post(room, world.members[1]?.id ?? "", "one more");
    const after = structuredClone(world.summary(room));
    const late = replaySummary(before, MINE);
    const early = replaySummary(after, MINE);
    expect(late?.unread).toBe(after.unread);
    expect(early?.unread).toBe(after.unread);
  });
});
