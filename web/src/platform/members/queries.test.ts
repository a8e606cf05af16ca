// People come with the answers that name them.
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it } from "vitest";
import type { Member, Person } from "@/api/types";
import { directoryOf, rememberPeople } from "./queries";

const ann: Person = { id: "mem_ann", name: "Ann", handle: "ann", active: true };
const bob: Person = { id: "mem_bob", name: "Bob", handle: "bob", active: false };
const member = (id: string, name: string, state: Member["state"] = "active"): Member => ({
  id,
  name,
  handle: name.toLowerCase(),
  role: "editor",
  state,
  createdAt: 1,
});

let client: QueryClient;
const kept = () => client.getQueryData<readonly Person[]>(["org", "o", "people"]);
beforeEach(() => {
  client = new QueryClient();
});

// REQ COMMS-2
describe("people", () => {
  it("an unknown person has no name yet; only the list of members can say that somebody is unknown", () => {
    const waiting = directoryOf([], [ann, bob]);
    const none = directoryOf([member("mem_eva", "Eva")], [ann]);
    expect(waiting.nameOf("mem_ann")).toBe("Ann");
    expect(none.nameOf("mem_nobody")).toBe("Former member");
    expect(none.nameOf("mem_ann")).toBe("Ann");
  });

  it("those who have left keep their names, and are known to have left", () => {
    const waiting = directoryOf([], [ann, bob]);
    expect([waiting.nameOf("mem_bob"), waiting.hasLeft("mem_bob"), waiting.hasLeft("mem_ann")]).toEqual([
      "Bob",
      true,
      false,
    ]);
    expect([...waiting.byHandle.keys()]).toEqual(["ann"]);
    const listed = directoryOf([member("mem_bob", "Bob", "removed")]);
    expect([listed.nameOf("mem_bob"), listed.hasLeft("mem_bob"), listed.hasLeft("mem_unknown")]).toEqual([
      "Bob",
      true,
      false,
    ]);
  });

  it("are kept once; what is no news changes nothing", () => {
    rememberPeople(client, "o", [ann, bob]);
    const before = kept();
    rememberPeople(client, "o", [{ ...ann }]);
    expect(kept()).toBe(before);
    rememberPeople(client, "o", [{ ...bob, active: true }]);
    expect(kept()).toEqual([ann, { ...bob, active: true }]);
  });

  it("with the list there, a page that names people gives the same directory, so that no message is drawn again", () => {
    const members = [member("mem_ann", "Ann"), member("mem_bob", "Bob")];
    const first = directoryOf(members, [ann]);
    expect(directoryOf(members, [ann, bob])).toBe(first);
  });
});
