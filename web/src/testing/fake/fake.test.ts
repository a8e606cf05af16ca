// The stand-in has the contract's addresses. What its operations take and answer is checked by their types.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { handlers } from "./http";

// REQ UI-1
it("every operation of the stand-in is where the contract has it", () => {
  const { paths }: { paths: Record<string, Record<string, { operationId?: string }>> } = JSON.parse(
    readFileSync(resolve(import.meta.dirname, "../../../../api/openapi.json"), "utf8"),
  );
  const wrong = Object.entries(handlers).filter(([id, { route }]) => {
    const [method = "", path = ""] = route.split(" ");
    return paths[`/api/v1${path}`]?.[method.toLowerCase()]?.operationId !== id;
  });
  expect(wrong).toEqual([]);
  expect(Object.keys(handlers).length).toBeGreaterThan(40);
});
