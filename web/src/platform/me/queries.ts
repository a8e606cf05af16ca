// Who is signed in. Everything else about the person hangs on this one query.
import { queryOptions, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { body, http, setCsrfToken } from "@/api/http";
import { socket } from "@/api/socket/socket";
import type { Me, Membership, OperationId } from "@/api/types";
import { clearStored, readStored, writeStored } from "@/lib/storage";

/** Takes a Me that just came from the server: remembers its token and whose drafts this browser may keep. */
export async function adoptMe(me: Me): Promise<Me> {
  setCsrfToken(me.csrfToken);
  const before = readStored("user", (value) => (typeof value === "string" ? value : null));
  if (before !== null && before !== me.user.id) await clearStored();
  writeStored("user", me.user.id);
  return me;
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }) => adoptMe(await body(http.GET("/api/v1/me", { signal }))),
  staleTime: 5 * 60_000,
});

/** Only below a route that has loaded it (the shell's guard does). */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

export function useSetMe(): (me: Me) => Promise<void> {
  const client = useQueryClient();
  return async (me) => {
    const before = client.getQueryData(meQuery.queryKey);
    if (before && before.user.id !== me.user.id) {
      // Somebody else from here on: nothing of the former person stays in memory, and their socket goes.
      socket.stop();
      client.clear();
    }
    client.setQueryData(meQuery.queryKey, await adoptMe(me));
  };
}

export function may(membership: Membership | undefined, operation: OperationId): boolean {
  return membership?.permissions.includes(operation) ?? false;
}

/** What to show, never what to protect: the server checks every call by itself. */
export function usePermission(operation: OperationId, org: string): boolean {
  return may(
    useMe().memberships.find((membership) => membership.org.id === org),
    operation,
  );
}
