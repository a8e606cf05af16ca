// What the frame finds and what its keys do: channels by the names people type, and no palette over what is being filled in.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { chat } from "@/apps/chat/app";
import { BrowseChannels } from "@/apps/chat/channel/BrowseChannels";
import { channelsKey } from "@/apps/chat/channel/queries";
import { parts } from "@/apps/chat/parts";
import { AppsContext } from "@/platform/app/app";
import { CommandStack } from "@/platform/app/commands";
import { OrgProvider } from "@/platform/me/org";
import { membersQuery } from "@/platform/members/queries";
import { openSession, SessionContext } from "@/platform/session/scope";
import { World } from "@/testing/fake/world";
import { Dialog } from "@/ui/Dialog";
import { useKeyboard } from "./keyboard";
import { Palette } from "./Palette";

beforeEach(() => vi.stubGlobal("fetch", () => new Promise(() => undefined)));
afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
});

const apps = [{ ...chat, ...parts }];

async function show(Page: () => ReactNode, names: readonly string[] = []): Promise<void> {
  const world = new World(9);
  const [membership] = world.me.memberships;
  const [room] = world.rooms.values();
  if (!membership || !room) throw new Error("an empty world");
  const org = membership.org.id;
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  client.setQueryData(["me"], world.me);
  client.setQueryData(membersQuery(org).queryKey, []);
  const channel = { ...world.summary(room), kind: "public" as const, topic: "", archived: false, unread: 0 };
  client.setQueryData(
    channelsKey(org),
    names.map((name, index) => ({ ...channel, id: `chn_${index}`, name, joined: index % 2 === 0 })),
  );
  const session = openSession(client, world.me.user.id, org);
  const Inside = () => (
    <OrgProvider membership={membership}>
      <SessionContext value={session}>
        <AppsContext value={apps}>
          <parts.Provider>
            <Page />
          </parts.Provider>
        </AppsContext>
      </SessionContext>
    </OrgProvider>
  );
  const router = createRouter({
    routeTree: createRootRoute({ component: Inside }),
    history: createMemoryHistory({ initialEntries: ["/"] }),
  });
  await act(async () => {
    render(
      <QueryClientProvider client={client}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>,
    );
  });
}

const NAMES = ["Channel 10", "Café Straße", "channel 2", "कि"];
const FOUND: [string, string[]][] = [
  ["cafe", ["Café Straße"]],
  ["STRASSE", ["Café Straße"]],
  ["का", []],
  ["CHANNEL", ["channel 2", "Channel 10"]],
];

// REQ UI-4
it.each(FOUND)("browsing finds by %s", async (typed, found) => {
  await show(() => <BrowseChannels onCreate={() => undefined} linkTo={(_, children) => <b>{children}</b>} />, NAMES);
  fireEvent.change(screen.getByLabelText("Find a channel"), { target: { value: typed } });
  expect(screen.queryAllByRole("listitem").map((row) => row.querySelector("b")?.textContent)).toEqual(found);
});

// REQ UI-4
it.each(FOUND)("the palette finds by %s", async (typed, found) => {
  await show(() => <Palette onClose={() => undefined} />, NAMES);
  fireEvent.change(screen.getByRole("combobox"), { target: { value: typed } });
  const shown = screen.queryAllByRole("option").map((row) => NAMES.find((name) => row.textContent?.startsWith(name)));
  expect(shown.filter((name) => name !== undefined).sort()).toEqual([...found].sort());
});

// REQ UI-5
it("no key takes away what is being filled in", async () => {
  const ran: string[] = [];
  const stack = new CommandStack();
  const command = (key: string) => ({ id: key, title: key, keys: [key], run: () => ran.push(key) });
  stack.push({ level: "shell", title: "Test", commands: ["Mod+K", "Alt+ArrowDown", "?"].map(command) });
  const Page = () => {
    const [open, setOpen] = useState(false);
    useKeyboard(stack);
    return (
      <>
        <button type="button" onClick={() => setOpen(!open)}>
          Switch
        </button>
        <Dialog open={open} onClose={() => setOpen(false)} title="New channel">
          <input aria-label="Topic" />
        </Dialog>
      </>
    );
  };
  await show(Page, NAMES);
  const key = (init: KeyboardEventInit) => fireEvent.keyDown(document.activeElement ?? document.body, init);
  fireEvent.click(screen.getByRole("button", { name: "Switch" }));
  const topic = await screen.findByLabelText("Topic");
  topic.focus();
  fireEvent.change(topic, { target: { value: "half a thought" } });
  for (const init of [
    { key: "k", ctrlKey: true },
    { key: "k", metaKey: true },
    { key: "ArrowDown", altKey: true },
    { key: "?" },
  ])
    key(init);
  expect(ran).toEqual([]);
  expect(screen.getByLabelText<HTMLInputElement>("Topic").value).toBe("half a thought");
  key({ key: "Escape" });
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  key({ key: "k", ctrlKey: true });
  expect(ran).toEqual(["Mod+K"]);
});
