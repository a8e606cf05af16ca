import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Menu } from "./Menu";

afterEach(cleanup);

// REQ UI-4
it("says which one of several is chosen, and leaves plain actions plain", async () => {
  const choose = vi.fn();
  render(
    <Menu
      trigger={<button type="button">Open</button>}
      items={[
        [{ label: "Profile", onSelect: choose }],
        [
          { label: "Light", checked: false, onSelect: choose },
          { label: "Dark", checked: true, onSelect: choose },
        ],
      ]}
    />,
  );
  fireEvent.click(screen.getByRole("button", { name: "Open" }));
  const items = await screen.findAllByRole("menuitemradio");
  expect(items.map((item) => [item.textContent, item.getAttribute("aria-checked")])).toEqual([
    ["Light", "false"],
    ["Dark", "true"],
  ]);
  expect(screen.getByRole("menuitem", { name: "Profile" }).getAttribute("aria-checked")).toBeNull();
  fireEvent.click(items[0] as HTMLElement);
  expect(choose).toHaveBeenCalledTimes(1);
});
