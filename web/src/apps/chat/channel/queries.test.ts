import { expect, it } from "vitest";
import type { ChannelSummary, Membership } from "@/api/types";
import { directoryOf } from "@/platform/members/queries";
import { World } from "@/testing/fake/world";
import { headCount, mayModerate } from "./queries";

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
