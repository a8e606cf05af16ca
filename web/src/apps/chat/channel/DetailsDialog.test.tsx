import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ChannelSummary, Member, Membership } from "@/api/types";
import { OrgProvider } from "@/platform/me/org";
import { membersQuery } from "@/platform/members/queries";
import { openSession } from "@/platform/session/scope";
import { answer } from "@/testing/fake/http";
import { World } from "@/testing/fake/world";
import { ChatProvider } from "../context";
import { DetailsDialog } from "./DetailsDialog";
import { channelsKey } from "./queries";

let world: World;
const removed: string[] = [];
const added: string[] = [];

function show(change: Partial<ChannelSummary>, outside: readonly string[] = []): void {
  const room = [...world.rooms.values()].find((item) => item.channel.kind !== "direct");
  const membership = world.me.memberships[0] as Membership;
  if (!room) throw new Error("no channel");
  const channel = { ...world.summary(room), joined: true, ...change };
  const org = membership.org.id;
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(membersQuery(org).queryKey, world.members as Member[]);
  room.joined = new Set(world.members.filter(({ handle }) => !outside.includes(handle)).map(({ id }) => id));
  client.setQueryData(channelsKey(org), [channel]);
  render(
    <QueryClientProvider client={client}>
      <OrgProvider membership={membership}>
        <ChatProvider session={openSession(client, "usr_1", org)} onGone={() => undefined} open={() => undefined}>
          <DetailsDialog channel={channel} title={`#${channel.name}`} onClose={() => undefined} />
        </ChatProvider>
      </OrgProvider>
    </QueryClientProvider>,
  );
}

beforeEach(() => {
  world = new World(9);
  removed.length = 0;
  added.length = 0;
  vi.stubGlobal("fetch", (request: Request) => {
    if (request.method === "PUT" && request.url.includes("/members/")) added.push(new URL(request.url).pathname);
    if (request.method === "DELETE") removed.push(new URL(request.url).pathname);
    return answer(world, request);
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
});

// REQ COMMS-1
it("a double click on a person's cross removes nobody: it is asked, with the name", async () => {
  show({});
  const cross = await screen.findByRole("button", { name: "Remove Tobias Brandt from the channel" });
  fireEvent.click(cross);
  fireEvent.click(cross);
  expect(removed).toEqual([]);
  await screen.findByText(/Remove Tobias Brandt from /);
  fireEvent.click(screen.getByRole("button", { name: "Remove" }));
  await vi.waitFor(() => expect(removed).toHaveLength(1));
});

// REQ COMMS-1
it("who leaves a private channel as the last one is told what becomes of it", async () => {
  show({ kind: "private", memberCount: 1 });
  fireEvent.click(await screen.findByRole("button", { name: "Leave channel" }));
  await screen.findByText(/You are the last one in it/);
});

// REQ UI-4
it("adds people by keyboard: arrows move, Enter takes one", async () => {
  show({}, ["luca", "maximiliane.theodora.von.hohenberg"]);
  const search = await screen.findByRole("combobox", { name: "Find people by name or handle" });
  const chosen = () => document.getElementById(search.getAttribute("aria-activedescendant") ?? "")?.textContent;
  fireEvent.keyDown(search, { key: "Enter" });
  expect(screen.queryAllByRole("option")).toEqual([]);
  fireEvent.change(search, { target: { value: "m" } });
  const found = screen.getAllByRole("option").map((option) => option.textContent);
  expect(found).toHaveLength(2);
  expect(chosen()).toBe(found[0]);
  fireEvent.keyDown(search, { key: "ArrowDown" });
  fireEvent.keyDown(search, { key: "ArrowDown" });
  fireEvent.keyDown(search, { key: "ArrowUp" });
  expect(chosen()).toBe(found[1]);
  fireEvent.keyDown(search, { key: "Enter" });
  fireEvent.keyDown(search, { key: "Enter" });
  const wanted = world.members.find(({ name }) => found[1]?.includes(name));
  await vi.waitFor(() => expect((search as HTMLInputElement).value).toBe(""));
  expect(added).toEqual([expect.stringMatching(new RegExp(`/members/${wanted?.id}$`))]);
});
