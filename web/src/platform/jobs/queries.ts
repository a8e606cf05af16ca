// The jobs of the installation. They change by themselves, so the page asks again while it is looked at.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, http } from "@/api/http";

export const JOBS_KEY = ["installation", "jobs"] as const;
const AGAIN = 5_000;

export const queuesQuery = queryOptions({
  queryKey: [...JOBS_KEY, "queues"],
  queryFn: async ({ signal }) => (await body(http.GET("/api/v1/job-queues", { signal }))).items,
  refetchInterval: AGAIN,
});

export type JobState = "waiting" | "running" | "dead";

export const jobsQuery = (state: JobState) =>
  infiniteQueryOptions({
    queryKey: [...JOBS_KEY, state],
    queryFn: ({ pageParam, signal }) =>
      body(
        http.GET("/api/v1/jobs", {
          params: { query: { state, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: AGAIN,
  });
