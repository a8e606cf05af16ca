// What is offered and what is sent.
import { expect, test } from "vitest";
import { areasOf, scopesOf } from "./scopes";

test("an area offers what the server knows, and nothing is chosen unasked", () => {
  const areas = areasOf(["org:write", "chat:read", "audit:read", "chat:write", "nonsense"]);
  expect([...areas]).toEqual([
    ["audit", ["none", "read"]],
    ["chat", ["none", "read", "write"]],
    ["org", ["none", "write"]],
  ]);
  expect(scopesOf(new Map([...areas].map(([area]) => [area, "none" as const])))).toEqual([]);
  expect(
    scopesOf(
      new Map([
        ["chat", "write"],
        ["audit", "read"],
        ["org", "none"],
      ]),
    ),
  ).toEqual(["chat:write", "audit:read"]);
});
