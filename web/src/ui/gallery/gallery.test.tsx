// The gallery shows every primitive.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { cleanup, render, screen, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Gallery } from "./Gallery";

const UI = resolve(import.meta.dirname, "..");

afterEach(cleanup);

// REQ UI-4
it("shows whatever ui exports as an element", () => {
  const shown = readFileSync(join(UI, "gallery/Gallery.tsx"), "utf8");
  const primitives = readdirSync(UI)
    .filter((name) => name.endsWith(".tsx") && !name.endsWith(".test.tsx"))
    .flatMap((name) => [
      ...readFileSync(join(UI, name), "utf8").matchAll(/^export (?:function|const|class) ([A-Z][a-z]\w*)/gm),
    ])
    .map((match) => match[1] ?? "");
  expect(primitives.length).toBeGreaterThan(20);
  expect(primitives.filter((name) => !new RegExp(`<${name}\\b`).test(shown))).toEqual([]);
});

// REQ UI-4
it("shows them in both themes", { timeout: 30_000 }, () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  render(<Gallery />);
  for (const theme of ["light", "dark"]) within(screen.getByLabelText(theme)).getByText("Toast with undo");
});
