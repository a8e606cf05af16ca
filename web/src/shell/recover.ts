// Trying again after a crash: what the crashed part had fetched may be what it crashed on, so it is fetched anew.
import type { QueryClient } from "@tanstack/react-query";

export function forgetUnused(client: QueryClient): void {
  // The crashed part has let go of its queries; what the rest of the page shows is still in use, and who is signed in is
  // needed everywhere.
  client.removeQueries({ type: "inactive", predicate: ({ queryKey }) => queryKey[0] !== "me" });
}
