import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useDraft } from "../message/useDraft";
import { KeptDraft } from "./KeptDraft";

beforeEach(() => localStorage.clear());
afterEach(cleanup);

function Writing() {
  const { text, setText } = useDraft("u", "c");
  return <input value={text} onChange={(event) => setText(event.target.value)} />;
}

// REQ UI-5
it("what was being written where nothing can be written any more is there to its last letter", () => {
  const onCopy = vi.fn();
  const kept = <KeptDraft user="u" channel="c" onCopy={onCopy} />;
  const { rerender } = render(<Writing />);
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "half a thought" } });
  rerender(kept);
  const field = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "What you were writing" });
  expect([field.value, field.readOnly]).toEqual(["half a thought", true]);
  fireEvent.click(screen.getByRole("button", { name: "Copy text" }));
  expect(onCopy).toHaveBeenCalledWith({ body: "half a thought" });
  cleanup();
  localStorage.clear();
  render(kept);
  expect(screen.queryByRole("textbox")).toBeNull();
});
