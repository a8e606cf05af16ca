import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Me } from "@/api/types";
import { meQuery } from "@/platform/me/queries";
import { hintElsewhere, useUnreadElsewhere } from "./elsewhere";

const membership = (id: string, permissions = ["chat.read.totals"]): Me["memberships"][number] => ({
  org: { id, name: id, slug: id },
  member: { id: `mem_${id}`, name: "Olga", handle: "olga", role: "owner", state: "active", createdAt: 0 },
  permissions,
});

let asked: string[];
let client: QueryClient;

beforeEach(() => {
  asked = [];
  vi.useFakeTimers({ shouldAdvanceTime: true });
  vi.stubGlobal("fetch", async (request: Request) => {
    const org = new URL(request.url).pathname.split("/")[4] ?? "";
    asked.push(org);
    if (org === "broken") return Response.json({ error: "No.", code: "internal", requestId: "req_1" }, { status: 500 });
    return Response.json({ conversations: 2, calls: asked.length });
  });
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(meQuery.queryKey, {
    user: { id: "usr_1", name: "Olga", email: "olga@example.org" },
    superAdmin: false,
    csrfToken: "token",
    memberships: [membership("here"), membership("there"), membership("closed", []), membership("broken")],
  } satisfies Me);
});
afterEach(() => {
  cleanup();
  client.clear();
  vi.useRealTimers();
});

const look = () =>
  renderHook(({ here }) => useUnreadElsewhere(here), {
    initialProps: { here: "here" },
    wrapper: ({ children }: { children: ReactNode }) => (
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    ),
  });

// REQ COMMS-4
describe("what waits in other organisations", () => {
  it("is asked for there only, and unknown where it could not be told", async () => {
    const { result } = look();
    await waitFor(() => expect(result.current.size).toBe(1));
    expect(result.current.get("there")).toEqual({ conversations: 2, calls: expect.any(Number) });
    expect(asked.sort()).toEqual(["broken", "there"]);
  });

  it("is asked for anew where one has just been: what was read there counts no more", async () => {
    const { result, rerender } = look();
    await waitFor(() => expect(result.current.size).toBe(1));
    rerender({ here: "there" });
    asked = [];
    rerender({ here: "here" });
    await waitFor(() => expect(asked).toContain("there"));
  });

  it("is asked for once, however many hints come", async () => {
    const { result } = look();
    await waitFor(() => expect(result.current.size).toBe(1));
    asked = [];
    for (let i = 0; i < 50; i++) hintElsewhere(client, "there");
    await act(() => vi.advanceTimersByTimeAsync(1_500));
    await waitFor(() => expect(asked).toEqual(["there"]));
  });

  it("is asked for once a minute otherwise", async () => {
    const { result } = look();
    await waitFor(() => expect(result.current.size).toBe(1));
    asked = [];
    await act(() => vi.advanceTimersByTimeAsync(50_000));
    expect(asked).toEqual([]);
    await act(() => vi.advanceTimersByTimeAsync(15_000));
    expect(asked.sort()).toEqual(["broken", "there"]);
  });
});
