// Nothing that one person began goes on under another's session.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { body, http, setCsrfToken } from "@/api/http";
import { meQuery } from "../me/queries";
import { signOut } from "./end";
import { endSession, openSession, type Session, sessionOf, useOpenedSession } from "./scope";

const me = (id: string) => ({
  user: { id, name: id, email: `${id}@example.org` },
  superAdmin: false,
  csrfToken: `token of ${id}`,
  memberships: [],
});

let client: QueryClient;
let requests: Request[];
let answer: (request: Request) => Response | Promise<Response>;
const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });

beforeEach(() => {
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  requests = [];
  vi.stubGlobal("fetch", (request: Request) => {
    requests.push(request);
    return Promise.resolve(answer(request));
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  setCsrfToken(null);
  localStorage.clear();
});

// REQ COMMS-4
describe("session", () => {
  it("ends once, and whatever comes too late ends at once", () => {
    const session = openSession(client, "usr_1", "org_1");
    const end = vi.fn();
    session.own(end);
    session.dispose();
    session.dispose();
    expect(end).toHaveBeenCalledTimes(1);
    session.own(end);
    expect(end).toHaveBeenCalledTimes(2);
  });

  it("is one at a time: opening another ends it, and so does the end of the person's visit", () => {
    const first = openSession(client, "usr_1", "org_1");
    const second = openSession(client, "usr_1", "org_2");
    expect(first.signal.aborted).toBe(true);
    expect(sessionOf(client)).toBe(second);
    endSession(client);
    expect(second.signal.aborted).toBe(true);
    expect(sessionOf(client)).toBeUndefined();
  });

  it("lasts as long as its organisation is shown, and takes along what was known of it", () => {
    const seen: (Session | null)[] = [];
    const Inside = ({ org }: { org: string }) => {
      seen.push(useOpenedSession("usr_1", org));
      return null;
    };
    const page = (org: string) => (
      <QueryClientProvider client={client}>
        <Inside key={org} org={org} />
      </QueryClientProvider>
    );
    const { rerender, unmount } = render(page("org_1"));
    const first = seen.at(-1);
    client.setQueryData(["org", "org_1", "channels"], ["secret plans"]);
    client.setQueryData(["org", "org_1", "unread"], { conversations: 1, calls: 0 });
    client.setQueryData(["org", "org_2", "unread"], { conversations: 1, calls: 0 });
    rerender(page("org_2"));
    expect(first?.signal.aborted).toBe(true);
    expect(seen.at(-1)?.org).toBe("org_2");
    expect(
      client
        .getQueryCache()
        .getAll()
        .map((query) => query.queryKey.join(" ")),
    ).toEqual(["org org_1 unread", "org org_2 unread"]);
    const second = seen.at(-1);
    unmount();
    expect(second?.signal.aborted).toBe(true);
  });

  it("ends before the token of somebody else, who signed in in another tab, is known", async () => {
    const assign = vi.spyOn(window.location, "assign").mockImplementation(() => undefined);
    client.setQueryData(meQuery.queryKey, me("usr_ann"));
    setCsrfToken("token of usr_ann");
    const session = openSession(client, "usr_ann", "org_1");
    answer = () => json(me("usr_bob"));
    void client.fetchQuery({ ...meQuery, staleTime: 0 });
    await vi.waitFor(() => expect(assign).toHaveBeenCalledWith("/"));
    expect(session.signal.aborted).toBe(true);
    expect(client.getQueryData(meQuery.queryKey)?.user.id).toBe("usr_ann");
    // What is still asked for carries nobody's token, so the server refuses it.
    answer = () => json({ clientId: "c1" });
    await body(http.POST("/api/v1/me/sessions/revoke-others", { body: {} }));
    expect(requests.at(-1)?.headers.get("X-CSRF-Token")).toBeNull();
  });

  it("goes on when signing out has failed, and ends when it has not", async () => {
    const assign = vi.spyOn(window.location, "assign").mockImplementation(() => undefined);
    const session = openSession(client, "usr_ann", "org_1");
    localStorage.setItem("holdfast.draft", '"half a thought"');
    answer = () => Promise.reject(new TypeError("Failed to fetch"));
    await expect(signOut(client)).rejects.toMatchObject({ code: "network" });
    answer = () => json({ code: "unavailable", error: "Away." }, 503);
    await expect(signOut(client)).rejects.toMatchObject({ status: 503 });
    expect(session.signal.aborted).toBe(false);
    expect(localStorage.getItem("holdfast.draft")).toBe('"half a thought"');
    expect(assign).not.toHaveBeenCalled();
    answer = () => json({});
    await signOut(client);
    expect(session.signal.aborted).toBe(true);
    expect(localStorage.length).toBe(0);
    expect(assign).toHaveBeenCalledWith("/sign-in?reason=signed-out");
  });
});
