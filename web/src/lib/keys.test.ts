import { expect, it } from "vitest";
import { capsOf, keyOf, strokeOf } from "./keys";

// REQ UI-3
it.each([
  ["k", "KeyK", "k"],
  ["K", "KeyK", "k"],
  ["л", "KeyK", "k"],
  ["Л", "KeyK", "k"],
  // A layout with Latin letters in other places: what it says counts.
  ["k", "KeyV", "k"],
  ["ö", "Semicolon", "ö"],
  ["Enter", "Enter", "Enter"],
  ["?", "KeyM", "?"],
])("%s on the key %s is %s", (key, code, is) => {
  expect(keyOf({ key, code })).toBe(is);
});

const press = (key: string, held: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {}) => ({
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  key,
  code: "",
  ...held,
});

// REQ UI-3
it.each([
  [press("k", { ctrlKey: true }), "Mod+K"],
  [press("K", { metaKey: true }), "Mod+K"],
  [press("K", { metaKey: true, shiftKey: true }), "Mod+Shift+K"],
  [press("ArrowDown", { altKey: true, shiftKey: true }), "Alt+Shift+ArrowDown"],
  [press("?", { shiftKey: true }), "?"],
  [press("A"), "A"],
  [press("A", { shiftKey: true }), "Shift+A"],
  [press("Escape"), "Escape"],
])("a stroke is written in one way only: %j", (event, stroke) => {
  expect(strokeOf(event)).toBe(stroke);
});

// REQ UI-3
it("a stroke is shown as it stands on the keys", () => {
  expect(capsOf("Alt+Shift+ArrowDown")).toEqual(["Alt", "Shift", "↓"]);
  expect(capsOf("Mod+K")).toEqual(["Ctrl", "K"]);
});
