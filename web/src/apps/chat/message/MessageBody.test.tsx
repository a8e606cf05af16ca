// What a reader sees of a message's text.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { act, cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EMOJI, QUICK } from "@/lib/emoji";
import type { Directory } from "@/platform/members/queries";
import { MessageBody } from "./MessageBody";

const names: Record<string, string> = { mem_old: "Pat the Elder", mem_new: "Pat the Younger", mem_me: "Me" };
const directory: Directory = {
  active: [],
  byHandle: new Map([
    ["pat", { id: "mem_new", name: "Pat the Younger" }],
    ["me", { id: "mem_me", name: "Me" }],
  ]),
  nameOf: (id) => names[id] ?? "",
  hasLeft: () => false,
};

type Said = Omit<Parameters<typeof MessageBody>[0], "source" | "directory" | "me">;
const show = (source: string, said: Said = {}) =>
  render(<MessageBody source={source} directory={directory} me="mem_me" {...said} />).container;
const chips = (box: HTMLElement) => [...box.querySelectorAll(".mention")].map((chip) => chip.textContent);

// Reading takes no time here, so that everything fits into the one moment in which these tests run.
beforeEach(() => void vi.spyOn(performance, "now").mockReturnValue(0));
afterEach(cleanup);

// REQ COMMS-12
describe("mentions", () => {
  it("show whom the message meant, not who has the handle today", () => {
    expect(chips(show("@pat", { mentions: ["mem_old"], handles: ["pat"] }))).toEqual(["@Pat the Elder"]);
  });
  it("are plain text where the server has found none", () => {
    expect(chips(show("@pat @channel", { mentions: [], handles: [], mentionsAll: false }))).toEqual([]);
  });
  it("show who will be meant while a message is on its way", () => {
    expect(chips(show("@pat `@me` @here @nobody"))).toEqual(["@Pat the Younger", "@here"]);
  });
  it("call the reader by a colour of their own", () => {
    const box = show("@me @pat", { mentions: ["mem_me", "mem_new"], handles: ["me", "pat"] });
    expect([...box.querySelectorAll(".mention-me")].map((chip) => chip.textContent)).toEqual(["@Me"]);
  });
});

// Canaries: whatever is written, nothing that runs, loads or leads into the application reaches the page.
// REQ UI-6
describe("hostile text", () => {
  const table = resolve(import.meta.dirname, "../../../../../tests/cases/message-text.json");
  const cases: { text: string }[] = JSON.parse(readFileSync(table, "utf8"));
  const more = [
    "<svg onload=alert(1)>",
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    '![x](x"onerror="alert(1))',
    "[x](\u0001javascript:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "<javascript:alert(1)>",
    '```"><img src=x onerror=alert(1)>\nx\n```',
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
  ];
  const tags = new Set(
    "A BDI BLOCKQUOTE BR BUTTON CODE DEL DIV EM H1 H2 H3 H4 H5 H6 HR INPUT LI OL P PRE SECTION SPAN STRONG SVG PATH RECT TABLE TBODY TD TH THEAD TR UL".split(
      " ",
    ),
  );
  it.each([...cases.map(({ text }) => text), ...more])("%s", (source) => {
    for (const element of show(source).querySelectorAll("*")) {
      expect(tags).toContain(element.nodeName.toUpperCase());
      for (const { name } of element.attributes) expect(name).not.toMatch(/^(on|style$|src)/);
      if (element.nodeName !== "A") continue;
      expect(element.getAttribute("href")).toMatch(/^(https?:|mailto:)/i);
      expect(element.getAttribute("rel")).toBe("noopener noreferrer nofollow");
    }
  });
});

// REQ UI-4
it("a link stays in this tab within the installation, and takes another one elsewhere", () => {
  const targets = (source: string) => [...show(source).querySelectorAll("a")].map((link) => link.target);
  const { origin } = window.location;
  expect(targets(`${origin}/o/acme/c/chn_1?at=20 [there](${origin}/o/acme/c/chn_1)`)).toEqual(["", ""]);
  expect(targets(`${origin}/api/v1/me https://elsewhere.example/o/acme/c/chn_1`)).toEqual(["_blank", "_blank"]);
});

describe("how it looks", () => {
  it("an ordered list keeps its start", () => {
    expect(show("3. Oktober").querySelector("ol")?.getAttribute("start")).toBe("3");
  });
  it("a few emoji alone are large", () => {
    const large = (source: string) => show(source).querySelector(".text-\\[2rem\\]") !== null;
    expect([large("👍"), large("👩🏽‍💻 🇪🇺 1️⃣"), large("👍".repeat(12))]).toEqual([true, true, true]);
    expect([large("👍 ok"), large("1"), large("# 👍"), large("👍".repeat(13)), large("`👍`")]).not.toContain(true);
  });
  it("code has its language and can be copied", () => {
    const box = show("```rust\nfn main() {}\n```");
    expect(box.querySelector(".code-language")?.textContent).toBe("rust");
    expect(box.querySelector("button")?.getAttribute("aria-label")).toBe("Copy code");
  });
  it("a task shows its box", () => {
    expect([...show("- [x] a\n- [ ] b").querySelectorAll("input")].map((box) => box.checked)).toEqual([true, false]);
  });
});

// REQ COMMS-12
describe("long texts", () => {
  it("are shown as typed until they are on the screen, and then read once there is time", async () => {
    vi.useFakeTimers();
    let seen: (entries: { isIntersecting: boolean }[]) => void = () => {};
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        constructor(tell: typeof seen) {
          seen = tell;
        }
        observe() {}
        disconnect() {}
      },
    );
    const source = "**a_".repeat(1999);
    const box = show(`${source}**x**`);
    expect(box.textContent).toBe(`${source}**x**`);
    await act(() => vi.runAllTimersAsync());
    expect(box.querySelector("p")).toBeNull();
    await act(async () => {
      seen([{ isIntersecting: true }]);
      await vi.runAllTimersAsync();
    });
    expect(box.querySelector("p")).not.toBeNull();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
});

// REQ COMMS-12
it("offers emoji in the form in which the server keeps them", () => {
  const wrong = [...QUICK, ...EMOJI.map(({ char }) => char)].filter((char) => !/^\p{RGI_Emoji}$/v.test(char));
  expect(wrong).toEqual([]);
});
