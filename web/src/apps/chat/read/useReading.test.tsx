import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ChannelSummary, Membership, Message } from "@/api/types";
import { OrgProvider } from "@/platform/me/org";
import { openSession } from "@/platform/session/scope";
import { type Room, World } from "@/testing/fake/world";
import { channelsKey, useChannel } from "../channel/queries";
import { ChatProvider } from "../context";
import { fromPage } from "../message/timeline";
import { useReading } from "./useReading";

/** So many rows fit on the screen. */
const SCREEN = 15;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A conversation of which everything has been read. */
function open() {
  const world = new World(9);
  const membership = world.me.memberships[0] as Membership;
  const org = membership.org.id;
  const me = membership.member.id;
  const room = [...world.rooms.values()].find((item) => item.messages.length > SCREEN) as Room;
  const items: Message[] = room.messages.map((message) => ({ ...message, author: "mem_other" }));
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  const summary = (): ChannelSummary => (client.getQueryData<ChannelSummary[]>(channelsKey(org)) ?? [])[0] as never;
  const loaded = () => {
    const { head, epoch } = summary();
    return fromPage({ items: [...items], hasBefore: false, hasAfter: false, head, epoch });
  };
  client.setQueryData(channelsKey(org), [
    { ...world.summary(room), joined: true, unread: 0, mentions: 0, readSeq: room.channel.head },
  ]);
  const { result, rerender } = renderHook(
    ({ timeline }) => useReading(useChannel(org, me, room.channel.id) as ChannelSummary, timeline),
    {
      initialProps: { timeline: loaded() },
      wrapper: ({ children }) => (
        <QueryClientProvider client={client}>
          <OrgProvider membership={membership}>
            <ChatProvider session={openSession(client, "usr_1", org)} onGone={() => undefined} open={() => undefined}>
              {children}
            </ChatProvider>
          </OrgProvider>
        </QueryClientProvider>
      ),
    },
  );
  const show = (first: number, last: number) =>
    act(() => {
      const shown = { first: items.at(first) as Message, last: items.at(last) as Message };
      result.current.onShown(shown, last === -1);
    });
  const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
  return {
    show,
    pass,
    summary,
    above: () => result.current.above.count,
    async come(count: number) {
      const now = summary();
      const last = items.at(-1) as Message;
      for (let index = 1; index <= count; index++) {
        items.push({ ...last, id: `${last.id}.${index}`, seq: now.head + index });
      }
      client.setQueryData(channelsKey(org), [{ ...now, head: now.head + count, unread: now.unread + count }]);
      rerender({ timeline: loaded() });
      await pass(10);
    },
    async end() {
      show(-SCREEN, -1);
      await pass(1_000);
    },
  };
}

// REQ COMMS-4
it("what comes fast while somebody reads at the end is read, as what comes slowly is", async () => {
  const { come, show, pass, end, summary, above } = open();
  await end();
  for (let index = 0; index < 40; index++) {
    await come(1);
    show(-SCREEN, -1);
    await pass(40);
  }
  await end();
  expect([summary().unread, above()]).toEqual([0, 0]);
});

// REQ COMMS-4
it("what came all at once and was never on the screen stays unread", async () => {
  const { come, end, summary, above } = open();
  await end();
  await come(40);
  await end();
  expect([summary().unread, above()]).toEqual([40, 40 - SCREEN]);
});

// REQ COMMS-4
it("who scrolls in one go to the end has not read what flew by", async () => {
  const { come, show, pass, end, above } = open();
  await end();
  await come(60);
  for (let from = -60; from + SCREEN - 1 < -1; from += 5) {
    show(from, from + SCREEN - 1);
    await pass(10);
  }
  await end();
  expect(above()).toBe(60 - SCREEN);
});
