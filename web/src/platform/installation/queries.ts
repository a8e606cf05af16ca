// What administrators of the installation see.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, http } from "@/api/http";

export const installationQuery = queryOptions({
  queryKey: ["installation", "glance"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/installation", { signal })),
  staleTime: 10_000,
});

export const organisationsQuery = queryOptions({
  queryKey: ["installation", "organisations"],
  queryFn: async ({ signal }) => (await body(http.GET("/api/v1/orgs", { signal }))).items,
  staleTime: 10_000,
});

export const ACCOUNTS_KEY = ["installation", "accounts"] as const;

export const accountsQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: [...ACCOUNTS_KEY, search],
    queryFn: ({ pageParam, signal }) =>
      body(
        http.GET("/api/v1/accounts", {
          params: { query: { limit: 50, ...(search ? { search } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 10_000,
  });
