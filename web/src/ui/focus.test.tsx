// Who closes a dialog goes on where they were.
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CommandBox } from "./CommandBox";
import { Confirm, Dialog } from "./Dialog";
import { Menu } from "./Menu";
import { useKeptFocus } from "./useOpener";

type Shown = (props: { open: boolean; onClose: () => void }) => React.ReactNode;

const KINDS: Record<string, Shown> = {
  dialog: ({ open, onClose }) => (
    <Dialog open={open} onClose={onClose} title="Title">
      <button type="button">Inside</button>
    </Dialog>
  ),
  confirmation: ({ open, onClose }) => (
    <Confirm
      open={open}
      onClose={onClose}
      title="Title"
      text="Sure?"
      confirm="Yes"
      onConfirm={() => Promise.resolve()}
      explain={String}
    />
  ),
  "command box": ({ open, onClose }) =>
    open && (
      <CommandBox
        title="Title"
        placeholder=""
        empty=""
        hint=""
        query=""
        onQuery={vi.fn()}
        groups={[]}
        onClose={onClose}
      />
    ),
};

/** A row with a button and a menu, which can go, and a composer. */
function Page({ Shown }: { Shown: Shown }) {
  const [open, setOpen] = useState(false);
  const [gone, setGone] = useState("");
  return (
    <div id="page" tabIndex={-1}>
      {gone !== "row" && (
        <div tabIndex={-1} data-testid="row">
          {gone !== "button" && (
            <>
              <button type="button" onClick={() => setOpen(true)}>
                Button
              </button>
              <Menu
                trigger={<button type="button">Menu</button>}
                items={[[{ label: "Item", onSelect: () => setOpen(true) }]]}
              />
            </>
          )}
        </div>
      )}
      <input aria-label="Gone" onChange={(event) => setGone(event.target.value)} />
      {gone !== "row" && <textarea data-composer="" aria-label="Composer" />}
      <Shown open={open} onClose={() => setOpen(false)} />
    </div>
  );
}

async function openBy(name: "Button" | "Menu"): Promise<void> {
  const button = screen.getByRole("button", { name });
  act(() => button.focus());
  fireEvent.click(button);
  if (name === "Menu") {
    const item = await screen.findByRole("menuitem");
    act(() => item.focus());
    fireEvent.click(item);
  }
  const dialog = await screen.findByRole("dialog");
  await vi.waitFor(() => expect(dialog.contains(document.activeElement)).toBe(true));
}

const take = (what: string) => fireEvent.change(screen.getByLabelText("Gone"), { target: { value: what } });

async function leave(): Promise<void> {
  fireEvent.keyDown(document.activeElement ?? document.body, { key: "Escape" });
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
}

afterEach(cleanup);

// REQ UI-4
describe.each(Object.entries(KINDS))("a %s", (_, Shown) => {
  it.each(["Button", "Menu"] as const)("gives the focus back to what opened it: %s", async (name) => {
    render(<Page Shown={Shown} />);
    const button = screen.getByRole("button", { name });
    await openBy(name);
    await leave();
    await vi.waitFor(() => expect(document.activeElement).toBe(button));
  });

  it("gives it to the row around that, where it is gone", async () => {
    render(<Page Shown={Shown} />);
    await openBy("Menu");
    take("button");
    await leave();
    await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("row")));
  });

  it("gives it to the composer or the page, where nothing of that is left", async () => {
    render(<Page Shown={Shown} />);
    await openBy("Button");
    screen.getByTestId("row").remove();
    await leave();
    await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Composer")));
  });
});

// REQ UI-4
it("Ctrl+Enter sends what a dialog's form holds, wherever the focus is in it", async () => {
  const send = vi.fn((event: React.FormEvent) => event.preventDefault());
  render(
    <Dialog open onClose={vi.fn()} title="Title">
      <form onSubmit={send}>
        <select aria-label="Role" />
      </form>
    </Dialog>,
  );
  const field = await screen.findByLabelText("Role");
  fireEvent.keyDown(field, { key: "Enter" });
  expect(send).not.toHaveBeenCalled();
  fireEvent.keyDown(field, { key: "Enter", ctrlKey: true });
  fireEvent.keyDown(field, { key: "Enter", metaKey: true });
  expect(send).toHaveBeenCalledTimes(2);
});

/** People in a list, each with a button that takes them out of it; a row with a button that goes by being pressed. */
function Going() {
  useKeptFocus();
  const [people, setPeople] = useState(["Ann", "Ben", "Cy"]);
  const [sent, setSent] = useState(false);
  return (
    <div id="page" tabIndex={-1}>
      <ul>
        {people.map((name) => (
          <li key={name}>
            <button type="button" onClick={() => setPeople((all) => all.filter((other) => other !== name))}>
              {name}
            </button>
          </li>
        ))}
      </ul>
      <div tabIndex={-1} data-testid="row">
        {!sent && (
          <button type="button" onClick={() => setSent(true)}>
            Send again
          </button>
        )}
      </div>
      {people.length > 0 && <textarea data-composer="" aria-label="Composer" />}
    </div>
  );
}

// REQ UI-4
it("what goes away by being pressed leaves the focus to what is nearest", async () => {
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  render(<Going />);
  const press = (name: string) => {
    const button = screen.getByRole("button", { name });
    act(() => button.focus());
    fireEvent.click(button);
  };
  const focused = (element: () => HTMLElement | null) =>
    vi.waitFor(() => expect(document.activeElement).toBe(element()));
  press("Ben");
  await focused(() => screen.getByRole("button", { name: "Cy" }));
  press("Cy");
  await focused(() => screen.getByRole("button", { name: "Ann" }));
  press("Send again");
  await focused(() => screen.getByTestId("row"));
  act(() => screen.getByTestId("row").remove());
  await focused(() => screen.getByLabelText("Composer"));
  press("Ann");
  await focused(() => document.getElementById("page"));
});
