import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { AuditFilters, EMPTY_FILTERS, type Filters } from "./AuditFilters";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

// REQ UI-5
it.each([["session.create "], ["  session.create"], [" "], ["session.create\t"]])(
  "asks once for %j, and rests",
  (typed) => {
    vi.useFakeTimers();
    const asked: Filters[] = [];
    const Page = () => {
      const [filters, setFilters] = useState(EMPTY_FILTERS);
      const change = (next: Filters) => {
        asked.push(next);
        setFilters(next);
      };
      return <AuditFilters people={null} value={filters} onChange={change} />;
    };
    render(<Page />);
    fireEvent.change(screen.getByLabelText("Action"), { target: { value: typed } });
    for (let i = 0; i < 20; i++) act(() => void vi.advanceTimersByTime(300));
    expect(asked.map((filters) => filters.action)).toEqual(typed.trim() ? [typed.trim()] : []);
  },
);
