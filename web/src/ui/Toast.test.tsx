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
