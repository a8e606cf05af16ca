import { QueryClient } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import { createElement } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RealtimeSocket } from "@/api/socket/socket";
import { meQuery } from "@/platform/me/queries";
import { membersQuery } from "@/platform/members/queries";
import { TopicHub } from "@/platform/realtime/hub";
import { World } from "@/testing/fake/world";
import { Toasts } from "@/ui/Toast";
import { channelsKey } from "./channel/queries";
import { startFeed } from "./feed";

const UNREAD = ["org", "there", "unread"];

let client: QueryClient;
let stop: () => void;
let hears: Parameters<RealtimeSocket["listen"]>[0];
const stale = (key: readonly unknown[]) => client.getQueryState(key)?.isInvalidated;

beforeEach(() => {
  vi.useFakeTimers();
  client = new QueryClient();
  client.setQueryData(meQuery.queryKey, {
    user: { id: "usr_1", name: "Olga", email: "olga@example.org" },
    superAdmin: false,
    csrfToken: "token",
    memberships: [],
  });
  client.setQueryData(channelsKey("here"), []);
  client.setQueryData(membersQuery("here").queryKey, []);
  client.setQueryData(UNREAD, { conversations: 0, calls: 0 });
  const socket = new RealtimeSocket(() => "wss://holdfast.example");
  vi.spyOn(socket, "listen").mockImplementation((listener) => {
    hears = listener;
    return () => undefined;
  });
  const hub = new TopicHub(socket);
  stop = startFeed({ client, hub, org: "here", me: "mem_1", onGone: () => undefined, onOpened: () => undefined });
  // The lists of an organisation that one comes back to are fetched anew; that is over now.
  vi.advanceTimersByTime(2_000);
  client.setQueryData(channelsKey("here"), []);
  client.setQueryData(membersQuery("here").queryKey, []);
});
// REQ COMMS-1
it("who was taken out of a channel reads from which and by whom, in their own organisation only", () => {
  client.setQueryData(["org", "here", "people"], [{ id: "mem_ben", name: "Ben", handle: "ben", active: true }]);
  render(createElement(Toasts));
  const event = "chat.channel.taken_out";
  const data = { channel: "chn_1", name: "launch", by: "mem_ben" };
  act(() => {
    hears.notice?.({ org: "there", topic: "mem_2", event, data: { ...data, name: "elsewhere" } });
    hears.notice?.({ org: "here", topic: "mem_1", event, data });
  });
  expect(screen.getByText("Ben removed you from launch.")).toBeTruthy();
  expect(screen.queryByText(/elsewhere/)).toBeNull();
  cleanup();
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

// REQ COMMS-4, UI-5
describe("hints about another organisation", () => {
  it("concern what waits there, and nothing here", () => {
    for (const event of ["chat.channels.changed", "member.changed"])
      hears.notice?.({ org: "there", topic: "org_there", event, data: {} });
    vi.advanceTimersByTime(2_000);
    expect(stale(UNREAD)).toBe(true);
    expect(stale(meQuery.queryKey)).toBe(false);
    expect(stale(channelsKey("here"))).toBe(false);
    expect(stale(membersQuery("here").queryKey)).toBe(false);
  });

  it("follow what was read there on another device", () => {
    const world = new World(9);
    const [room] = world.rooms.values();
    if (!room) throw new Error("no room");
    const summary = { ...world.summary(room), id: "chn_1" };
    client.setQueryData(channelsKey("here"), [summary]);
    const marked = (where: string, readRevision: number) => {
      const data = { channel: "chn_1", readSeq: 3, readRevision, unread: 0, mentions: 0, head: 3 };
      hears.notice?.({ org: where, topic: "mem_1", event: "chat.read.marked", data });
    };
    marked("there", 0);
    vi.advanceTimersByTime(2_000);
    expect(stale(UNREAD)).toBe(true);
    expect(client.getQueryData(channelsKey("here"))).toEqual([summary]);
    // The same of this organisation does move it.
    marked("here", 9);
    expect(client.getQueryData(channelsKey("here"))).toEqual([
      expect.objectContaining({ readSeq: 3, readRevision: 9 }),
    ]);
  });
});

it("a notice of a later version is let go by", () => {
  expect(() => hears.notice?.({ org: "here", topic: "org_here", event: "later.invented", data: {} })).not.toThrow();
});
