// Members of an organisation: needed everywhere a person is named, so one query and one index per organisation.
import { type QueryClient, queryOptions, skipToken, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { body, http } from "@/api/http";
import type { Member, Person } from "@/api/types";
import { byName } from "@/lib/names";
import { t } from "@/lib/text";

const NOBODY: readonly Member[] = [];
const NO_PEOPLE: readonly Person[] = [];

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

/** People come with the answers that name them; the list of all members is thousands of names that nobody waits for. */
const peopleQuery = (org: string) =>
  queryOptions<readonly Person[]>({
    queryKey: ["org", org, "people"],
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Keeps whom an answer of the server has named. The same list while there is no news, so that nothing renders. */
export function rememberPeople(client: QueryClient, org: string, people: readonly Person[]): void {
  const key = peopleQuery(org).queryKey;
  const known = new Map((client.getQueryData(key) ?? NO_PEOPLE).map((person) => [person.id, person]));
  const news = people.filter((person) => {
    const before = known.get(person.id);
    return before?.name !== person.name || before.handle !== person.handle || before.active !== person.active;
  });
  if (news.length === 0) return;
  for (const person of news) known.set(person.id, person);
  client.setQueryData(key, [...known.values()]);
}

export interface Directory {
  active: readonly Member[];
  byHandle: ReadonlyMap<string, { id: string; name: string }>;
  /** Empty as long as it is not known who that is. */
  nameOf: (id: string) => string;
  /** Whether they have left; false as long as it is not known. */
  hasLeft: (id: string) => boolean;
}

function makeDirectory(members: readonly Member[]): Listed {
  const byId = new Map(members.map((member) => [member.id, member]));
  const active = members.filter((member) => member.state === "active").sort(byName);
  return {
    active,
    knows: (id) => byId.has(id),
    byHandle: new Map(active.map((member) => [member.handle.toLowerCase(), member])),
    nameOf: (id) => byId.get(id)?.name ?? (members === NOBODY ? "" : t.members.former),
    hasLeft: (id) => (byId.get(id)?.state ?? "active") !== "active",
  };
}

/** With those whom the list does not have (yet). */
function withPeople(list: Listed, others: readonly Person[]): Directory {
  const byId = new Map(others.map((person) => [person.id, person]));
  const active = others.filter((person) => person.active);
  return {
    active: list.active,
    byHandle: new Map([...active.map((person) => [person.handle.toLowerCase(), person] as const), ...list.byHandle]),
    nameOf: (id) => byId.get(id)?.name ?? list.nameOf(id),
    hasLeft: (id) => byId.get(id)?.active === false || list.hasLeft(id),
  };
}

interface Listed extends Directory {
  knows: (id: string) => boolean;
}

// Components share one index per answer of the server, however many of them ask.
const made = new WeakMap<readonly Member[], { list: Listed; people: readonly Person[]; whole: Directory }>();

export function directoryOf(members: readonly Member[], people: readonly Person[] = NO_PEOPLE): Directory {
  const known = made.get(members);
  if (known?.people === people) return known.whole;
  const list = known?.list ?? makeDirectory(members);
  // Once the list is there it has them all: then every page that names people changes nothing.
  const others = people.filter((person) => !list.knows(person.id));
  const whole = others.length > 0 ? withPeople(list, others) : list;
  made.set(members, { list, people, whole });
  return whole;
}

export function useDirectory(org: string): Directory {
  const { data: members } = useQuery(membersQuery(org));
  const { data: people } = useQuery(peopleQuery(org));
  return useMemo(() => directoryOf(members ?? NOBODY, people), [members, people]);
}

/** For a note outside of any component: empty as long as it is not known who that is. */
export function nameIn(client: QueryClient, org: string, id: string): string {
  const members = client.getQueryData(membersQuery(org).queryKey) ?? NOBODY;
  return directoryOf(members, client.getQueryData(peopleQuery(org).queryKey)).nameOf(id);
}
