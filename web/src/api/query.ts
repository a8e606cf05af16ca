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
        // The socket says what changed; focus alone is no reason to fetch.
        refetchOnWindowFocus: false,
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}
