// REQ COMMS-4: read positions and counts that overtake each other, over two tabs and any clock.

import { QueryClient } from "@tanstack/react-query";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RealtimeSocket, socket } from "@/api/socket/socket";
import type { ChannelSummary } from "@/api/types";
import { TopicHub } from "@/platform/realtime/hub";
import { markRead as serverMarks } from "@/testing/fake/chat";
import { answer } from "@/testing/fake/http";
import { MINE, ORG, World } from "@/testing/fake/world";
import { channelsKey, channelsQuery } from "../channel/queries";
import { startFeed } from "../feed";
import { forget } from "../log";
import { timelineKey } from "../message/queries";
import { fromPage, type Timeline } from "../message/timeline";
import { markRead, markUnread, setReadState } from "./mark";
import { leftAfter } from "./seen";

it("keeps the newer of two positions, whichever comes last", () => {
  const client = new QueryClient();
  const world = new World(9);
  const [first] = [...world.rooms.values()];
  if (!first) throw new Error("no room");
  const channel = first.channel.id;
  client.setQueryData<ChannelSummary[]>(channelsKey("o"), [{ ...world.summary(first), readSeq: 3, readRevision: 0 }]);
  const tell = (readRevision: number, readSeq: number) => {
    const read = { readRevision, readSeq, unread: 0, mentions: 0, head: first.channel.head };
    setReadState(client, { org: "o", me: "me", channel }, read);
    const now = client.getQueryData<ChannelSummary[]>(channelsKey("o"))?.[0];
    return [now?.readRevision, now?.readSeq];
  };
  expect(tell(0, 9)).toEqual([0, 9]);
  expect(tell(0, 5)).toEqual([0, 9]);
  expect(tell(1, 2)).toEqual([1, 2]);
  expect(tell(0, 9)).toEqual([1, 2]);
  expect(tell(1, 4)).toEqual([1, 4]);
});

