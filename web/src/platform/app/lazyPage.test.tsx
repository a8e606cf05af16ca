// A page whose code cannot be fetched: the application stays, says so, and heals.
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { lazyPage, preloadPages } from "./lazyPage";

// Whether the server answers is asked with fetch: it does not.
beforeEach(() => void vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch"))));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function later() {
  let up = false;
  const load = vi.fn(async () => {
    if (!up) throw new TypeError("Failed to fetch dynamically imported module: /assets/x.js");
    return { Audit: () => <h1>Audit log</h1> };
  });
  return {
    load,
    Page: lazyPage(load, "Audit"),
    arrive: () => {
      up = true;
    },
  };
}

// REQ UI-2
it("says that it has not come, without leaving the application, and comes when the connection is back", async () => {
  const reload = vi.spyOn(window.location, "reload").mockImplementation(() => undefined);
  const { Page, arrive } = later();
  render(<Page />);
  await screen.findByText("This page has not been fetched yet");
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await act(async () => undefined);
  expect(screen.getByRole("alert")).toBeTruthy();
  arrive();
  window.dispatchEvent(new Event("online"));
  await screen.findByRole("heading", { name: "Audit log" });
  expect(reload).not.toHaveBeenCalled();
});

// REQ UI-2
it("a preload that fails fails nothing, and one that succeeds shows the page at once", async () => {
  const { Page, arrive, load } = later();
  await Page.preload();
  arrive();
  preloadPages((run) => run());
  await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
  await act(async () => undefined);
  render(<Page />);
  expect(screen.getByRole("heading", { name: "Audit log" })).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(2);
});

// REQ UI-2
it("what is here is not waited for, so that the next page is shown without another frame of the page before", async () => {
  const { Page, arrive } = later();
  arrive();
  await Page.preload();
  expect(Page.preload()).toBeUndefined();
});
