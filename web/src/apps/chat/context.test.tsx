// What chat does by itself ends with the session it was begun in.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { OrgProvider } from "@/platform/me/org";
import { endSession, openSession } from "@/platform/session/scope";
import { type Chat, ChatProvider, useChat } from "./context";

const posts: Request[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  posts.length = 0;
  vi.stubGlobal("fetch", (request: Request) => {
    if (request.method === "POST") posts.push(request);
    return Promise.reject(new TypeError("Failed to fetch"));
  });
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  localStorage.clear();
});

function open(client: QueryClient, user: string, slug: string): Chat {
  let chat: Chat | undefined;
  const Inside = () => {
    chat = useChat();
    return null;
  };
  const org = { id: `org_${slug}`, slug, name: slug };
  const member = { id: `mem_${user}`, handle: user, role: "editor" as const, createdAt: 1 };
  render(
    <QueryClientProvider client={client}>
      <OrgProvider
        membership={{ org, member, permissions: [] } as unknown as Parameters<typeof OrgProvider>[0]["membership"]}
      >
        <ChatProvider session={openSession(client, user, org.id)} onGone={() => undefined} open={() => undefined}>
          <Inside />
        </ChatProvider>
      </OrgProvider>
    </QueryClientProvider>,
  );
  if (!chat) throw new Error("nothing was rendered");
  return chat;
}

// REQ COMMS-4
it("a message that waits is posted by nobody after its session, however long its timers had to run", async () => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const ann = open(client, "usr_ann", "acme");
  ann.outbox.send("org_acme", "chn_1", "typed by Ann");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(posts.length).toBeGreaterThan(1);
  posts.length = 0;
  endSession(client);
  const bob = open(client, "usr_bob", "acme");
  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(120_000);
  expect(posts).toEqual([]);
  expect(bob.outbox.size).toBe(0);
});

// REQ COMMS-4
it("in another organisation of the same person it is still sent to where it was written", async () => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  open(client, "usr_ann", "acme").outbox.send("org_acme", "chn_1", "typed in Acme");
  await vi.advanceTimersByTimeAsync(0);
  cleanup();
  posts.length = 0;
  open(client, "usr_ann", "other");
  await vi.advanceTimersByTimeAsync(60_000);
  const paths = new Set(posts.map((request) => new URL(request.url).pathname));
  expect([...paths]).toEqual(["/api/v1/orgs/org_acme/channels/chn_1/messages"]);
  // One outbox works, not one for each organisation that was visited.
  expect(posts.length).toBeLessThan(10);
});
