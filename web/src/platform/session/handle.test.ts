import { afterEach, describe, expect, it } from "vitest";
import { suggestHandle, tokenFromAddress } from "./handle";

afterEach(() => {
  window.location.hash = "";
});

// REQ ID-7
describe("the token of a mailed link", () => {
  it("is what stands behind the #", () => {
    window.location.hash = "#abc-DEF_123";
    expect(tokenFromAddress()).toBe("abc-DEF_123");
  });
  it("is none where the link was damaged on its way", () => {
    for (const hash of ["", "#", "#%", "#abc%E0%A4%A"]) {
      window.location.hash = hash;
      expect(tokenFromAddress()).toBe("");
    }
  });
});

describe("a handle to start from", () => {
  it("is plain, whatever the name", () => {
    expect(suggestHandle("Inés Ferreira")).toBe("ines.ferreira");
    expect(suggestHandle("  --Ada_L+tag  ")).toBe("ada.l.tag");
    expect(suggestHandle("株式会社")).toBe("");
  });
});
