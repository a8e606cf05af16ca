// An app that is nothing but a manifest: the shell shows all of it, beside chat, and needs no change for it.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoute, Outlet, RouterProvider } from "@tanstack/react-router";
import { act, cleanup, configure, fireEvent, render, screen, within } from "@testing-library/react";
import { LifeBuoy } from "lucide-react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { socket } from "@/api/socket/socket";
import { type AppParts, defineApp } from "@/platform/app/app";
import { lazyPage } from "@/platform/app/lazyPage";
import { definePage } from "@/platform/app/page";
import { orgRoute } from "@/platform/app/routes";
import { answer } from "@/testing/fake/http";
import { World } from "@/testing/fake/world";
import { pages, apps as real } from "./apps";
import { makeRouter } from "./router";

// Pages fetch their code when they are first shown.
configure({ asyncUtilTimeout: 6_000 });
vi.setConfig({ testTimeout: 30_000 });

const done: string[] = [];
let live = 0;

const parts: AppParts = {
  Provider: ({ children }: { children: ReactNode }) => {
    live += 1;
    return children;
  },
  Navigation: () => <nav aria-label="Tickets">Open tickets</nav>,
  badge: () => 4,
  find: (typed) => [
    {
      title: "Tickets",
      items:
        typed === "prin" ? [{ key: "t", label: "Printer on fire", icon: null, onSelect: () => done.push("t") }] : [],
    },
  ],
  commands: () => ({
    level: "app",
    title: "Desk",
    commands: [{ id: "desk.new", title: "New ticket", keys: ["Alt+N"], run: () => done.push("new") }],
  }),
  notifications: () => [
    { id: "n", title: "Ticket 7", text: "1 answer", count: 1, icon: null, at: 9e15, open: () => done.push("notice") },
  ],
  beforeSignOut: () => () => ({ title: "Leave the desk?", text: "A ticket is half written." }),
};

const page = (name: string) => lazyPage(() => Promise.resolve({ Page: () => <h1>{name}</h1> }), "Page");
const desk = defineApp({
  id: "desk",
  title: "Desk",
  icon: LifeBuoy,
  home: "/desk",
  routes: [
    createRoute({ getParentRoute: () => orgRoute, path: "/desk", component: page("All tickets") }),
    createRoute({ getParentRoute: () => orgRoute, path: "/desk/$ticket", component: Outlet }),
  ],
  settings: [
    definePage({
      area: "organisation",
      path: "desk-rules",
      title: "Desk rules",
      icon: LifeBuoy,
      component: page("Rules"),
    }),
  ],
  load: () => Promise.resolve(parts),
});

const key = (init: KeyboardEventInit) => fireEvent.keyDown(document.body, init);

async function open(apps: Parameters<typeof makeRouter>[1], path = ""): Promise<void> {
  const world = new World(9);
  vi.stubGlobal("fetch", (request: Request) => answer(world, request));
  const slug = world.me.memberships[0]?.org.slug;
  window.history.replaceState(null, "", `/o/${slug}${path}`);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = makeRouter(client, apps, pages);
  await act(async () => {
    render(
      <QueryClientProvider client={client}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>,
    );
  });
}

beforeEach(() => {
  done.length = 0;
  live = 0;
  vi.spyOn(socket, "start").mockReturnValue();
});
afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
});

// REQ UI-1
it("stands in the rail beside chat, with its own sidebar, page and number", async () => {
  await open([...real, desk], "/desk");
  await screen.findByRole("heading", { name: "All tickets" });
  const rail = screen.getByRole("navigation", { name: "Apps" });
  expect(within(rail).getByRole("link", { name: /Desk/ }).getAttribute("aria-current")).toBe("page");
  within(rail).getByText("4 for you");
  screen.getByText("Open tickets");
  expect(live).toBeGreaterThan(0);
  await vi.waitFor(() => expect(document.title).toMatch(/^\(\d+\) /));
  fireEvent.click(within(rail).getByRole("link", { name: /Chat/ }));
  await screen.findByRole("navigation", { name: "Conversations" });
  expect(screen.queryByText("Open tickets")).toBeNull();
});

// REQ UI-1
it("is found by the palette, runs by its keys, and stands in their list", async () => {
  await open([...real, desk], "/desk");
  await screen.findByRole("heading", { name: "All tickets" });
  key({ key: "n", altKey: true });
  expect(done).toEqual(["new"]);
  key({ key: "k", ctrlKey: true });
  fireEvent.change(await screen.findByRole("combobox"), { target: { value: "prin" } });
  fireEvent.click(await screen.findByRole("option", { name: /Printer on fire/ }));
  expect(done).toEqual(["new", "t"]);
  await vi.waitFor(() => expect(screen.queryByRole("combobox")).toBeNull());
  key({ key: "k", ctrlKey: true });
  fireEvent.change(await screen.findByRole("combobox"), { target: { value: "ticket new" } });
  screen.getByRole("option", { name: /New ticket/ });
  key({ key: "Escape" });
  await vi.waitFor(() => expect(screen.queryByRole("combobox")).toBeNull());
  key({ key: "?" });
  within(await screen.findByRole("region", { name: "Desk" })).getByText("New ticket");
});

// REQ UI-1
it("has its page in the settings, its notices in the inbox, and asks before one signs out", async () => {
  await open([...real, desk], "/desk-rules");
  await screen.findByRole("heading", { name: "Rules" });
  const settings = screen.getByRole("navigation", { name: "Settings" });
  within(within(settings).getByRole("region", { name: "Organisation" })).getByRole("link", { name: "Desk rules" });
  expect(document.title).toMatch(/Desk rules/);
  fireEvent.click(screen.getByRole("button", { name: /notification/ }));
  fireEvent.click(await screen.findByRole("button", { name: /Ticket 7/ }));
  expect(done).toEqual(["notice"]);
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  key({ key: "k", ctrlKey: true });
  fireEvent.change(await screen.findByRole("combobox"), { target: { value: "sign out" } });
  fireEvent.click(screen.getByRole("option", { name: /Sign out/ }));
  await screen.findByText("A ticket is half written.");
});

// REQ UI-1
it("alone, an app needs no rail", async () => {
  await open(real);
  await screen.findByRole("navigation", { name: "Conversations" });
  expect(screen.queryByRole("navigation", { name: "Apps" })).toBeNull();
});
