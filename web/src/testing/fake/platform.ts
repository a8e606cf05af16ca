// The platform's operations over the World.
import type { Membership } from "@/api/types";
import { type Handlers, Refused } from "./operation";
import { MINE, now, ORG, type World } from "./world";

const signIn = (world: World) => {
  world.signedIn = true;
  return world.me;
};

const orgOf = (world: World, org: string): Membership["org"] => {
  const found = world.me.memberships.find((item) => item.org.id === org)?.org;
  if (!found) throw new Refused(404, "not_found", "There is no such organisation.");
  return found;
};

const joined = (world: World) => ({ ...world.me, joined: orgOf(world, ORG).id });

export const platform = {
  "setup.read": { route: "GET /setup", run: () => ({ needed: true }) },
  "setup.complete": { route: "POST /setup", run: ({ world }) => signIn(world) },
  "me.read": { route: "GET /me", run: ({ world }) => world.me },
  "me.update": {
    route: "PATCH /me",
    run: ({ world, input }) => {
      world.me.user.name = input.name ?? world.me.user.name;
      return world.me;
    },
  },
  "me.change_password": { route: "POST /me/password", run: () => ({}) },
  "session.list": { route: "GET /me/sessions", run: ({ world }) => ({ items: world.sessions, next: null }) },
  "session.revoke_others": {
    route: "POST /me/sessions/revoke-others",
    run: ({ world }) => ({ ended: world.sessions.splice(1).length }),
  },
  "session.revoke": {
    route: "DELETE /me/sessions/{session}",
    run: ({ world, path }) => {
      world.sessions = world.sessions.filter((item) => item.id !== path.session);
      return {};
    },
  },
  "session.end": {
    route: "DELETE /session",
    run: ({ world }) => {
      world.signedIn = false;
      return {};
    },
  },
  "session.create": {
    route: "POST /session",
    run: ({ world, input }) => {
      if (input.password === "locked")
        throw new Refused(423, "locked_out", "Too many attempts. Try again in 15 minutes, or reset your password.");
      if (input.password === "wrong") throw new Refused(401, "invalid_credentials", "Wrong.");
      return signIn(world);
    },
  },
  "password.rate": {
    route: "POST /password/rate",
    run: ({ input }) => {
      const score = Math.min(4, Math.floor(input.password.length / 4));
      const problem = score < 3 ? "Add more words; length helps most." : null;
      return { score, acceptable: score >= 3, problem, suggestions: [] };
    },
  },
  "password.request_reset": { route: "POST /password/reset-requests", run: () => ({}) },
  "password.reset": { route: "POST /password/resets", run: () => ({}) },
  "invitation.lookup": {
    route: "POST /invitations/lookup",
    run: () => ({
      organisation: "Fernhill Studio",
      email: "nadia@fernhill.example",
      role: "editor",
      hasAccount: false,
      invitedBy: "Mara Lindqvist",
    }),
  },
  "invitation.accept": { route: "POST /invitations/accept", run: ({ world }) => joined(world) },
  "org.read": {
    route: "GET /orgs/{org}",
    run: ({ world, path }) => ({ ...orgOf(world, path.org), createdAt: world.members[0]?.createdAt ?? now() }),
  },
  "org.update": {
    route: "PATCH /orgs/{org}",
    run: ({ world, path, input }) => {
      const org = orgOf(world, path.org);
      org.name = input.name;
      return { ...org, createdAt: now() };
    },
  },
  "org.list": {
    route: "GET /orgs",
    run: ({ world }) => ({
      items: world.me.memberships.map(({ org }) => ({ ...org, createdAt: now(), members: world.members.length })),
    }),
  },
  "installation.report_crash": { route: "POST /installation/crashes", run: () => ({}) },
  "installation.read": {
    route: "GET /installation",
    run: ({ world }) => ({
      version: "0.0.0",
      organisations: world.me.memberships.length,
      accounts: world.members.length,
      mail: { configured: true, waiting: 1, troubled: 1 },
    }),
  },
  "account.list": {
    route: "GET /accounts",
    run: ({ world, input }) => {
      const wanted = (input.search ?? "").toLowerCase();
      const items = world.members
        .map((member, index) => ({
          id: member.id.replace("mem_", "usr_"),
          name: member.name,
          email: `${member.handle}@fernhill.example`,
          superAdmin: index === 0,
          state: index === 7 ? ("deleted" as const) : ("active" as const),
          addressTaken: index === 5,
          createdAt: member.createdAt,
          lockedUntil: index === 3 ? now() + 9e8 : null,
        }))
        .filter((item) => `${item.name} ${item.email}`.toLowerCase().includes(wanted));
      return { items, next: null };
    },
  },
  "audit.list_installation": { route: "GET /audit", run: ({ world }) => ({ items: world.audit, next: null }) },
  "audit.list": {
    route: "GET /orgs/{org}/audit",
    run: ({ world, input }) => {
      const found = world.audit.filter(
        (item) =>
          (!input.outcome || item.outcome === input.outcome) &&
          (!input.actor || item.actor.id === input.actor) &&
          (!input.action || item.action === input.action),
      );
      const from = Number(input.cursor ?? 0);
      return { items: found.slice(from, from + 50), next: from + 50 < found.length ? String(from + 50) : null };
    },
  },
  "member.list": { route: "GET /orgs/{org}/members", run: ({ world }) => ({ items: world.members }) },
  "member.update": {
    route: "PATCH /orgs/{org}/members/{member}",
    run: ({ world, path, input }) => {
      const member = world.members.find((item) => item.id === path.member);
      if (!member) throw new Refused(404, "not_found", "No such member.");
      if (input.role) member.role = input.role;
      return member;
    },
  },
  "member.remove": {
    route: "DELETE /orgs/{org}/members/{member}",
    run: ({ world, path }) => {
      world.members = world.members.map((item) => (item.id === path.member ? { ...item, state: "removed" } : item));
      return {};
    },
  },
  "invitation.list": {
    route: "GET /orgs/{org}/invitations",
    run: ({ world }) => ({ items: world.invitations }),
  },
  "invitation.create": {
    route: "POST /orgs/{org}/invitations",
    run: ({ world, input }) => {
      if (!input.email.includes("@")) {
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
      return { ...invitation, mailed: true };
    },
  },
  "invitation.revoke": {
    route: "DELETE /orgs/{org}/invitations/{invitation}",
    run: ({ world, path }) => {
      world.invitations = world.invitations.filter((item) => item.id !== path.invitation);
      return {};
    },
  },
} satisfies Handlers;
