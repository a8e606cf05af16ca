// Chat's operations over the World, over HTTP and the socket alike.
import type { Channel, Member, Message, Person } from "@/api/types";
import { type Call, type Handlers, Refused } from "./operation";
import { MINE, now, ORG, type Room, type World } from "./world";

interface InChannel {
  world: World;
  path: { org: string; channel: string };
}
interface InMessage {
  world: World;
  path: { org: string; channel: string; message: string };
}

const roomOf = ({ world, path }: InChannel): Room => {
  const room = world.rooms.get(path.channel);
  if (!room || path.org !== ORG) throw new Refused(404, "not_found", "There is no such channel.");
  return room;
};
const messageOf = (call: InMessage): [Room, Message] => {
  const room = roomOf(call);
  const message = room.messages.find((item) => item.id === call.path.message);
  if (!message) throw new Refused(404, "not_found", "There is no such message.");
  return [room, message];
};
const updated = (world: World, room: Room): Channel => {
  world.publish(room, "chat.channel.updated", { channel: structuredClone(room.channel) });
  return room.channel;
};
const archive = (archived: boolean) => (call: InChannel) => {
  const room = roomOf(call);
  room.channel.archived = archived;
  return updated(call.world, room);
};

const toPerson = ({ id, name, handle, state }: Member): Person => ({ id, name, handle, active: state === "active" });

function page({ input, ...call }: Call<"chat.message.list">) {
  const room = roomOf(call);
  const all = room.messages;
  const limit = input.limit ?? 50;
  const { before, after, around } = input;
  let from = Math.max(0, all.length - limit);
  let to = all.length;
  if (before != null) {
    to = all.findIndex((item) => item.seq >= before);
    from = Math.max(0, to - limit);
  } else if (after != null) {
    const index = all.findIndex((item) => item.seq > after);
    from = index < 0 ? all.length : index;
    to = Math.min(all.length, from + limit);
  } else if (around != null) {
    const index = all.findIndex((item) => item.seq >= around);
    from = Math.max(0, index - limit / 2);
    to = Math.min(all.length, from + limit);
  }
  const { epoch, head } = room.channel;
  const people = call.world.members.map(toPerson);
  return { items: all.slice(from, to), hasBefore: from > 0, hasAfter: to < all.length, people, epoch, head };
}

