// A believable workspace in memory: what the stand-in server of `npm run dev:fake` serves. It keeps the contract's rules
// that the interface depends on (sequence numbers, events, reading positions) and no others.

import type { TopicEvent } from "@/api/socket/frames";
import type { AuditEntry, Channel, ChannelSummary, Invitation, Me, Member, Message, Session } from "@/api/types";
import { EVERYBODY } from "@/lib/markdown/marks";
import { calledIn } from "../called";

const hex = (n: number) => n.toString(16).padStart(32, "0");
const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const now = () => Date.now() * 1000;

export interface Room {
  channel: Channel;
  joined: Set<string>;
  readSeq: Map<string, number>;
  readRevision: number;
  messages: Message[];
  revisions: Map<string, { body: string; at: number }[]>;
  log: TopicEvent[];
}

const PEOPLE = [
  ["Mara Lindqvist", "mara"],
  ["Tobias Brandt", "tobias"],
  ["Aiko Tanaka", "aiko"],
  ["Samuel Okafor", "sam"],
  ["Inés Ferreira", "ines"],
  ["Jonas Weber", "jonas"],
  ["Priya Raman", "priya"],
  ["Luca Moretti", "luca"],
  ["Maximiliane-Theodora von Hohenberg-Wittelsbach", "maximiliane.theodora.von.hohenberg"],
] as const;

/** What an owner may do, as `Membership.permissions` lists it. */
const EVERYTHING = [
  "audit.list",
  "invitation.create",
  "invitation.list",
  "invitation.revoke",
  "member.list",
  "member.remove",
  "member.update",
  "org.read",
  "org.update",
  ...[
    "archive",
    "create",
    "invite",
    "join",
    "leave",
    "list",
    "members",
    "read",
    "remove",
    "subscribe",
    "unarchive",
    "update",
  ].map((verb) => `chat.channel.${verb}`),
  ...["delete", "edit", "list", "post", "react", "revisions"].map((verb) => `chat.message.${verb}`),
  "chat.direct.open",
  "chat.read.mark",
  "chat.read.totals",
];

export const ORG = `org_${hex(1)}`;
export const MINE = `mem_${hex(1)}`;

export class World {
  counter = 100;
  signedIn = true;
  rooms = new Map<string, Room>();
  members: Member[] = [];
  invitations: Invitation[] = [];
  sessions: Session[] = [];
  audit: AuditEntry[] = [];
  me: Me;
  onEvent: (room: string, event: TopicEvent) => void = () => undefined;

  constructor(size = 60) {
    const start = now() - 90 * DAY;
    for (let i = 0; i < size; i++) {
      const [name, handle] = PEOPLE[i] ?? [`Person ${i + 1}`, `person${i + 1}`];
      const role = i === 0 ? "owner" : i === 1 ? "admin" : i === 5 ? "viewer" : "editor";
      this.members.push({
        id: `mem_${hex(i + 1)}`,
        name,
        handle,
        role,
        state: "active",
        createdAt: start + i * DAY,
        imported: false,
      });
    }
    this.me = {
      user: { id: `usr_${hex(1)}`, name: PEOPLE[0][0], email: "mara@fernhill.example" },
      superAdmin: true,
      csrfToken: "fake",
      memberships: [
        {
          org: { id: ORG, name: "Fernhill Studio", slug: "fernhill" },
          member: this.members[0] as Member,
          permissions: EVERYTHING,
        },
        {
          org: { id: `org_${hex(2)}`, name: "Harbour Choir", slug: "harbour" },
          member: this.members[0] as Member,
          permissions: EVERYTHING,
        },
      ],
    };
    this.seed();
  }

  id(prefix: string): string {
    this.counter += 1;
    return `${prefix}_${hex(this.counter)}`;
  }

  addRoom(kind: Channel["kind"], name: string, topic: string, joined: string[]): Room {
    const channel: Channel = {
      id: this.id("chn"),
      kind,
      name,
      topic,
      archived: false,
      createdAt: now() - 60 * DAY,
      head: 0,
      epoch: 1,
      members: kind === "direct" ? joined : [],
      memberCount: joined.length,
      deserted: false,
    };
    const room: Room = {
      channel,
      joined: new Set(joined),
      readSeq: new Map(),
      readRevision: 0,
      messages: [],
      revisions: new Map(),
      log: [],
    };
    this.rooms.set(channel.id, room);
    return room;
  }