it("is not set back by a list that was asked for before", async () => {
  const client = new QueryClient();
  const world = new World(9);
  const [room] = [...world.rooms.values()];
  if (!room) throw new Error("no room");
  const channel = room.channel.id;
  client.setQueryData(channelsKey(ORG), [world.summary(room)]);
  let arrive: (() => void) | undefined;
  vi.stubGlobal("fetch", async (request: Request) => {
    const response = await answer(world, request);
    await new Promise<void>((done) => {
      arrive = done;
    });
    return response;
  });
  vi.spyOn(socket, "isOpen", "get").mockReturnValue(true);
  vi.spyOn(socket, "call").mockImplementation(
    async (_, __, input) => serverMarks(world, room, input as never) as never,
  );
  const list = client.fetchQuery({ ...channelsQuery(ORG, MINE), staleTime: 0 });
  const asked = vi.waitFor(() => expect(arrive).toBeDefined());
  const { head } = room.channel;
  const positions: unknown[] = [];
  client
    .getQueryCache()
    .subscribe(() => positions.push(client.getQueryData<ChannelSummary[]>(channelsKey(ORG))?.[0]?.readSeq));
  markRead(client, { org: ORG, me: MINE, channel }, head);
  await asked;
  arrive?.();
  await list;
  expect(new Set(positions.slice(1))).toEqual(new Set([head]));
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

// One tab, the server, and another tab of the same person. Everything is under way for any time; events keep their order,
// and so do replies, but neither waits for the other.
describe("counts, however events, answers, frames and lists overtake each other", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  async function play(seed: number): Promise<{ said: unknown; truth: unknown }> {
    vi.useFakeTimers();
    let state = seed * 7919 + 1;
    const random = (below: number) => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    const world = new World(9);
    const room = [...world.rooms.values()].find((item) => item.channel.name === "design");
    if (!room) throw new Error("no room");
    const channel = room.channel.id;
    forget(channel);
    const tellers = world.members.map((member) => member.id);
    const say = () => world.post(room, tellers[random(9)] ?? MINE, random(3) ? "news" : "@mara news");
    for (let i = random(180); i > 0; i--) say();

    const lines: Record<"events" | "calls" | "replies" | "lists", (() => void)[]> = {
      events: [],
      calls: [],
      replies: [],
      lists: [],
    };
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    const at = { org: ORG, me: MINE, channel };
    client.setQueryData(channelsKey(ORG), [world.summary(room)]);
    const { head, epoch } = room.channel;
    client.setQueryData(
      timelineKey(ORG, channel),
      fromPage({ items: [...room.messages], hasBefore: false, hasAfter: false, head, epoch }),
    );
    const feed = new RealtimeSocket(() => "wss://holdfast.example");
    let hears: Parameters<RealtimeSocket["listen"]>[0] = {};
    vi.spyOn(feed, "listen").mockImplementation((listener) => {
      hears = listener;
      return () => undefined;
    });
    const stop = startFeed({
      client,
      hub: new TopicHub(feed),
      org: ORG,
      me: MINE,
      onGone: () => undefined,
      onOpened: () => undefined,
    });
    world.onEvent = (_, event) => void lines.events.push(() => hears.event?.(channel, event));
    const frame = (read: ReturnType<typeof serverMarks>) =>
      lines.replies.push(() =>
        hears.notice?.({ org: ORG, topic: MINE, event: "chat.read.marked", data: { channel, ...read } }),
      );
    vi.spyOn(socket, "isOpen", "get").mockReturnValue(true);
    vi.spyOn(socket, "call").mockImplementation(
      (_, __, input) =>
        new Promise((done) => {
          lines.calls.push(() => {
            const read = serverMarks(world, room, input as Parameters<typeof serverMarks>[2]);
            frame(read);
            lines.replies.push(() => done(read as never));
          });
        }),
    );
    vi.stubGlobal("fetch", async (request: Request) => {
      if (!request.url.endsWith("/channels")) return answer(world, request);
      await new Promise<void>((done) => lines.lists.push(done));
      const response = await answer(world, request);
      await new Promise<void>((done) => lines.lists.push(done));
      return response;
    });

    const now = () => client.getQueryData<ChannelSummary[]>(channelsKey(ORG))?.find((item) => item.id === channel);
    const left = (seq: number) => (summary: ChannelSummary) => {
      const timeline = client.getQueryData<Timeline>(timelineKey(ORG, channel));
      return random(2) && timeline ? leftAfter(seq, timeline, summary, MINE) : null;
    };
    const somewhere = () => room.messages[random(room.messages.length)]?.seq ?? 0;
    const acts = [
      say,
      say,
      () => {
        const seq = somewhere();
        markRead(client, at, seq, left(seq));
      },
      () => markRead(client, at, now()?.head ?? 0),
      () => {
        const seq = somewhere();
        void markUnread(client, at, seq, left(seq));
      },
      () => frame(serverMarks(world, room, { seq: somewhere(), revision: room.readRevision })),
      () => frame(serverMarks(world, room, { seq: somewhere(), back: true })),
      () => void client.invalidateQueries({ queryKey: channelsKey(ORG) }),
      () => void client.fetchQuery({ ...channelsQuery(ORG, MINE), staleTime: 0 }),
    ];
    const deliver = (line: (() => void)[]) => line.shift()?.();
    for (let step = 0; step < 120; step++) {
      if (random(3) === 0) acts[random(acts.length)]?.();
      else deliver(Object.values(lines)[random(4)] ?? []);
      await vi.advanceTimersByTimeAsync(random(120));
    }
    while (Object.values(lines).some((line) => line.length > 0)) {
      for (const line of Object.values(lines)) deliver(line);
      await vi.advanceTimersByTimeAsync(500);
    }
    const reading = (summary: ChannelSummary | undefined) =>
      summary && {
        readSeq: summary.readSeq,
        readRevision: summary.readRevision,
        unread: summary.unread,
        mentions: summary.mentions,
      };
    const said = reading(now());
    stop();
    client.clear();
    return { said, truth: reading(world.summary(room)) };
  }

  it("come to the truth when all has arrived", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { said, truth } = await play(seed);
      expect(said, `seed ${seed}`).toEqual(truth);
    }
  }, 60_000);
});
