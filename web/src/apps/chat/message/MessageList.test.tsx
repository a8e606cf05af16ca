// The list in a page whose layout is made up: every row has a height of its own that nobody can guess, and the scroller
// clamps and reports like a browser's. What is asked is always where a message really stands.

import { act, cleanup, render } from "@testing-library/react";
import { createRef, useState } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Message } from "@/api/types";
import { directoryOf } from "@/platform/members/queries";
import { World } from "@/testing/fake/world";
import { TooltipProvider } from "@/ui/Tooltip";
import { NONE } from "../read/seen";
import { type ListHandle, MessageList } from "./MessageList";
import type { MessageActions } from "./MessageRow";
import type { Place } from "./place";
import type { Timeline } from "./timeline";

const HEIGHT = 600;
const PAGE = 50;
let seed = 0;
/** From one line to a page of text. */
const heightOf = (seq: number) => 24 + ((seq * 7919 + seed * 104_729) % 17) ** 2;

const NOON = 1_767_000_000_000_000;
const message = (seq: number): Message => ({
  id: `m${seq}`,
  channel: "c",
  seq,
  revision: seq,
  author: `a${seq % 3}`,
  clientId: `k${seq}`,
  body: `line ${seq}`,
  createdAt: NOON + seq * 600_000_000,
  editedAt: null,
  deletedAt: null,
  mentions: [],
  handles: [],
  mentionsAll: false,
  reactions: [],
});
const stretch = (from: number, to: number, all: number): Timeline => ({
  items: Array.from({ length: to - from + 1 }, (_, index) => message(from + index)),
  hasBefore: from > 1,
  hasAfter: to < all,
});

const nothing = () => undefined;
const actions: MessageActions = {
  react: nothing,
  edit: nothing,
  edited: nothing,
  markUnread: nothing,
  remove: nothing,
  history: nothing,
  copy: nothing,
};
const directory = directoryOf(new World(9).members);

/** A conversation of so many messages, loaded around one of them, more on either side when asked for. */
function Talk({
  all,
  around,
  initial,
  handle,
}: {
  all: number;
  around: number;
  initial: Place;
  handle: { current: ListHandle | null };
}) {
  const [timeline, setTimeline] = useState(() =>
    stretch(Math.max(1, around - PAGE / 2), Math.min(all, around + PAGE / 2), all),
  );
  const more = (older: boolean) =>
    new Promise<void>((done) =>
      setTimeout(() => {
        setTimeline((now) => {
          const first = now.items[0]?.seq ?? 1;
          const last = now.items.at(-1)?.seq ?? all;
          return older
            ? stretch(Math.max(1, first - PAGE), last, all)
            : stretch(first, Math.min(all, last + PAGE), all);
        });
        done();
      }, 20),
    );
  grow = () => setTimeline((now) => stretch(now.items[0]?.seq ?? 1, (now.items.at(-1)?.seq ?? 0) + 3, 0));
  return (
    <TooltipProvider>
      <MessageList
        timeline={timeline}
        pending={[]}
        me="me"
        directory={directory}
        label="Messages"
        intro=""
        initial={initial}
        newAfter={null}
        onEditPending={nothing}
        above={NONE}
        below={NONE}
        editing={null}
        highlighted={null}
        canWrite={false}
        canMark={false}
        canModerate={false}
        actions={actions}
        handle={handle}
        onOlder={() => more(true)}
        onNewer={() => more(false)}
        onLatest={nothing}
        onFirstUnread={nothing}
        onMarkRead={nothing}
        onDay={nothing}
        onStart={nothing}
        onShown={nothing}
        onRest={nothing}
      />
    </TooltipProvider>
  );
}
let grow: () => void = nothing;

