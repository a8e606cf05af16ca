import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Toasts, toast } from "./Toast";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

// REQ UI-2
it("a failure stays until it is dismissed, whatever comes after it", () => {
  vi.useFakeTimers();
  render(<Toasts />);
  act(() => {
    toast("It was not saved.", { tone: "danger" });
    for (let i = 0; i < 6; i++) toast(`Saved ${i}`);
    toast("Nor was this.", { tone: "danger" });
  });
  expect(screen.getByText("It was not saved.")).toBeTruthy();
  expect(screen.queryByText("Saved 0")).toBeNull();
  expect(screen.getByText("Saved 5")).toBeTruthy();
  act(() => void vi.advanceTimersByTime(60_000));
  expect(screen.queryByText("Saved 5")).toBeNull();
  expect(screen.getByText("It was not saved.")).toBeTruthy();
  act(() => screen.getAllByRole("button", { name: "Dismiss" })[0]?.click());
  expect(screen.queryByText("It was not saved.")).toBeNull();
  expect(screen.getByText("Nor was this.")).toBeTruthy();
});

// REQ UI-4
it("what can be undone can be for ten seconds, each by itself, whatever else is said", () => {
  vi.useFakeTimers();
  render(<Toasts />);
  const undone: number[] = [];
  act(() => {
    for (const act of [1, 2]) toast("Discarded", { undo: () => undone.push(act) });
    for (let i = 0; i < 6; i++) toast(`Saved ${i}`);
    vi.advanceTimersByTime(9_000);
  });
  act(() => screen.getAllByRole("button", { name: "Undo" })[0]?.click());
  expect(undone).toEqual([1]);
  expect(screen.getAllByText("Discarded")).toHaveLength(1);
  act(() => void vi.advanceTimersByTime(1_000));
  expect(screen.queryByText("Discarded")).toBeNull();
});

// REQ UI-4
it("what is about the same thing is said once, by what says more", () => {
  render(<Toasts />);
  act(() => {
    toast("No access.", { about: "c1" });
    toast("Ben removed you.", { tone: "danger", about: "c1" });
    toast("Ann removed you.", { tone: "danger", about: "c2" });
    toast("No access.", { about: "c2" });
  });
  expect(screen.queryByText("No access.")).toBeNull();
  expect(screen.getByText("Ben removed you.")).toBeTruthy();
  expect(screen.getByText("Ann removed you.")).toBeTruthy();
});
