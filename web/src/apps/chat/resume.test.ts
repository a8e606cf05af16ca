// What is kept of a channel that nobody listened to for a while is taken up from where it was left.
import { QueryClient } from "@tanstack/react-query";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RealtimeSocket } from "@/api/socket/socket";
import type { ChannelSummary, Message } from "@/api/types";
import { membersQuery } from "@/platform/members/queries";
import { TopicHub } from "@/platform/realtime/hub";
import { channelsKey } from "./channel/queries";
import { startFeed, watch } from "./feed";
import { applyToTimeline } from "./message/events";
import { timelineKey } from "./message/queries";
import { addAfter, addBefore, followed, fromPage, type Timeline } from "./message/timeline";

const page = (head: number, epoch = 1): Timeline =>
  fromPage({ items: [], hasBefore: false, hasAfter: false, head, epoch });
const summary = (head: number, joined: boolean, epoch = 1) =>
  ({ id: "chn_1", head, epoch, joined, readSeq: 0, unread: 0, mentions: 0 }) as unknown as ChannelSummary;

const CHANNEL = { topic: "chn_1", op: "chat.channel.subscribe", path: { org: "org_1", channel: "chn_1" } };

function setUp(list: ChannelSummary[], kept: Timeline | null) {
  const client = new QueryClient();
  client.setQueryData(channelsKey("org_1"), list);
  client.setQueryData(membersQuery("org_1").queryKey, []);
  if (kept) client.setQueryData(timelineKey("org_1", "chn_1"), kept);
  const socket = new RealtimeSocket(() => "wss://holdfast.example");
  const hub = new TopicHub(socket);
  const asked = vi.spyOn(socket, "subscribe");
  let hears: Parameters<RealtimeSocket["listen"]>[0] = {};
  vi.spyOn(socket, "listen").mockImplementation((listener) => {
    hears = listener;
    return () => undefined;
  });
  const nothing = () => undefined;
  const start = () => startFeed({ client, hub, org: "org_1", me: "mem_1", onGone: nothing, onOpened: nothing });
  return { client, hub, asked, start, hears: () => hears };
}

afterEach(() => void vi.restoreAllMocks());

// REQ RT-2, UI-5
describe("a channel's log is taken up", () => {
  it("from the kept messages, not from the newer list, when it is looked at again", () => {
    const { client, hub, asked } = setUp([summary(20, false)], page(12));
    watch(client, hub, "org_1", summary(20, false));
    expect(asked).toHaveBeenCalledWith(CHANNEL, 12, 1);
  });

  it("from the kept messages when one is added to it later", () => {
    const { asked, start } = setUp([summary(20, true)], page(12));
    start();
    expect(asked).toHaveBeenCalledWith(CHANNEL, 12, 1);
  });

  it("from the list where that is older, or nothing is kept", () => {
    const older = setUp([summary(9, true)], page(12));
    older.start();
    expect(older.asked).toHaveBeenCalledWith(CHANNEL, 9, 1);
    const nothing = setUp([summary(9, true)], null);
    nothing.start();
    expect(nothing.asked).toHaveBeenCalledWith(CHANNEL, 9, 1);
  });

  it("in the epoch of what is kept, so that the server sees that it is another history", () => {
    const { asked, start } = setUp([summary(5, true, 2)], page(12, 1));
    start();
    expect(asked).toHaveBeenCalledWith(CHANNEL, 12, 1);
  });

  it("and nothing that was kept is shown once the history is another one", () => {
    const { client, start, hears } = setUp([summary(5, true, 2)], page(12, 1));
    const stop = start();
    hears().reset?.("chn_1", "other");
    expect(client.getQueryData(timelineKey("org_1", "chn_1"))).toBeUndefined();
    stop();
  });
});

describe("what the kept messages are true up to", () => {
  it("follows the log, entry by entry, also those that this version does not know", () => {
    const event = (seq: number) =>
      ({ seq, event: "chat.message.posted", data: { message: { id: `m${seq}`, seq } as Message } }) as const;
    const live = applyToTimeline(page(12), event(13));
    expect(live.cursor).toEqual({ epoch: 1, seq: 13 });
    expect(followed(live, 14).cursor?.seq).toBe(14);
    expect(applyToTimeline(live, event(13)).cursor?.seq).toBe(13);
    expect(applyToTimeline(live, event(20)).cursor?.seq).toBe(13);
  });

  it("is the least of what was put together", () => {
    expect(addBefore(page(12), page(15)).cursor?.seq).toBe(12);
    expect(addAfter(page(15), page(12)).cursor?.seq).toBe(12);
    expect(addAfter(page(15), page(16, 2)).cursor).toBeUndefined();
  });
});
