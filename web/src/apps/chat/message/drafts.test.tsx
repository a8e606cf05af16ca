// Several tabs are several hooks over one storage here; a tab that sleeps is one that no event reaches.
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readDraft } from "./drafts";
import { useDraft } from "./useDraft";

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const tab = (of = "c", initial?: string) => renderHook(() => useDraft("u", of, initial));
const type = (one: ReturnType<typeof tab>, text: string) => {
  act(() => one.result.current.setText(text));
  act(() => void vi.advanceTimersByTime(300));
};
/** The other tabs hear of what is stored. */
const hear = () => act(() => void window.dispatchEvent(new StorageEvent("storage", { key: "holdfast.draft.u.c" })));

// REQ UI-5
describe("drafts in two tabs", () => {
  it("follow whoever wrote last", () => {
    const [one, two] = [tab(), tab()];
    type(one, "first");
    hear();
    expect(two.result.current.text).toBe("first");
    type(two, "first and second");
    hear();
    expect(one.result.current.text).toBe("first and second");
  });

  it("are not erased by a tab in which nobody types, however it goes away", () => {
    const [idle, busy] = [tab(), tab()];
    type(busy, "a long thought");
    act(() => void window.dispatchEvent(new Event("pagehide")));
    idle.unmount();
    expect(readDraft("u", "c").text).toBe("a long thought");
  });

  it("are not brought back by a tab that slept while they were sent", () => {
    const [asleep, awake] = [tab(), tab()];
    type(awake, "to be sent");
    hear();
    act(() => awake.result.current.clear());
    asleep.unmount();
    expect(readDraft("u", "c").text).toBe("");
    expect(tab().result.current.text).toBe("");
  });

  it("are not overwritten by an older keystroke that is written late", () => {
    const [late, soon] = [tab(), tab()];
    act(() => late.result.current.setText("older"));
    act(() => void vi.advanceTimersByTime(50));
    act(() => soon.result.current.setText("newer"));
    act(() => soon.unmount());
    act(() => void vi.advanceTimersByTime(300));
    expect(readDraft("u", "c").text).toBe("newer");
    expect(late.result.current.text).toBe("newer");
  });

  it("do not depend on a clock that goes forwards", () => {
    const one = tab();
    type(one, "at noon");
    vi.setSystemTime(Date.now() - 3_600_000);
    type(one, "an hour earlier, but later");
    expect(readDraft("u", "c").text).toBe("an hour earlier, but later");
  });

  it("keep a change to a message, and give its text back when there is none", () => {
    const one = tab("m1", "as posted");
    expect(one.result.current.text).toBe("as posted");
    type(one, "as posted, mended");
    one.unmount();
    const again = tab("m1", "as posted");
    expect(again.result.current.text).toBe("as posted, mended");
    act(() => again.result.current.clear());
    again.unmount();
    expect(tab("m1", "as posted").result.current.text).toBe("as posted");
  });

  it("are one per person and channel", () => {
    type(tab(), "half a thought");
    expect([readDraft("v", "c").text, readDraft("u", "d").text]).toEqual(["", ""]);
  });

  it("read what an earlier version stored", () => {
    localStorage.setItem("holdfast.draft.u.c", JSON.stringify("from before"));
    expect(tab().result.current.text).toBe("from before");
  });
});
