// Loading messages into the cache: the newest page, older and newer pages, and the surroundings of one message.
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { body, http } from "@/api/http";
import { rememberPeople } from "@/platform/members/queries";
import { mark, replay } from "../log";
import type { Place } from "./place";
import { addAfter, addBefore, fromPage, type Timeline } from "./timeline";

const PAGE = 50;

export const timelineKey = (org: string, channel: string) => ["org", org, "timeline", channel] as const;

type Where = { before: number } | { after: number } | { around: number } | { at: number } | Record<string, never>;

async function fetchPage(
  client: QueryClient,
  org: string,
  channel: string,
  where: Where,
  signal?: AbortSignal,
): Promise<Timeline> {
  const since = mark();
  const page = await body(
    http.GET("/api/v1/orgs/{org}/channels/{channel}/messages", {
      params: { path: { org, channel }, query: { ...where, limit: PAGE } },
      ...(signal ? { signal } : {}),
    }),
  );
  rememberPeople(client, org, page.people);
  return replay(channel, fromPage(page), since);
}

/** Fetching again (after a loss) keeps to the place that is being read. */
export const timelineQuery = (
  client: QueryClient,
  org: string,
  channel: string,
  opening: Place,
  reading: () => Place,
) =>
  queryOptions({
    queryKey: timelineKey(org, channel),
    queryFn: ({ signal }) => {
      const known = client.getQueryData<Timeline>(timelineKey(org, channel));
      const place = known ? reading() : opening;
      return fetchPage(client, org, channel, place === "end" ? {} : { around: place.seq }, signal);
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 15 * 60_000,
  });

export async function loadOlder(client: QueryClient, org: string, channel: string): Promise<void> {
  const key = timelineKey(org, channel);
  const first = client.getQueryData<Timeline>(key)?.items[0];
  if (!first) return;
  const page = await fetchPage(client, org, channel, { before: first.seq });
  // The stretch may have been replaced meanwhile; a page that no longer joins up is dropped.
  client.setQueryData<Timeline>(key, (now) => (now && now.items[0]?.id === first.id ? addBefore(now, page) : now));
}

export async function loadNewer(client: QueryClient, org: string, channel: string): Promise<void> {
  const key = timelineKey(org, channel);
  const last = client.getQueryData<Timeline>(key)?.items.at(-1);
  if (!last) return;
  const page = await fetchPage(client, org, channel, { after: last.seq });
  client.setQueryData<Timeline>(key, (now) => (now && now.items.at(-1)?.id === last.id ? addAfter(now, page) : now));
}

export async function loadAround(client: QueryClient, org: string, channel: string, seq: number): Promise<void> {
  const key = timelineKey(org, channel);
  await client.cancelQueries({ queryKey: key });
  client.setQueryData(key, await fetchPage(client, org, channel, { around: seq }));
}

export async function loadLatest(client: QueryClient, org: string, channel: string): Promise<void> {
  const key = timelineKey(org, channel);
  await client.cancelQueries({ queryKey: key });
  client.setQueryData(key, await fetchPage(client, org, channel, {}));
}

/** The first message of that day or after it. */
export async function loadDay(client: QueryClient, org: string, channel: string, day: Date): Promise<number | null> {
  const key = timelineKey(org, channel);
  await client.cancelQueries({ queryKey: key });
  const from = day.getTime() * 1000;
  const page = await fetchPage(client, org, channel, { at: from });
  client.setQueryData(key, page);
  return (page.items.find((message) => message.createdAt >= from) ?? page.items.at(-1))?.seq ?? null;
}
