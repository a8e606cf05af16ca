import { expect, it } from "vitest";
import { keyOf } from "./keys";

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
