import { expect, it } from "vitest";
import { shows, written } from "./written";

// REQ COMMS-2: the cases of the server's own test of `shows`.
it("what shows nothing is empty, as for the server", () => {
  const unseen =
    "\u200B \u200C \u200D \u200E \u2060 \uFEFF \u00AD \u034F \u061C \u115F \u1160 \u17B4 \u180B \u180E \u202E \u2066 \u2800 \u3164 \uFFA0 \uFE0F \uFFF9 \uFFFC \u{13441} \u{1BCA0} \u{1D159} \u{1D173} \u{E0041} \u{E007F} \u{E0100} \u0000 \u001b \u007f \u0080";
  for (const char of unseen.split(" ")) {
    expect(shows(` ${char}\u3000${char}\n\u00a0\u0301`), char.codePointAt(0)?.toString(16)).toBe(false);
  }
  expect(shows("")).toBe(false);
  for (const text of ["a", "\u200Ba", ".", "é", "👍", "❤️", "⠓", "ภ", "한", "\u1100\u1160"])
    expect(shows(text), text).toBe(true);
});

// REQ COMMS-2
it("the first line keeps its indent", () => {
  expect(written("    code\n  more  \n\n")).toBe("    code\n  more");
  expect(written("\n  \t\n\tcode ")).toBe("\tcode");
  expect(written("  \n ")).toBe("");
});
