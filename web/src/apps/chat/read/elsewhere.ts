// What waits in the organisations that are not on the screen. Their rooms are not listened to, which would cost every
// message of every organisation; their totals are asked for when a hint comes, when the tab is looked at again, when
// the switcher is opened, and once a minute while the tab is in sight.
import { type QueryClient, queryOptions, useQueries, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { body, http } from "@/api/http";
import type { UnreadTotals } from "@/api/types";
import type { Elsewhere } from "@/platform/app/app";
import { useMembership } from "@/platform/me/org";
import { may, useMe } from "@/platform/me/queries";
import { useConversations } from "../channel/queries";
import { useChat } from "../context";

const EVERY = 60_000;
/** Hints come in bursts: one question answers them all. */
const GATHER = 1_000;

const keyOf = (org: string) => ["org", org, "unread"] as const;

const totalsQuery = (org: string) =>
  queryOptions({
    queryKey: keyOf(org),
    queryFn: ({ signal }) => body(http.GET("/api/v1/orgs/{org}/unread", { params: { path: { org } }, signal })),
    staleTime: 10_000,
    refetchInterval: EVERY,
    refetchIntervalInBackground: false,
    refetchOnWindowFocus: true,
    // Where one has just been, things have been read since they were counted.
    refetchOnMount: "always",
  });

/** By organisation; those whose totals are not known (yet) are not in it. */
export function useUnreadElsewhere(here: string): ReadonlyMap<string, UnreadTotals> {
  const { memberships } = useMe();
  const others = memberships.filter((membership) => membership.org.id !== here && may(membership, "chat.read.totals"));
  return useQueries({
    queries: others.map((membership) => totalsQuery(membership.org.id)),
    combine: (results) =>
      new Map(
        results.flatMap(({ data }, index) => {
          const org = others[index]?.org.id;
          return org && data ? [[org, data] as const] : [];
        }),
      ),
  });
}

const gathering = new WeakMap<QueryClient, Set<string>>();

/** Something has happened there. */
export function hintElsewhere(client: QueryClient, org: string): void {
  const waiting = gathering.get(client) ?? new Set();
  gathering.set(client, waiting);
  if (waiting.has(org)) return;
  waiting.add(org);
  setTimeout(() => {
    waiting.delete(org);
    void client.invalidateQueries({ queryKey: keyOf(org) });
  }, GATHER);
}

/** For the switcher of organisations. */
export function useElsewhere(): Elsewhere {
  const { org } = useMembership();
  const client = useQueryClient();
  const totals = useUnreadElsewhere(org.id);
  return useMemo(
    () => ({
      waiting: new Map([...totals].map(([id, { calls, conversations }]) => [id, { calls, some: conversations > 0 }])),
      refresh: () => refreshElsewhere(client, org.id),
    }),
    [client, org.id, totals],
  );
}

/** How many mentions and direct messages wait here. */
export function useCalls(): number {
  const { org, me } = useChat();
  const { channels, directs } = useConversations(org, me);
  return channels.reduce((sum, item) => sum + item.mentions, 0) + directs.reduce((sum, item) => sum + item.unread, 0);
}

function refreshElsewhere(client: QueryClient, here: string): void {
  void client.refetchQueries({
    predicate: ({ queryKey }) => queryKey[0] === "org" && queryKey[1] !== here && queryKey[2] === "unread",
    type: "active",
  });
}
