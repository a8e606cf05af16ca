// The query cache and its defaults.
import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./error";

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        gcTime: 30 * 60_000,
        retry: (count, error) => error instanceof ApiError && error.transient && count < 2,
        retryDelay: (count, error) =>
          error instanceof ApiError && error.retryAfter ? error.retryAfter * 1000 : 500 * 2 ** count,
        // What could not be loaded heals by itself, also when the connection never knew of it.
        refetchInterval: (query) =>
          query.state.status === "error" && query.state.error instanceof ApiError && query.state.error.transient
            ? 10_000
            : false,
        // The socket says what changed; focus alone is no reason to fetch.
        refetchOnWindowFocus: false,
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}
