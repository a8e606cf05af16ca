import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ChannelSummary, Member, Membership } from "@/api/types";
import { OrgProvider } from "@/platform/me/org";
import { membersQuery } from "@/platform/members/queries";
import { openSession } from "@/platform/session/scope";
import { World } from "@/testing/fake/world";
import { ChatProvider } from "../context";
import { DetailsDialog } from "./DetailsDialog";
import { channelMembersQuery, channelsKey } from "./queries";

const removed: string[] = [];

function show(change: Partial<ChannelSummary>): void {
  const world = new World(9);
  const room = [...world.rooms.values()].find((item) => item.channel.kind !== "direct");
  const membership = world.me.memberships[0] as Membership;
  if (!room) throw new Error("no channel");
  const channel = { ...world.summary(room), joined: true, ...change };
  const org = membership.org.id;
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(membersQuery(org).queryKey, world.members as Member[]);
  client.setQueryData(
    channelMembersQuery(org, channel.id).queryKey,
    world.members.map(({ id }) => id),
  );
  client.setQueryData(channelsKey(org), [channel]);
  render(
    <QueryClientProvider client={client}>
      <OrgProvider membership={membership}>
        <ChatProvider session={openSession(client, "usr_1", org)} onGone={() => undefined}>
          <DetailsDialog channel={channel} title={`#${channel.name}`} onClose={() => undefined} />
        </ChatProvider>
      </OrgProvider>
    </QueryClientProvider>,
  );
}

beforeEach(() => {
  removed.length = 0;
  vi.stubGlobal("fetch", (request: Request) => {
    if (request.method === "DELETE") removed.push(new URL(request.url).pathname);
    return Promise.resolve(Response.json({ items: [], people: [] }));
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
