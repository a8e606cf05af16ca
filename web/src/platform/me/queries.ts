// Who is signed in. Everything else about the person hangs on this one query.
import { type QueryClient, queryOptions, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { body, http, setCsrfToken } from "@/api/http";
import type { Me, Membership, OperationId } from "@/api/types";
import { forgetPerson } from "@/lib/person";
import { clearStored, readStored, writeStored } from "@/lib/storage";
import { endSession, forgetAll, leavePage } from "../session/scope";

/** Takes a Me that just came from the server: remembers its token and whose drafts this browser may keep. */
async function adoptMe(me: Me): Promise<Me> {
  setCsrfToken(me.csrfToken);
  const before = readStored("user", (value) => (typeof value === "string" ? value : null));
  if (before !== null && before !== me.user.id) await clearStored();
  writeStored("user", me.user.id);
  return me;
}

/** Somebody else has signed in in this browser, in another tab. What this page holds, and what it is about to do, is the
 * former person's: it ends before the new token is known, and a full page load drops the rest. Never resolves. */
function startAnew(client: QueryClient): Promise<never> {
  leavePage(client, "/");
  return new Promise(() => undefined);
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ client, signal }) => {
    const me = await body(http.GET("/api/v1/me", { signal }));
    const before = client.getQueryData<Me>(["me"]);
    return before && before.user.id !== me.user.id ? startAnew(client) : adoptMe(me);
  },
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
    // Somebody else from here on: nothing of the former person stays in memory, and their socket goes.
    if (before && before.user.id !== me.user.id) {
      endSession(client);
      forgetAll(client);
    }
    // What came too late for the end of a session is gone now.
    if (!before) forgetPerson();
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
