// The stand-in's HTTP side: one table of operations over the World.
import type { Channel, Member, Message, Person } from "@/api/types";
import { MINE, now, ORG, type Room, type World } from "./world";

interface Call {
  world: World;
  params: string[];
  query: URLSearchParams;
  input: Partial<Record<string, string>>;
}
type Handler = (call: Call) => unknown;

export class Refused {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly error: string,
    readonly fields?: { field: string; problem: string }[],
  ) {}
}

const roomOf = ({ world, params }: Call): Room => {
  const room = world.rooms.get(params[1] ?? "");
  if (!room || params[0] !== ORG) throw new Refused(404, "not_found", "There is no such channel.");
  return room;
};
const messageOf = (call: Call): [Room, Message] => {
  const room = roomOf(call);
  const message = room.messages.find((item) => item.id === call.params[2]);
  if (!message) throw new Refused(404, "not_found", "There is no such message.");
  return [room, message];
};
const updated = (world: World, room: Room): Channel => {
  world.publish(room, "chat.channel.updated", { channel: structuredClone(room.channel) });
  return room.channel;
};

const toPerson = ({ id, name, handle, state }: Member): Person => ({ id, name, handle, active: state === "active" });

function page({ query, ...call }: Call) {
  const room = roomOf({ query, ...call });
  const all = room.messages;
  const limit = Number(query.get("limit") ?? 50);
  const number = (name: string) => (query.has(name) ? Number(query.get(name)) : null);
  const before = number("before");
  const after = number("after");
  const around = number("around");
  let from = Math.max(0, all.length - limit);
  let to = all.length;
  if (before !== null) {
    to = all.findIndex((item) => item.seq >= before);
    from = Math.max(0, to - limit);
  } else if (after !== null) {
    const index = all.findIndex((item) => item.seq > after);
    from = index < 0 ? all.length : index;
    to = Math.min(all.length, from + limit);
  } else if (around !== null) {
    const index = all.findIndex((item) => item.seq >= around);
    from = Math.max(0, index - limit / 2);
    to = Math.min(all.length, from + limit);
  }
  const { members } = call.world;
  const { epoch, head } = room.channel;
  const people = members.map(toPerson);
  return { items: all.slice(from, to), hasBefore: from > 0, hasAfter: to < all.length, people, epoch, head };
}

export function post(world: World, room: Room, input: { clientId: string; body: string }): Message {
  const known = room.messages.find((item) => item.clientId === input.clientId);
  if (known) return known;
  if (input.body.includes("!fail")) throw new Refused(422, "invalid_input", "This text is not accepted.");
  return world.post(room, MINE, input.body, now(), input.clientId);
}

export function markRead(world: World, room: Room, to: { seq: number; revision?: number; back?: boolean }) {
  const current = (to.revision ?? room.readRevision) >= room.readRevision;
  if (to.back) {
    room.readRevision += 1;
    room.readSeq.set(MINE, to.seq);
  } else if (current) {
    room.readSeq.set(MINE, Math.max(room.readSeq.get(MINE) ?? 0, to.seq));
  }
  const { readSeq, readRevision, unread, mentions, head } = world.summary(room);
  return { readSeq, readRevision, unread, mentions, head };
}

const signIn = (world: World) => {
  world.signedIn = true;
  return world.me;
};

const O = "/orgs/([^/]+)";
const C = `${O}/channels/([^/]+)`;
const M = `${C}/messages/([^/]+)`;

