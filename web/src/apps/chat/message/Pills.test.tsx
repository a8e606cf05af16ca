// What floats over a conversation is memoised, and still says what is so.
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { DayPill } from "./Pills";

afterEach(cleanup);

// REQ UI-4
it("calls the day by another name after midnight", () => {
  const stay = () => undefined;
  const pill = (label: string) => <DayPill at={1_700_000_000_000_000} label={label} onDay={stay} onStart={stay} />;
  const { rerender } = render(pill("Today"));
  rerender(pill("Yesterday"));
  expect(screen.getByRole("button").textContent).toContain("Yesterday");
});
