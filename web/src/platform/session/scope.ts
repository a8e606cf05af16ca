// Who works here, and in which organisation: everything that acts by itself for them (the outbox, the feed, timers) hangs
// on one Session and ends with it. Signing out, somebody else signing in and switching the organisation dispose of it, so
// that nothing which one person began can go on under another's session.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useLayoutEffect, useState } from "react";
import { setCsrfToken } from "@/api/http";
import { socket } from "@/api/socket/socket";
import { forgetPerson } from "@/lib/person";
import { sealStored } from "@/lib/storage";

export class Session {
  private readonly over = new AbortController();
  /** Aborted when the session ends. */
  readonly signal = this.over.signal;

  constructor(
    readonly user: string,
    readonly org: string,
  ) {}

  /** Calls it when the session ends; at once if it has. */
  own(end: () => void): void {
    if (this.signal.aborted) end();
    else this.signal.addEventListener("abort", end, { once: true });
  }

  dispose(): void {
    this.over.abort();
  }
}

// A page has one cache, and one session at a time.
const current = new WeakMap<QueryClient, Session>();

/** Begins a session; the one before it ends. */
export function openSession(client: QueryClient, user: string, org: string): Session {
  current.get(client)?.dispose();
  const session = new Session(user, org);
  current.set(client, session);
  return session;
}

/** The one that has not ended, if there is one. */
export function sessionOf(client: QueryClient): Session | undefined {
  const session = current.get(client);
  return session?.signal.aborted ? undefined : session;
}

/** The person is no longer who they were: nothing of theirs goes on, not even until the next page is shown. */
export function endSession(client: QueryClient): void {
  current.get(client)?.dispose();
  current.delete(client);
  socket.stop();
  setCsrfToken(null);
}

/** After `endSession`, once nothing of theirs is on the screen: nothing that the page knew of them stays. */
export function forgetAll(client: QueryClient): void {
  client.clear();
  forgetPerson();
}

/** A full page load drops what is in memory. A page that the browser keeps for Back would bring it all to whoever is next. */
export function leavePage(client: QueryClient, address: string): void {
  endSession(client);
  sealStored();
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
  window.location.assign(address);
}

export const SessionContext = createContext<Session | null>(null);

/** The session that everything below the organisation's frame belongs to. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession outside of a session");
  return session;
}

/** A session for as long as the component is shown; null before its first paint. */
export function useOpenedSession(user: string, org: string): Session | null {
  const client = useQueryClient();
  const [session, setSession] = useState<Session | null>(null);
  useLayoutEffect(() => {
    const opened = openSession(client, user, org);
    setSession(opened);
    return () => {
      opened.dispose();
      // Whoever comes back fetches anew. What waits in the organisation may be shown in another one.
      client.removeQueries({
        predicate: ({ queryKey }) => queryKey[0] === "org" && queryKey[1] === org && queryKey[2] !== "unread",
      });
    };
  }, [client, user, org]);
  return session?.user === user && session.org === org ? session : null;
}
