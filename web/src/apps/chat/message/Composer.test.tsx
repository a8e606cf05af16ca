import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { act, createRef, type RefObject } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { shieldComposition } from "@/lib/composition";
import { directoryOf } from "@/platform/members/queries";
import { World } from "@/testing/fake/world";
import { TooltipProvider } from "@/ui/Tooltip";
import { Composer, type ComposerHandle, MAX_BODY } from "./Composer";
import { readDraft, writeDraft } from "./drafts";

const directory = directoryOf(new World(9).members);

function show() {
  const onSend = vi.fn();
  const onEditLast = vi.fn();
  const handle = createRef<ComposerHandle>() as RefObject<ComposerHandle | null>;
  const view = render(
    <TooltipProvider>
      <Composer
        user="u"
        channel="c"
        label="Message #design"
        directory={directory}
        handle={handle}
        onSend={onSend}
        onEditLast={onEditLast}
        onMarkRead={vi.fn()}
      />
    </TooltipProvider>,
  );
  const field = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message #design" });
  const type = (value: string) => {
    fireEvent.change(field, { target: { value } });
    field.setSelectionRange(value.length, value.length);
    fireEvent.select(field);
  };
  return { onSend, onEditLast, field, type, view, handle };
}

let unshield: () => void;
beforeEach(() => {
  localStorage.clear();
  unshield = shieldComposition();
});
afterEach(() => {
  cleanup();
  unshield();
});

describe("composer", () => {
  it("takes back what was refused, before what has been typed since", () => {
    const { field, type, handle } = show();
    type("next");
    act(() => handle.current?.takeBack("refused"));
    expect(field.value).toBe("refused\nnext");
    expect([field.selectionStart, document.activeElement]).toEqual(["refused".length, field]);
  });

  it("sends on Enter, not on Shift Enter, and not while composing", () => {
    const { onSend, field, type } = show();
    type("hello ");
    fireEvent.keyDown(field, { key: "Enter", shiftKey: true });
    fireEvent.keyDown(field, { key: "Enter", isComposing: true });
    // Safari: the composition is over, the key that ended it is not a key.
    fireEvent.keyDown(field, { key: "Enter", keyCode: 229 });
    expect(onSend).not.toHaveBeenCalled();
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).toHaveBeenCalledWith("hello");
    expect(field.value).toBe("");
  });

  it("sends nothing that is empty or too long", () => {
    const { onSend, field, type } = show();
    type("   ");
    fireEvent.keyDown(field, { key: "Enter" });
    type("x".repeat(MAX_BODY + 1));
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).not.toHaveBeenCalled();
    expect(screen.getByRole("alert").textContent).toBe("1 characters too long");
  });

  // REQ COMMS-2
  it("counts characters as the server does: an emoji is one", () => {
    const { onSend, field, type } = show();
    type("😀".repeat(8001));
    fireEvent.keyDown(field, { key: "Enter" });
    expect(screen.getByRole("alert").textContent).toBe("1 characters too long");
    expect(onSend).not.toHaveBeenCalled();
    type("😀".repeat(4001));
    expect(screen.queryByRole("alert")).toBeNull();
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).toHaveBeenCalledWith("😀".repeat(4001));
  });

  // REQ UI-4
  it("an emoji is picked by Enter, which writes nothing itself", async () => {
    const { field } = show();
    fireEvent.click(screen.getByRole("button", { name: "Pick an emoji" }));
    const search = await screen.findByRole("searchbox", { name: "Find an emoji" });
    fireEvent.change(search, { target: { value: "tada" } });
    // False: the key does no more.
    expect(fireEvent.keyDown(search, { key: "Enter" })).toBe(false);
    expect(field.value).toBe("🎉");
  });

  // REQ COMMS-2
  it("sends nothing that nobody would see, and keeps the first line's indent", () => {
    const { onSend, field, type } = show();
    for (const unseen of ["\u3164", "\u2800\u2800", "\u200B", " \u115F\n\u200B"]) {
      type(unseen);
      fireEvent.keyDown(field, { key: "Enter" });
      expect(screen.getByRole<HTMLButtonElement>("button", { name: "Send message" }).disabled).toBe(true);
      expect(screen.getByRole("alert").textContent).toBe("Nobody would see anything of this text.");
    }
    expect(onSend).not.toHaveBeenCalled();
    type("\n \n    let a = 1;\n ");
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).toHaveBeenCalledWith("    let a = 1;");
  });

  it("keeps the draft when it goes away, and shows it again", () => {
    const { type, view } = show();
    type("half a thought");
    view.unmount();
    expect(readDraft("u", "c").text).toBe("half a thought");
    expect(show().field.value).toBe("half a thought");
  });

  it("forgets the draft once it is sent", () => {
    writeDraft("u", "c", { text: "ready", revision: 1 });
    const { field, view } = show();
    fireEvent.keyDown(field, { key: "Enter" });
    view.unmount();
    expect(readDraft("u", "c").text).toBe("");
  });

  it("completes a mention with the keyboard", () => {
    const { onSend, field, type } = show();
    type("hi @tob");
    expect(screen.getByRole("option", { name: /Tobias Brandt/ }).getAttribute("aria-selected")).toBe("true");
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSend).not.toHaveBeenCalled();
    expect(field.value).toBe("hi @tobias ");
  });

  // REQ UI-4
  it("has the caret behind an accepted mention before the next key", () => {
    const { field, type } = show();
    type("hi @tob, look");
    field.setSelectionRange(7, 7);
    fireEvent.select(field);
    fireEvent.keyDown(field, { key: "Enter" });
    expect(field.value).toBe("hi @tobias , look");
    expect([field.selectionStart, field.selectionEnd]).toEqual([11, 11]);
  });

  // REQ UI-4
  it("has the focus when a conversation opens", () => {
    const { field } = show();
    expect(document.activeElement).toBe(field);
  });

  it("edits the last message on Up in an empty field only", () => {
    const { onEditLast, field, type } = show();
    fireEvent.keyDown(field, { key: "ArrowUp" });
    type("x");
    fireEvent.keyDown(field, { key: "ArrowUp" });
    expect(onEditLast).toHaveBeenCalledTimes(1);
  });
});
