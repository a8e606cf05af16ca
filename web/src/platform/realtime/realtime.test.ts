// Topics are held by several parts of the page, and the platform's own events reach its own lists.
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { RealtimeSocket, type SocketListener } from "@/api/socket/socket";
import { meQuery } from "../me/queries";
import { invitationsQuery, membersQuery } from "../members/queries";
import { startPlatformFeed } from "./feed";
import { TopicHub } from "./hub";

let socket: RealtimeSocket;
let heard: SocketListener[];
const all = (say: (listener: SocketListener) => void) => {
  for (const listener of [...heard]) say(listener);
};

beforeEach(() => {
  socket = new RealtimeSocket(() => "wss://holdfast.example");
  heard = [];
  vi.spyOn(socket, "listen").mockImplementation((listener) => {
    heard.push(listener);
    return () => undefined;
  });
});

const wanted = (topic: string) =>
  ({ topic, op: "chat.channel.subscribe", path: { org: "org_1", channel: topic }, seq: 3, epoch: 1 }) as const;

// REQ RT-1, UI-1
describe("a topic", () => {
  it("is listened to until the last one who holds it lets go", () => {
    const hub = new TopicHub(socket);
    const [one, other] = [hub.hold(), hub.hold()];
    one.want(wanted("chn_1"));
    one.want(wanted("chn_2"));
    other.want(wanted("chn_1"));
    one.keep(new Set(["chn_1"]));
    expect(socket.topics).toEqual(["chn_1"]);
    one.end();
    expect(socket.topics).toEqual(["chn_1"]);
    other.end();
    expect(socket.topics).toEqual([]);
  });

  it("that is gone is held by nobody, and can be wanted again", () => {
    const hub = new TopicHub(socket);
    const unsubscribe = vi.spyOn(socket, "unsubscribe");
    const hold = hub.hold();
    hold.want(wanted("chn_1"));
    all((listener) => listener.gone?.("chn_1"));
    hold.end();
    expect(unsubscribe).not.toHaveBeenCalled();
    const again = hub.hold();
    again.want(wanted("chn_1"));
    expect(socket.topics).toEqual(["chn_1"]);
  });

  it("is heard of by those alone whose kind it is", () => {
    const hub = new TopicHub(socket);
    const [chat, desk] = [vi.fn(), vi.fn()];
    hub.listen("chn", { event: chat, reset: chat, gone: chat });
    hub.listen("tkt", { event: desk, reset: desk, gone: desk });
    all((listener) => listener.event?.("tkt_1", { seq: 1, event: "desk.ticket.opened", data: {} }));
    all((listener) => listener.reset?.("tkt_1", "same"));
    all((listener) => listener.gone?.("chn_1"));
    expect([chat.mock.calls.length, desk.mock.calls.length]).toEqual([1, 2]);
  });
});

// REQ UI-5, ID-7
describe("the platform's events", () => {
  const KEYS = {
    me: meQuery.queryKey,
    members: membersQuery("org_1").queryKey,
    invitations: invitationsQuery("org_1").queryKey,
  };
  function staleAfter(say: (listener: SocketListener) => void): string[] {
    const client = new QueryClient();
    heard = [];
    startPlatformFeed(client, socket, "org_1");
    for (const key of Object.values(KEYS)) client.setQueryData(key as readonly unknown[], {});
    all(say);
    return Object.entries(KEYS).flatMap(([name, key]) => (client.getQueryState(key)?.isInvalidated ? [name] : []));
  }
  const notice =
    (event: string, org = "org_1") =>
    (listener: SocketListener) =>
      listener.notice?.({ org, topic: org, event, data: {} });

  it.each<[string, (listener: SocketListener) => void, string[]]>([
    ["members", notice("member.changed"), ["members"]],
    ["invitations", notice("invitation.changed"), ["invitations"]],
    ["the name of this organisation", notice("org.changed"), ["me"]],
    ["the name of another one, which shows here, too", notice("org.changed", "org_2"), ["me"]],
    ["another one's members, which do not", notice("member.changed", "org_2"), []],
    ["an app's", notice("chat.channels.changed"), []],
    ["one of a later version", notice("later.invented"), []],
    ["no member any more", (listener) => listener.gone?.("org_1"), ["me"]],
    ["an app's topic is gone", (listener) => listener.gone?.("chn_1"), []],
    ["another history", (listener) => listener.reset?.("chn_1", "other"), ["me", "members"]],
    ["a hole in one topic", (listener) => listener.reset?.("chn_1", "same"), []],
  ])("%s", (_, say, stale) => {
    expect(staleAfter(say)).toEqual(stale);
  });

  it("may have been missed during a gap, not before the first connection", () => {
    expect(staleAfter((listener) => listener.opened?.())).toEqual([]);
    expect(
      staleAfter((listener) => {
        listener.opened?.();
        listener.opened?.();
      }),
    ).toEqual(["me", "members"]);
  });
});
