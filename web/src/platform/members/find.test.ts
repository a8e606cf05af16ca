import { describe, expect, it } from "vitest";
import type { Member } from "@/api/types";
import { findMembers, type Near } from "./find";

const member = (handle: string, name: string, imported = false): Member => ({
  id: `mem_${handle}`,
  name,
  handle,
  role: "editor",
  state: "active",
  createdAt: 1,
  imported,
});

const MEMBERS = [
  member("_tomb", "_TomB", true),
  member("ada", "Ada Lovelace"),
  member("ann.tomson", "Ann Tomson"),
  member("ines", "Inés Ferreira"),
  member("phantom", "Phil Antom"),
  member("tom", "Thomas Berg"),
  member("tom.x", "Tom Xu"),
  member("tomas", "Tomas Ek"),
  member("tomate", "tom", true),
  member("ubuntu", "ubuntu", true),
  member("ubuntu.fan", "Ulla Bu"),
];
const near = (here: string[], recent: string[]): Near => ({
  here: new Set(here.map((handle) => `mem_${handle}`)),
  recent: recent.map((handle) => `mem_${handle}`),
});

// REQ COMMS-12
describe("whom somebody means", () => {
  it.each<[string, string, Near | undefined, string[]]>([
    [
      "the exact handle before all",
      "tom",
      undefined,
      ["tom", "tom.x", "tomas", "ann.tomson", "phantom", "tomate", "_tomb"],
    ],
    [
      "with its sign, in any case",
      "@TOM",
      undefined,
      ["tom", "tom.x", "tomas", "ann.tomson", "phantom", "tomate", "_tomb"],
    ],
    ["of those who fit alike, who is in the channel", "tom", near(["tomas"], []), ["tom", "tomas", "tom.x"]],
    ["then whom one wrote with last", "tom", near([], ["tomas", "tom.x"]), ["tom", "tomas", "tom.x"]],
    ["in the channel before written with", "to", near(["tom.x"], ["tomas"]), ["tom.x", "tomas", "tom"]],
    [
      "a better fit before who is here",
      "tom",
      near(["phantom"], []),
      ["tom", "tom.x", "tomas", "ann.tomson", "phantom"],
    ],
    ["imported names last, however well they fit", "ub", near(["ubuntu"], ["ubuntu"]), ["ubuntu.fan", "ubuntu"]],
    ["and even if it is their handle to the letter", "ubuntu", undefined, ["ubuntu.fan", "ubuntu"]],
    ["accents are no hindrance", "ines", undefined, ["ines"]],
    ["nor is typing them", "Inés", undefined, ["ines"]],
    ["nothing typed: who is here, then whom one wrote with", "", near(["tomas"], ["ines"]), ["tomas", "ines", "ada"]],
    ["nobody", "zzz", undefined, []],
  ])("%s", (_, typed, who, wanted) => {
    const found = findMembers(MEMBERS, typed, 20, who).map((found) => found.handle);
    expect(found.slice(0, wanted.length)).toEqual(wanted);
    if (wanted.length === 0) expect(found).toEqual([]);
  });
});
