import { expect, it } from "vitest";
import { monthBefore, tinyTime } from "./time";

it.each([
  ["2026-03-31", "2026-02-28"],
  ["2028-03-30", "2028-02-29"],
  ["2026-01-31", "2025-12-31"],
  ["2026-07-15", "2026-06-15"],
])("a month before %s is %s", (from, to) => {
  const midnight = (day: string) => new Date(`${day}T00:00`);
  expect(monthBefore(midnight(from))).toEqual(midnight(to));
});

it("says nothing of the half of the day where there is no room", () => {
  expect(tinyTime(Date.UTC(2026, 0, 1, 9, 5) * 1000)).toMatch(/^\d{1,2}:\d{2}$/);
});
