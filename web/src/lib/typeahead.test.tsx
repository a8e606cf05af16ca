// Letters typed between the choice of another conversation and its composer.
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createRef, useState } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Composer } from "@/apps/chat/message/Composer";
import { readDraft, writeDraft } from "@/apps/chat/message/drafts";
import { directoryOf } from "@/platform/members/queries";
import { World } from "@/testing/fake/world";
import { CommandBox } from "@/ui/CommandBox";
import { TooltipProvider } from "@/ui/Tooltip";
import { endMove, isMoving, moveTo } from "./typeahead";

const directory = directoryOf(new World(9).members);
const sent: string[] = [];
let show: (channel: string | null) => void = () => undefined;
let palette: (open: boolean) => void = () => undefined;

function Page() {
  const [channel, setChannel] = useState<string | null>("old");
  const [open, setOpen] = useState(false);
  show = setChannel;
  palette = setOpen;
  return (
    <TooltipProvider>
      {channel && (
        <Composer
          key={channel}
          user="u"
          channel={channel}
          label={`Message ${channel}`}
          directory={directory}
          handle={createRef()}
          onSend={(body) => sent.push(`${channel}: ${body}`)}
          onEditLast={vi.fn()}
          onMarkRead={vi.fn()}
        />
      )}
      {open && (
        <CommandBox
          title="Jump"
          placeholder=""
          empty=""
          hint=""
          query=""
          onQuery={() => undefined}
          groups={[{ title: "All", items: [{ key: "new", label: "new", icon: null, onSelect: () => moveTo("new") }] }]}
          onClose={() => setOpen(false)}
        />
      )}
    </TooltipProvider>
  );
}

const field = (channel: string) => screen.getByRole<HTMLTextAreaElement>("textbox", { name: `Message ${channel}` });
/** Whether the page has taken the key away from what has the focus. */
const press = (key: string, init: KeyboardEventInit = {}) =>
  !fireEvent.keyDown(document.activeElement ?? document.body, { key, bubbles: true, cancelable: true, ...init });
const type = (text: string) => [...text].every((key) => press(key));

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  localStorage.clear();
  sent.length = 0;
});
afterEach(() => {
  cleanup();
  endMove();
  vi.useRealTimers();
});

// REQ UI-4
it("they are held, and the new composer begins with them; the old one takes none", () => {
  render(<Page />);
  expect(document.activeElement).toBe(field("old"));
  act(() => moveTo("new"));
  expect(document.activeElement).not.toBe(field("old"));
  expect(type("hellp")).toBe(true);
  press("Backspace");
  // Even if somebody gives it the focus back.
  field("old").focus();
  expect(type("o")).toBe(true);
  act(() => show("new"));
  expect(field("new").value).toBe("hello");
  expect(document.activeElement).toBe(field("new"));
  expect(type("!")).toBe(false);
  expect(readDraft("u", "old").text).toBe("");
});

// REQ UI-4
it("an Enter in them sends what was typed before it, after the draft", () => {
  writeDraft("u", "new", { text: "dear\nall, ", revision: 1 });
  render(<Page />);
  act(() => moveTo("new"));
  press("Enter", { repeat: true });
  type("hello");
  press("Enter");
  type("and more");
  act(() => show("new"));
  expect(sent).toEqual(["new: dear\nall, hello"]);
  expect(field("new").value).toBe("and more");
});

// REQ UI-4
it("a choice in the palette gives the focus back to nobody", async () => {
  render(<Page />);
  act(() => palette(true));
  const input = await screen.findByRole("combobox");
  await vi.waitFor(() => expect(document.activeElement).toBe(input));
  fireEvent.keyDown(input, { key: "Enter" });
  await act(() => vi.advanceTimersByTimeAsync(60));
  expect(screen.queryByRole("combobox")).toBeNull();
  expect(document.activeElement).not.toBe(field("old"));
  expect(type("hi")).toBe(true);
  act(() => show("new"));
  await act(() => vi.advanceTimersByTimeAsync(60));
  expect(field("new").value).toBe("hi");
  expect(document.activeElement).toBe(field("new"));
});

// REQ UI-4
it("shortcuts, dialogs and the conversation one is in already keep their keys, and nothing is held for ever", () => {
  render(<Page />);
  act(() => moveTo("old"));
  expect(isMoving()).toBe(false);
  expect(document.activeElement).toBe(field("old"));
  act(() => moveTo("new"));
  expect(press("k", { ctrlKey: true })).toBe(false);
  const other = document.body.appendChild(document.createElement("input"));
  other.focus();
  expect(press("x")).toBe(false);
  other.remove();
  expect(press("a")).toBe(true);
  act(() => vi.advanceTimersByTime(5_000));
  expect(press("b")).toBe(false);
  act(() => show("new"));
  expect(field("new").value).toBe("a");
});
