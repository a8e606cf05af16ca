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

// REQ ID-7
describe("a handle to start from", () => {
  it.each([
    ["Inés Ferreira", "ines.ferreira"],
    ["  --Ada_L+tag  ", "ada.l.tag"],
    ["Łukasz Żółć", "lukasz.zolc"],
    ["Søren Kierkegård", "soren.kierkegard"],
    ["Đorđe Weiß", "dorde.weiss"],
    ["Wilhelmina Bartholomea Arnolds X", "wilhelmina.bartholomea.arnolds.x"],
    ["Wilhelmina Bartholomea Arnoldss Steiner", "wilhelmina.bartholomea.arnoldss"],
    ["x".repeat(40), "x".repeat(32)],
    ["Allan", "allan"],
    ["All", ""],
    [" everyone!", ""],
    ["Here", ""],
    ["CHANNEL", ""],
    ["株式会社", ""],
    ["株式会社 Ada", "ada"],
    ["🎉", ""],
    ["...", ""],
  ])("%j: %j, which the server takes", (name, handle) => {
    expect(suggestHandle(name)).toBe(handle);
    // Handle::new in crates/base/kernel/src/text.
    expect(handle === "" || /^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$/.test(handle)).toBe(true);
  });
});