export function markRead(
  world: World,
  room: Room,
  to: { seq: number; revision?: number | null; back?: boolean | null },
) {
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

const C = "/orgs/{org}/channels/{channel}";
const M = `${C}/messages/{message}`;

export const chat = {
  "chat.read.totals": {
    route: "GET /orgs/{org}/unread",
    run: ({ path }) => (path.org === ORG ? { conversations: 0, calls: 0 } : { conversations: 2, calls: 1 }),
  },
  "chat.channel.list": {
    route: "GET /orgs/{org}/channels",
    run: ({ world, path }) => ({
      items: path.org === ORG ? [...world.rooms.values()].map((room) => world.summary(room)) : [],
      people: world.members.map(toPerson),
    }),
  },
  "chat.channel.create": {
    route: "POST /orgs/{org}/channels",
    run: ({ world, input }) => {
      if ([...world.rooms.values()].some((room) => room.channel.name === input.name))
        throw new Refused(409, "conflict", "There is a channel of that name already.");
      const kind = input.kind === "private" ? "private" : "public";
      return world.addRoom(kind, input.name, input.topic ?? "", [MINE]).channel;
    },
  },
  "chat.direct.open": {
    route: "POST /orgs/{org}/direct",
    run: ({ world, input }) => {
      const wanted = [MINE, ...input.members];
      const known = [...world.rooms.values()].find(
        (room) =>
          room.channel.kind === "direct" &&
          room.joined.size === wanted.length &&
          wanted.every((id) => room.joined.has(id)),
      );
      return (known ?? world.addRoom("direct", "", "", wanted)).channel;
    },
  },
  "chat.channel.read": { route: `GET ${C}`, run: (call) => call.world.summary(roomOf(call)) },
  "chat.channel.update": {
    route: `PATCH ${C}`,
    run: (call) => {
      const room = roomOf(call);
      Object.assign(room.channel, call.input);
      return updated(call.world, room);
    },
  },
  "chat.channel.archive": { route: `POST ${C}/archive`, run: archive(true) },
  "chat.channel.unarchive": { route: `POST ${C}/unarchive`, run: archive(false) },
  "chat.channel.join": {
    route: `POST ${C}/join`,
    run: (call) => {
      const room = roomOf(call);
      room.joined.add(MINE);
      call.world.publish(room, "chat.channel.joined", { member: MINE });
      return room.channel;
    },
  },
  "chat.channel.leave": {
    route: `POST ${C}/leave`,
    run: (call) => {
      roomOf(call).joined.delete(MINE);
      return {};
    },
  },
  "chat.channel.members": { route: `GET ${C}/members`, run: (call) => ({ items: [...roomOf(call).joined] }) },
  "chat.channel.invite": {
    route: `PUT ${C}/members/{member}`,
    run: (call) => {
      const room = roomOf(call);
      room.joined.add(call.path.member);
      call.world.publish(room, "chat.channel.joined", { member: call.path.member });
      return {};
    },
  },
  "chat.channel.remove": {
    route: `DELETE ${C}/members/{member}`,
    run: (call) => {
      const room = roomOf(call);
      room.joined.delete(call.path.member);
      call.world.publish(room, "chat.channel.left", { member: call.path.member });
      return {};
    },
  },
  "chat.channel.subscribe": {
    route: `GET ${C}/events`,
    run: (call) => {
      const { channel, log } = roomOf(call);
      const { after } = call.input;
      const events = after == null ? [] : log.filter((event) => event.seq > after);
      return { recovered: true, epoch: channel.epoch, head: channel.head, events: events as never };
    },
  },
  "chat.message.list": { route: `GET ${C}/messages`, run: page },
  "chat.message.post": {
    route: `POST ${C}/messages`,
    run: (call) => {
      const room = roomOf(call);
      const { clientId, body } = call.input;
      const known = room.messages.find((item) => item.clientId === clientId);
      if (known) return known;
      if (body.includes("!fail")) throw new Refused(422, "invalid_input", "This text is not accepted.");
      return call.world.post(room, MINE, body, now(), clientId);
    },
  },
  "chat.message.edit": {
    route: `PATCH ${M}`,
    run: (call) => {
      const [room, message] = messageOf(call);
      room.revisions.set(message.id, [
        ...(room.revisions.get(message.id) ?? []),
        { body: message.body, at: message.editedAt ?? message.createdAt },
      ]);
      Object.assign(message, { body: call.input.body, editedAt: now() });
      call.world.publish(room, "chat.message.edited", { message: structuredClone(message) });
      return message;
    },
  },
  "chat.message.delete": {
    route: `DELETE ${M}`,
    run: (call) => {
      const [room, message] = messageOf(call);
      Object.assign(message, { body: "", deletedAt: now(), reactions: [], mentions: [], handles: [] });
      call.world.publish(room, "chat.message.deleted", { id: message.id, deletedAt: message.deletedAt });
      return {};
    },
  },
  "chat.message.revisions": {
    route: `GET ${M}/revisions`,
    run: (call) => {
      const [room, message] = messageOf(call);
      return { items: room.revisions.get(message.id) ?? [] };
    },
  },
  "chat.message.react": {
    route: `PUT ${M}/reactions`,
    run: (call) => {
      const [room, message] = messageOf(call);
      const { emoji, on } = call.input;
      const rest = message.reactions.find((item) => item.emoji === emoji)?.members.filter((id) => id !== MINE) ?? [];
      const members = on ? [...rest, MINE] : rest;
      message.reactions = [...message.reactions.filter((item) => item.emoji !== emoji), { emoji, members }].filter(
        (item) => item.members.length > 0,
      );
      call.world.publish(room, "chat.message.reacted", { id: message.id, member: MINE, emoji, on });
      return message;
    },
  },
  "chat.read.mark": {
    route: `PUT ${C}/read`,
    run: (call) => markRead(call.world, roomOf(call), call.input),
  },
} satisfies Handlers;