const TABLE: [string, string, Handler][] = [
  ["GET", "/setup", () => ({ needed: true })],
  ["POST", "/setup", ({ world }) => signIn(world)],
  ["GET", "/me", ({ world }) => ({ ...world.me, joined: world.me.memberships[0]?.org.id })],
  [
    "PATCH",
    "/me",
    ({ world, input }) => {
      world.me.user.name = input.name ?? "";
      return world.me;
    },
  ],
  ["POST", "/me/password", () => ({})],
  ["GET", "/me/sessions", ({ world }) => ({ items: world.sessions })],
  ["POST", "/me/sessions/revoke-others", ({ world }) => ({ ended: world.sessions.splice(1).length })],
  [
    "DELETE",
    "/me/sessions/([^/]+)",
    ({ world, params }) => {
      world.sessions = world.sessions.filter((item) => item.id !== params[0]);
      return {};
    },
  ],
  [
    "DELETE",
    "/session",
    ({ world }) => {
      world.signedIn = false;
      return {};
    },
  ],
  [
    "POST",
    "/session",
    ({ world, input }) => {
      if (input.password === "locked")
        throw new Refused(423, "locked_out", "Too many attempts. Try again in 15 minutes, or reset your password.");
      if (input.password === "wrong") throw new Refused(401, "invalid_credentials", "Wrong.");
      world.signedIn = true;
      return world.me;
    },
  ],
  [
    "POST",
    "/password/rate",
    ({ input }) => {
      const score = Math.min(4, Math.floor((input.password ?? "").length / 4));
      return {
        score,
        acceptable: score >= 3,
        problem: score < 3 ? "Add more words; length helps most." : null,
        suggestions: [],
      };
    },
  ],
  ["POST", "/password/reset-requests", () => ({})],
  ["POST", "/password/resets", () => ({})],
  [
    "POST",
    "/invitations/lookup",
    () => ({
      organisation: "Fernhill Studio",
      email: "nadia@fernhill.example",
      role: "editor",
      hasAccount: false,
      invitedBy: "Mara Lindqvist",
    }),
  ],
  ["POST", "/invitations/accept", ({ world }) => ({ ...world.me, joined: world.me.memberships[0]?.org.id })],
  [
    "GET",
    O,
    ({ world, params }) => {
      const org = world.me.memberships.find((item) => item.org.id === params[0])?.org;
      if (!org) throw new Refused(404, "not_found", "There is no such organisation.");
      return { ...org, createdAt: world.members[0]?.createdAt ?? now() };
    },
  ],
  [
    "PATCH",
    O,
    ({ world, params, input }) => {
      const org = world.me.memberships.find((item) => item.org.id === params[0])?.org;
      if (!org) throw new Refused(404, "not_found", "There is no such organisation.");
      org.name = input.name ?? "";
      return { ...org, createdAt: now() };
    },
  ],
  [
    "GET",
    `${O}/unread`,
    ({ params }) => (params[0] === ORG ? { conversations: 0, calls: 0 } : { conversations: 2, calls: 1 }),
  ],
  ["POST", "/installation/crashes", () => ({})],
  [
    "GET",
    "/installation",
    ({ world }) => ({
      version: "0.0.0",
      organisations: world.me.memberships.length,
      accounts: world.members.length,
      mail: { configured: true, waiting: 1, troubled: 1 },
    }),
  ],
  [
    "GET",
    "/orgs",
    ({ world }) => ({
      items: world.me.memberships.map(({ org }) => ({ ...org, createdAt: now(), members: world.members.length })),
    }),
  ],
  [
    "GET",
    "/accounts",
    ({ world, query }) => {
      const wanted = (query.get("search") ?? "").toLowerCase();
      const items = world.members
        .map((member, index) => ({
          id: member.id.replace("mem_", "usr_"),
          name: member.name,
          email: `${member.handle}@fernhill.example`,
          superAdmin: index === 0,
          state: index === 7 ? "deleted" : "active",
          addressTaken: index === 5,
          createdAt: member.createdAt,
          lockedUntil: index === 3 ? now() + 9e8 : null,
        }))
        .filter((item) => `${item.name} ${item.email}`.toLowerCase().includes(wanted));
      return { items, next: null };
    },
  ],
  ["GET", "/audit", ({ world }) => ({ items: world.audit, next: null })],
  ["GET", `${O}/members`, ({ world }) => ({ items: world.members })],
  [
    "PATCH",
    `${O}/members/([^/]+)`,
    ({ world, params, input }) => {
      const member = world.members.find((item) => item.id === params[1]);
      if (!member) throw new Refused(404, "not_found", "No such member.");
      Object.assign(member, { role: input.role });
      return structuredClone(member);
    },
  ],
  [
    "DELETE",
    `${O}/members/([^/]+)`,
    ({ world, params }) => {
      world.members = world.members.map((item) => (item.id === params[1] ? { ...item, state: "removed" } : item));
      return {};
    },
  ],
  ["GET", `${O}/invitations`, ({ world }) => ({ items: world.invitations })],
  [
    "POST",
    `${O}/invitations`,
    ({ world, input }) => {
      if (!input.email?.includes("@")) {
        throw new Refused(422, "invalid_input", "Please check the form.", [
          { field: "email", problem: "This is not an email address." },
        ]);
      }
      const invitation = {
        id: world.id("inv"),
        email: input.email,
        role: "editor" as const,
        state: "pending" as const,
        createdAt: now(),
        expiresAt: now() + 6e11,
        invitedBy: MINE,
      };
      world.invitations = [...world.invitations, invitation];
      return invitation;
    },
  ],
  [
    "DELETE",
    `${O}/invitations/([^/]+)`,
    ({ world, params }) => {
      world.invitations = world.invitations.filter((item) => item.id !== params[1]);
      return {};
    },
  ],
  [
    "GET",
    `${O}/audit`,
    ({ world, query }) => {
      const found = world.audit.filter(
        (item) =>
          (!query.get("outcome") || item.outcome === query.get("outcome")) &&
          (!query.get("actor") || item.actor.id === query.get("actor")) &&
          (!query.get("action") || item.action === query.get("action")),
      );
      const from = Number(query.get("cursor") ?? 0);
      return { items: found.slice(from, from + 50), next: from + 50 < found.length ? String(from + 50) : null };
    },
  ],
  [
    "GET",
    `${O}/channels`,
    ({ world, params }) => ({
      items: params[0] === ORG ? [...world.rooms.values()].map((room) => world.summary(room)) : [],
      people: world.members.map(toPerson),
    }),
  ],
  [
    "POST",
    `${O}/channels`,
    ({ world, input }) => {
      if ([...world.rooms.values()].some((room) => room.channel.name === input.name)) {
        throw new Refused(409, "conflict", "There is a channel of that name already.");
      }
      return world.addRoom(input.kind === "private" ? "private" : "public", input.name ?? "", input.topic ?? "", [MINE])
        .channel;
    },
  ],
  [
    "POST",
    `${O}/direct`,
    ({ world, input }) => {
      const wanted = [MINE, ...((input.members ?? []) as unknown as string[])];
      const known = [...world.rooms.values()].find(
        (room) =>
          room.channel.kind === "direct" &&
          room.joined.size === wanted.length &&
          wanted.every((id) => room.joined.has(id)),
      );
      return (known ?? world.addRoom("direct", "", "", wanted)).channel;
    },
  ],
  ["GET", C, (call) => call.world.summary(roomOf(call))],
  [
    "PATCH",
    C,
    (call) => {
      const room = roomOf(call);
      Object.assign(room.channel, call.input);
      return updated(call.world, room);
    },
  ],
  [
    "POST",
    `${C}/(archive|unarchive)`,
    (call) => {
      const room = roomOf(call);
      room.channel.archived = call.params[2] === "archive";
      return updated(call.world, room);
    },
  ],
  [
    "POST",
    `${C}/join`,
    (call) => {
      const room = roomOf(call);
      room.joined.add(MINE);
      call.world.publish(room, "chat.channel.joined", { member: MINE });
      return room.channel;
    },
  ],
  [
    "POST",
    `${C}/leave`,
    (call) => {
      roomOf(call).joined.delete(MINE);
      return {};
    },
  ],
  ["GET", `${C}/members`, (call) => ({ items: [...roomOf(call).joined] })],
  [
    "PUT",
    `${C}/members/([^/]+)`,
    (call) => {
      const room = roomOf(call);
      room.joined.add(call.params[2] ?? "");
      call.world.publish(room, "chat.channel.joined", { member: call.params[2] });
      return {};
    },
  ],
  [
    "DELETE",
    `${C}/members/([^/]+)`,
    (call) => {
      const room = roomOf(call);
      room.joined.delete(call.params[2] ?? "");
      call.world.publish(room, "chat.channel.left", { member: call.params[2] });
      return {};
    },
  ],
  ["GET", `${C}/messages`, page],
  [
    "POST",
    `${C}/messages`,
    (call) => post(call.world, roomOf(call), { clientId: call.input.clientId ?? "", body: call.input.body ?? "" }),
  ],
  [
    "PATCH",
    M,
    (call) => {
      const [room, message] = messageOf(call);
      room.revisions.set(message.id, [
        ...(room.revisions.get(message.id) ?? []),
        { body: message.body, at: message.editedAt ?? message.createdAt },
      ]);
      Object.assign(message, { body: call.input.body, editedAt: now() });
      call.world.publish(room, "chat.message.edited", { message: structuredClone(message) });
      return message;
    },
  ],
  [
    "DELETE",
    M,
    (call) => {
      const [room, message] = messageOf(call);
      Object.assign(message, { body: "", deletedAt: now(), reactions: [], mentions: [], handles: [] });
      call.world.publish(room, "chat.message.deleted", { id: message.id, deletedAt: message.deletedAt });
      return {};
    },
  ],
  [
    "GET",
    `${M}/revisions`,
    (call) => {
      const [room, message] = messageOf(call);
      return { items: room.revisions.get(message.id) ?? [] };
    },
  ],
  [
    "PUT",
    `${M}/reactions`,
    (call) => {
      const [room, message] = messageOf(call);
      const on = Boolean(call.input.on);
      const emoji = call.input.emoji ?? "";
      const rest = message.reactions.find((item) => item.emoji === emoji)?.members.filter((id) => id !== MINE) ?? [];
      const members = on ? [...rest, MINE] : rest;
      message.reactions = [...message.reactions.filter((item) => item.emoji !== emoji), { emoji, members }].filter(
        (item) => item.members.length > 0,
      );
      call.world.publish(room, "chat.message.reacted", { id: message.id, member: MINE, emoji, on });
      return message;
    },
  ],
  [
    "PUT",
    `${C}/read`,
    ({ world, input, ...call }) =>
      markRead(world, roomOf({ world, input, ...call }), { seq: Number(input.seq), back: Boolean(input.back) }),
  ],
];

const OPEN = /^\/(setup|session|password|invitations)/;

export async function answer(world: World, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname.replace("/api/v1", "");
  const text = await request.text();
  await new Promise((done) => setTimeout(done, 40));
  const reply = (body: unknown, status = 200) =>
    new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  try {
    if (!world.signedIn && !OPEN.test(path)) throw new Refused(401, "unauthenticated", "Please sign in.");
    for (const [method, pattern, handler] of TABLE) {
      const match = method === request.method ? new RegExp(`^${pattern}$`).exec(path) : null;
      if (match) {
        const result = handler({
          world,
          params: match.slice(1),
          query: url.searchParams,
          input: text ? JSON.parse(text) : {},
        });
        return reply(structuredClone(result));
      }
    }
    throw new Refused(404, "not_found", `No route ${request.method} ${path}`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, code, error: text, fields } = error;
    return reply({ error: text, code, requestId: "req_fake", ...(fields ? { fields } : {}) }, status);
  }
}