const scroller = () => document.querySelector<HTMLElement>("section") ?? document.body;
const tops = new WeakMap<HTMLElement, number>();
const most = (element: HTMLElement) =>
  Math.max(0, Number.parseFloat(element.querySelector<HTMLElement>("[style*=height]")?.style.height ?? "0") - HEIGHT);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = nothing;
      unobserve = nothing;
      disconnect = nothing;
    },
  );
  const isScroller = (element: HTMLElement) => element.tagName === "SECTION";
  const define = (name: string, get: (this: HTMLElement) => number, set?: (this: HTMLElement, value: number) => void) =>
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get, ...(set ? { set } : {}) });
  define("clientHeight", () => HEIGHT);
  define("offsetWidth", () => 800);
  define("offsetHeight", function () {
    if (isScroller(this)) return HEIGHT;
    const seq = this.querySelector<HTMLElement>("[data-seq]")?.dataset.seq;
    return seq ? heightOf(Number(seq)) : 33;
  });
  define("scrollHeight", function () {
    return most(this) + HEIGHT;
  });
  define(
    "scrollTop",
    function () {
      return Math.min(tops.get(this) ?? 0, most(this));
    },
    function (value) {
      const next = Math.min(Math.max(0, value), most(this));
      if (next === this.scrollTop) return;
      tops.set(this, next);
      requestAnimationFrame(() => this.dispatchEvent(new Event("scroll")));
    },
  );
  HTMLElement.prototype.scrollTo = function (this: HTMLElement, options?: ScrollToOptions | number) {
    if (typeof options === "object") this.scrollTop = options.top ?? 0;
  } as typeof HTMLElement.prototype.scrollTo;
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  for (const name of ["clientHeight", "offsetWidth", "offsetHeight", "scrollHeight", "scrollTop", "scrollTo"]) {
    Reflect.deleteProperty(HTMLElement.prototype, name);
  }
});

async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await act(() => vi.advanceTimersByTimeAsync(50));
}
/** How far below the upper edge a message stands; null: it is not in the page. */
function topOf(seq: number): number | null {
  const row = document.querySelector<HTMLElement>(`[data-seq="${seq}"]`)?.closest<HTMLElement>("[data-index]");
  const start = /translateY\((.*)px\)/.exec(row?.style.transform ?? "")?.[1];
  return start === undefined ? null : Number(start) - scroller().scrollTop;
}
async function open(all: number, around: number, initial: Place) {
  const handle = createRef<ListHandle>();
  render(<Talk all={all} around={around} initial={initial} handle={handle} />);
  await settle();
  return handle;
}

// REQ UI-4, COMMS-4
describe("the list stands where it is told to", () => {
  it.each([
    [249, 151],
    [60, 30],
    [1000, 500],
    [54_000, 40_000],
    [3000, 2950],
    [400, 60],
    [5000, 77],
    [2000, 1234],
  ])("among %i messages at the %ith, while older pages load", async (all, seq) => {
    seed = all + seq;
    await open(all, seq, { seq, offset: "upper" });
    expect(topOf(seq), `seed ${seed}`).toBe(HEIGHT * 0.25);
  });

  it("goes to another message exactly, wherever it was", async () => {
    const handle = await open(3000, 1500, { seq: 1500, offset: "upper" });
    for (const seq of [1490, 1515, 1480, 1520]) {
      act(() => handle.current?.go({ seq, offset: "centre" }));
      await settle();
      expect(Math.abs((topOf(seq) ?? Number.NaN) - (HEIGHT - heightOf(seq)) / 2), String(seq)).toBeLessThan(1);
    }
  });

  it("keeps the message that a reader looks at while pages arrive above, also at the very top", async () => {
    await open(1000, 500, { seq: 500, offset: "upper" });
    // A reader throws the list to its upper edge, into the row that says that more is loading.
    await act(async () => {
      scroller().dispatchEvent(new Event("wheel"));
      scroller().scrollTop = 0;
      await vi.advanceTimersByTimeAsync(17);
    });
    const first = Number(document.querySelector<HTMLElement>("[data-seq]")?.dataset.seq);
    const before = topOf(first);
    expect(before).not.toBeNull();
    // In every frame: a list that is put right a frame later has flickered.
    for (let frame = 0; frame < 30; frame++) {
      await act(() => vi.advanceTimersByTimeAsync(10));
      expect(topOf(first), `frame ${frame}`).toBe(before);
    }
  });

  it("is at the end, and stays there when more comes", async () => {
    await open(90, 90, "end");
    const gap = () => most(scroller()) - scroller().scrollTop;
    expect(gap()).toBe(0);
    for (let i = 0; i < 3; i++) {
      act(() => grow());
      await settle();
      expect(gap()).toBe(0);
    }
  });

  it("follows nothing while a reader is further up", async () => {
    await open(90, 90, "end");
    await act(async () => {
      scroller().dispatchEvent(new Event("wheel"));
      scroller().scrollTop -= 900;
      await vi.advanceTimersByTimeAsync(400);
    });
    const first = Number(document.querySelector<HTMLElement>("[data-seq]")?.dataset.seq);
    const before = topOf(first);
    expect(before).not.toBeNull();
    const height = scroller().scrollHeight;
    act(() => grow());
    await settle();
    expect(scroller().scrollHeight, "more has come").toBeGreaterThan(height);
    expect(topOf(first)).toBe(before);
  });
});
