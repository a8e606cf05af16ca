// Mailed links in a tab that is open already, and forms that say what is missing before the server has to.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AcceptInvitation } from "./AcceptInvitation";
import { ResetPassword } from "./ResetPassword";

const me = {
  user: { id: "usr_1", name: "Nadia", email: "nadia@example.org" },
  superAdmin: false,
  csrfToken: "token",
  joined: "org_acme",
  memberships: ["first", "acme", "last"].map((slug, index) => ({
    org: { id: `org_${slug}`, slug, name: slug },
    // Who rejoins has been there longest.
    member: { id: `mem_${slug}`, createdAt: slug === "acme" ? 1 : 10 + index },
    permissions: [],
  })),
};
let posts: { path: string; body: Record<string, unknown> }[];

beforeEach(() => {
  posts = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    const body = request.method === "POST" ? ((await request.json()) as Record<string, unknown>) : {};
    posts.push({ path: pathname, body });
    if (pathname.endsWith("/lookup")) {
      if (body.token === "stale") return Response.json({ code: "link_expired", error: "Expired." }, { status: 410 });
      const offer = { organisation: "Acme", email: "nadia@example.org", role: "editor" };
      return Response.json({ ...offer, hasAccount: body.token === "account", invitedBy: "Olga" });
    }
    if (body.handle === "taken") {
      const fields = [{ field: "handle", problem: "is taken" }];
      return Response.json({ code: "invalid_input", error: "Invalid.", fields, requestId: "req_1" }, { status: 422 });
    }
    return Response.json(pathname.endsWith("/accept") ? me : {});
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.location.hash = "";
  localStorage.clear();
});

async function open(Page: () => ReactNode, token: string) {
  window.location.hash = token;
  const rootRoute = createRootRoute();
  const index = createRoute({ getParentRoute: () => rootRoute, path: "/", component: Page });
  const rest = createRoute({ getParentRoute: () => rootRoute, path: "$", component: () => null });
  const router = createRouter({ routeTree: rootRoute.addChildren([index, rest]), history: createMemoryHistory() });
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  return router;
}
const follow = (token: string) =>
  act(async () => {
    window.location.hash = token;
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  });
const button = (name: string) => screen.findByRole("button", { name });

// REQ ID-7
it("an invitation followed in a tab that shows another one is the one that counts", async () => {
  await open(AcceptInvitation, "stale");
  await screen.findByText("This invitation cannot be used");
  await follow("fresh");
  await screen.findByRole("heading", { name: "Join Acme" });
  expect(posts.map(({ body }) => body.token)).toEqual(["stale", "fresh"]);
});

// REQ ID-7
it("a reset link followed in a tab without one works, and with the token of the latest", async () => {
  await open(ResetPassword, "");
  await screen.findByText("This page needs the link from the mail.");
  await follow("one");
  await follow("two");
  fireEvent.change(await screen.findByLabelText("New password"), { target: { value: "mirror otter plankton" } });
  fireEvent.click(await button("Save password"));
  await vi.waitFor(() => expect(posts.find(({ path }) => path.endsWith("/resets"))?.body.token).toBe("two"));
});

// REQ UI-5
it("says the rule before a password is typed, and names what is missing before anything is sent", async () => {
  await open(AcceptInvitation, "fresh");
  fireEvent.click(await button("Join"));
  expect(screen.getByText(/^At least 10 characters/)).toBeTruthy();
  expect((await screen.findByRole("alert")).textContent).toBe("Please fill in: Your name, Handle, Password");
  expect(posts.filter(({ path }) => path.endsWith("/accept"))).toEqual([]);
});

// REQ ID-7
it("leads into the organisation that one was invited to, also when one was there before", async () => {
  const router = await open(AcceptInvitation, "account");
  fireEvent.change(await screen.findByLabelText("Password"), { target: { value: "mirror otter plankton" } });
  fireEvent.click(await button("Join"));
  await vi.waitFor(() => expect(router.state.location.pathname).toBe("/o/acme"));
});

// REQ ID-7, UI-4
it("leads to the handle that the server refused, not to where the form was sent from", async () => {
  await open(AcceptInvitation, "account");
  fireEvent.change(await screen.findByLabelText("Handle"), { target: { value: "taken" } });
  const password = screen.getByLabelText("Password");
  fireEvent.change(password, { target: { value: "long enough for anybody" } });
  act(() => password.focus());
  fireEvent.click(screen.getByRole("button", { name: "Join" }));
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Handle")));
});
