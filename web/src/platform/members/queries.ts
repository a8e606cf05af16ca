// Members of an organisation: needed everywhere a person is named, so one query and one index per organisation.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { body, http } from "@/api/http";
import type { Member } from "@/api/types";
import { t } from "@/lib/text";

export const membersQuery = (org: string) =>
  queryOptions({
    queryKey: ["org", org, "members"],
    queryFn: async ({ signal }) =>
      (await body(http.GET("/api/v1/orgs/{org}/members", { params: { path: { org } }, signal }))).items,
    staleTime: 10 * 60_000,
  });

export const invitationsQuery = (org: string) =>
  queryOptions({
    queryKey: ["org", org, "invitations"],
    queryFn: async ({ signal }) =>
      (await body(http.GET("/api/v1/orgs/{org}/invitations", { params: { path: { org } }, signal }))).items,
  });

export interface Directory {
  all: readonly Member[];
  active: readonly Member[];
  byId: ReadonlyMap<string, Member>;
  byHandle: ReadonlyMap<string, Member>;
  nameOf: (id: string) => string;
}

// One collator for all comparisons: localeCompare makes a new one each time, which thousands of names would feel.
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function makeDirectory(members: readonly Member[]): Directory {
  const byId = new Map(members.map((member) => [member.id, member]));
  const active = members.filter((member) => member.state === "active").sort((a, b) => byName.compare(a.name, b.name));
  return {
    all: members,
    active,
    byId,
    byHandle: new Map(active.map((member) => [member.handle.toLowerCase(), member])),
    nameOf: (id) => byId.get(id)?.name ?? t.chat.unknownMember,
  };
}

// Components share one index per answer of the server, however many of them ask.
const made = new WeakMap<readonly Member[], Directory>();
const NOBODY: readonly Member[] = [];

export function directoryOf(members: readonly Member[]): Directory {
  const known = made.get(members);
  if (known) return known;
  const fresh = makeDirectory(members);
  made.set(members, fresh);
  return fresh;
}

export function useDirectory(org: string): Directory {
  const { data } = useQuery(membersQuery(org));
  return useMemo(() => directoryOf(data ?? NOBODY), [data]);
}

/** Name or handle starts with, then contains, what was typed. */
export function findMembers(members: readonly Member[], typed: string, limit: number): Member[] {
  const needle = typed.trim().toLowerCase();
  if (!needle) return members.slice(0, limit);
  const starts: Member[] = [];
  const contains: Member[] = [];
  for (const member of members) {
    const name = member.name.toLowerCase();
    const handle = member.handle.toLowerCase();
    if (name.startsWith(needle) || handle.startsWith(needle) || name.includes(` ${needle}`)) starts.push(member);
    else if (name.includes(needle) || handle.includes(needle)) contains.push(member);
    if (starts.length >= limit) break;
  }
  return [...starts, ...contains].slice(0, limit);
}