  publish(room: Room, event: string, data: { id?: unknown; message?: Message; [field: string]: unknown }): TopicEvent {
    room.channel.head += 1;
    const about = data.message?.id ?? data.id;
    for (const copy of [data.message, room.messages.find((message) => message.id === about)])
      if (copy) copy.revision = room.channel.head;
    const full = { seq: room.channel.head, event, data };
    room.log.push(full);
    this.onEvent(room.channel.id, structuredClone(full));
    return full;
  }

  post(room: Room, author: string, body: string, at = now(), clientId: string = crypto.randomUUID()): Message {
    const called = calledIn(body);
    const people = called.size === 0 ? [] : this.members.filter((m) => called.has(m.handle));
    const message: Message = {
      id: this.id("msg"),
      channel: room.channel.id,
      seq: room.channel.head + 1,
      revision: room.channel.head + 1,
      author,
      clientId,
      body,
      createdAt: at,
      editedAt: null,
      deletedAt: null,
      mentions: people.map((m) => m.id),
      handles: people.map((m) => m.handle),
      mentionsAll: [...called].some((handle) => EVERYBODY.has(handle)),
      reactions: [],
    };
    room.messages.push(message);
    this.publish(room, "chat.message.posted", { message: structuredClone(message) });
    return message;
  }

  summary(room: Room): ChannelSummary {
    const readSeq = room.readSeq.get(MINE) ?? 0;
    const fresh = room.messages.filter((m) => m.seq > readSeq && m.author !== MINE && m.deletedAt === null);
    return {
      ...room.channel,
      memberCount: room.joined.size,
      joined: room.joined.has(MINE),
      readSeq,
      readRevision: room.readRevision,
      unread: Math.min(100, fresh.length),
      mentions: Math.min(100, fresh.filter((m) => m.mentionsAll || m.mentions.includes(MINE)).length),
      lastMessageAt: room.messages.at(-1)?.createdAt ?? null,
    };
  }

