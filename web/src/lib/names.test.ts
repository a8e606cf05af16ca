import { describe, expect, it } from "vitest";
import { byName, plain } from "./names";

// REQ UI-4, COMMS-12
describe("a name is found as people type it", () => {
  it.each([
    ["Café Straße", "cafe"],
    ["Café Straße", "STRASSE"],
    ["Cafe Strasse", "café straße"],
    ["Łukasz Żółć", "lukasz zolc"],
    ["Søren Ærø", "soren aero"],
    ["Đorđe", "dorde"],
    ["İstanbul ılıca", "istanbul ilica"],
    ["ΣΊΣΥΦΟΣ", "σισυφος"],
    ["Ёлка", "елка"],
    ["ﬁle №5", "file no5"],
    ["Ｒｅａｃｔ", "react"],
    ["ｶﾞｽ", "ガス"],
    ["מֹשֶׁה", "משה"],
    ["محمّد", "محمد"],
    ["한글", "하"],
    ["O’Brien", "o'brien"],
    ["Hawaiʻi", "Hawai'i"],
    ["soft\u00adhyphen", "softhyphen"],
    ["हिन्दी", "हिन्दी"],
  ])("%s by %s", (name, typed) => expect(plain(name)).toContain(plain(typed)));

  it.each([
    ["कि", "का"],
    ["का", "कि"],
    ["が", "か"],
    ["パン", "ハン"],
    ["กิ", "กา"],
    ["ada", "eda"],
  ])("%s is not %s", (name, typed) => expect(plain(name)).not.toContain(plain(typed)));
});

// REQ UI-4
it("names stand in the order in which people look for them", () => {
  const names = ["channel 10", "Channel 2", "éclair", "channel 1", "zoo", "eclipse"];
  expect(names.map((name) => ({ name })).sort(byName)).toEqual(
    ["channel 1", "Channel 2", "channel 10", "éclair", "eclipse", "zoo"].map((name) => ({ name })),
  );
});
