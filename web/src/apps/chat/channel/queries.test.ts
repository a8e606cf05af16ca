import { expect, it } from "vitest";
import type { ChannelSummary, Membership } from "@/api/types";
import { directoryOf } from "@/platform/members/queries";
import { World } from "@/testing/fake/world";
import { channelName, headCount, mayModerate, nobodyLeft } from "./queries";

const world = new World(9);
const directory = directoryOf(world.members);
const [first] = [...world.rooms.values()];
if (!first) throw new Error("no room");
const summary = (change: Partial<ChannelSummary>): ChannelSummary => ({ ...world.summary(first), ...change });

// REQ COMMS-1: the other's seat comes with the first message.
it("a direct conversation of two has two people from the start", () => {
  const members = world.members.slice(0, 2).map(({ id }) => id);
  expect(headCount(summary({ kind: "direct", members, memberCount: 1 }), directory)).toBe(2);
  expect(headCount(summary({ kind: "direct", members: members.slice(0, 1), memberCount: 1 }), directory)).toBe(1);
  expect(headCount(summary({ kind: "public", members: [], memberCount: 7 }), directory)).toBe(7);
});

// REQ COMMS-2: the server refuses it where one is not.
it("an administrator deletes others' messages only where they are in the channel", () => {
  const as = (role: Membership["member"]["role"]) => {
    const [known] = world.me.memberships;
    if (!known) throw new Error("no membership");
    return { ...known, member: { ...known.member, role } };
  };
  expect(mayModerate(summary({ joined: true }), as("admin"))).toBe(true);
  expect(mayModerate(summary({ joined: false }), as("admin"))).toBe(false);
  expect(mayModerate(summary({ joined: false }), as("owner"))).toBe(false);
  expect(mayModerate(summary({ joined: true }), as("editor"))).toBe(false);
});

// REQ COMMS-1: who comes back to the organisation is in a new conversation; the old one has the same names.
it("a conversation that ended is told from the one that its people began when they met again", () => {
  const people = world.members.slice(0, 3);
  const [me, other] = people.map(({ id }) => id);
  if (!me || !other) throw new Error("nobody");
  const members = people.map(({ id }) => id);
  const pair = { kind: "direct" as const, members: [me, other] };
  const named = (change: Partial<ChannelSummary>, list = directory) => channelName(summary(change), list, me);
  const name = named({ ...pair, memberCount: 2 });
  expect(named({ ...pair, memberCount: 1 })).toBe(name);
  expect(named({ ...pair, memberCount: 1, deserted: true })).toBe(`${name} (ended)`);
  expect(nobodyLeft(summary({ ...pair, memberCount: 1, deserted: true }), directory, me)).toContain("They are back");
  expect(named({ kind: "direct", members, memberCount: 2 })).toMatch(/ \(ended\)$/);
  for (const memberCount of [1, 3]) expect(named({ kind: "direct", members, memberCount })).not.toContain("ended");
  // As long as they are away it is the one conversation with them.
  const away = directoryOf(
    world.members.map((member) => (member.id === other ? { ...member, state: "removed" } : member)),
  );
  expect(named({ ...pair, memberCount: 1, deserted: true }, away)).toBe(name);
  expect(nobodyLeft(summary({ ...pair, memberCount: 1, deserted: true }), away, me)).toContain(
    "has left the organisation",
  );
});

// REQ COMMS-1
it("a group names who of it has left the organisation", () => {
  const people = world.members.slice(0, 3);
  const [me, gone, here] = people.map(({ id }) => id);
  if (!me || !gone || !here) throw new Error("nobody");
  const list = directoryOf(
    world.members.map((member) => (member.id === gone ? { ...member, state: "removed" as const } : member)),
  );
  const members = people.map(({ id }) => id);
  const name = channelName(summary({ kind: "direct", members, memberCount: 2 }), list, me);
  expect(name).toBe(`${list.nameOf(gone)} (left), ${list.nameOf(here)}`);
});