  private seed(): void {
    const all = this.members.map((m) => m.id);
    const who = (i: number) => all[i] ?? MINE;
    const base = now();
    const general = this.addRoom(
      "public",
      "general",
      "Company-wide announcements and things that concern everyone",
      all,
    );
    const design = this.addRoom("public", "design", "Reviews on Tuesdays", all.slice(0, 7));
    const launch = this.addRoom("private", "launch-planning", "Spring release, 14 April", all.slice(0, 5));
    const long = this.addRoom(
      "public",
      "a-channel-with-a-remarkably-long-name-that-goes-on-and-on",
      "",
      all.slice(0, 3),
    );
    this.addRoom("public", "quiet-corner", "", [who(0)]);
    this.addRoom("public", "reading-group", "One book a month", all.slice(1, 4));
    const aiko = this.addRoom("direct", "", "", [who(0), who(2)]);
    const group = this.addRoom("direct", "", "", [who(0), who(1), who(3), who(8)]);

    for (let i = 0; i < 1200; i++) {
      this.post(
        general,
        who((i * 7) % 6),
        `Note ${i + 1}: ${"the morning figures are in and look steady. ".repeat(1 + (i % 3))}`,
        base - 20 * DAY + i * 20 * MINUTE,
      );
    }
    const talk: [number, string, number][] = [
      [1, "Morning! The staging build is up: https://staging.fernhill.example", 180],
      [
        2,
        "Looks good. Two things I noticed:\n\n1. The empty state on **Projects** still says `undefined`\n2. Keyboard focus disappears after closing the dialog",
        176,
      ],
      [2, "Happy to take the second one.", 175],
      [
        0,
        'I\'ll fix the first. It is the fallback in `formatTitle`:\n\n```ts\nfunction formatTitle(name?: string): string {\n  return name?.trim() || "Untitled project";\n}\n```',
        170,
      ],
      [
        3,
        "> Keyboard focus disappears after closing the dialog\n\nThat also breaks the screen reader test, so thank you 🙏",
        160,
      ],
      [
        4,
        "Release notes draft is in the wiki. Could somebody read it before lunch? _Especially the part about imports._",
        90,
      ],
      [1, "@mara could you look at the import part? I am not sure we should promise it yet.", 42],
      [1, "No hurry, this afternoon is fine.", 41],
      [5, "Reminder: fire drill at 15:00.", 12],
    ];
    for (const [i, text, minutes] of talk) this.post(design, who(i), text, base - minutes * MINUTE);
    const first = design.messages[1];
    if (first)
      first.reactions = [
        { emoji: "👍", members: [who(0), who(3)] },
        { emoji: "🎉", members: [who(4)] },
      ];
    const edited = design.messages[3];
    if (edited) {
      edited.editedAt = base - 165 * MINUTE;
      room(edited, design, base);
    }
    const last = design.messages[5];
    if (last) last.reactions = [{ emoji: "👀", members: [who(1)] }];
    const gone = this.post(launch, who(1), "wrong channel, sorry", base - 3 * HOUR);
    gone.body = "";
    gone.deletedAt = base - 3 * HOUR;
    this.post(
      launch,
      who(0),
      "Checklist:\n\n- [x] Pricing page\n- [ ] Mail to customers\n- [ ] Status page",
      base - 2 * HOUR,
    );
    this.post(launch, who(1), "| Task | Owner |\n|---|---|\n| Pricing | Inés |\n| Mail | Samuel |", base - HOUR);
    this.post(
      long,
      who(2),
      "<img src=x onerror=alert(1)> [click](javascript:alert(1)) <svg onload=alert(1)>",
      base - 5 * HOUR,
    );
    this.post(aiko, who(2), "Do you have five minutes for the focus bug?", base - 30 * MINUTE);
    this.post(aiko, who(0), "Sure, in ten?", base - 29 * MINUTE);
    this.post(aiko, who(2), "Perfect ☕", base - 3 * MINUTE);
    this.post(group, who(3), "Train is late, start without me.", base - 26 * HOUR);
    for (const item of this.rooms.values()) item.readSeq.set(MINE, item.channel.head);
    design.readSeq.set(MINE, design.messages[5]?.seq ?? 0);
    aiko.readSeq.set(MINE, aiko.messages[1]?.seq ?? 0);
    general.readSeq.set(MINE, general.channel.head - 14);

    this.invitations.push({
      id: this.id("inv"),
      email: "nadia@fernhill.example",
      role: "editor",
      state: "pending",
      createdAt: base - DAY,
      expiresAt: base + 6 * DAY,
      invitedBy: MINE,
    });
    const devices = ["Firefox on Linux", "Safari on iPhone", "Chrome on Windows"];
    this.sessions = devices.map((device, i) => ({
      id: this.id("ses"),
      current: i === 0,
      createdAt: base - i * 9 * DAY,
      lastSeenAt: base - i * 7 * HOUR,
      expiresAt: base + 20 * DAY,
      address: `192.0.2.${10 + i}`,
      device,
    }));
    const actions = ["session.create", "member.update", "invitation.create", "chat.channel.archive", "session.create"];
    for (let i = 0; i < 130; i++) {
      const outcome = i % 9 === 4 ? "denied" : i % 17 === 3 ? "failed" : "ok";
      const member = this.members[i % 5] as Member;
      this.audit.push({
        id: this.id("aud"),
        at: base - i * 37 * MINUTE,
        actor: { kind: "member", id: member.id, name: member.name },
        action: actions[i % 5] ?? "session.create",
        outcome,
        resource: i % 2 ? `mem_${hex(i)}` : null,
        address: `192.0.2.${i % 20}`,
        device: "Firefox on Linux",
        policy: outcome === "denied" ? "role" : null,
        requestId: `req_${hex(i)}`,
        times: i === 13 ? 29 : 1,
        detail: i % 2 ? { role: { from: "viewer", to: "editor" } } : {},
      });
    }
  }
}

function room(message: Message, of: Room, base: number): void {
  of.revisions.set(message.id, [{ body: "It is the fallback in `formatTitle`, I think.", at: base - 170 * MINUTE }]);
}
