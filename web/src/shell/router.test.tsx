// Addresses without an organisation: who is in none has a password and sessions all the same.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { cleanup, configure, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { socket } from "@/api/socket/socket";
import { makeRouter } from "./router";

// The first page that is opened fetches its code.
configure({ asyncUtilTimeout: 4_000 });

const SESSION = { id: "ses_1", current: true, device: "Firefox on Linux", address: "::1", createdAt: 1, lastSeenAt: 1 };
let me: object;

beforeEach(() => {
  vi.spyOn(socket, "start").mockReturnValue();
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/api/v1/me") return Response.json(me);
    if (pathname === "/api/v1/me/sessions") return Response.json({ items: [SESSION] });
    return Response.json({ code: "not_found", error: "Not there." }, { status: 404 });
  });
});
afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
});

function open(address: string, superAdmin = false) {
  const user = { id: "usr_1", name: "Olga", email: "olga@example.org" };
  me = { user, superAdmin, csrfToken: "token", memberships: [] };
  window.history.replaceState(null, "", address);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = makeRouter(client);
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
}

// REQ ID-1, ID-3, UI-4
describe.each([
  ["somebody who was removed", false],
  ["the installation's administrator", true],
])("%s, in no organisation", (_, superAdmin) => {
  it("can change the password", async () => {
    open("/settings/profile", superAdmin);
    await screen.findByRole("heading", { level: 1, name: "Profile" });
    screen.getByLabelText("Current password");
    screen.getByRole("button", { name: "Change password" });
    expect(document.title).toBe("Profile · Holdfast");
  });

  it("sees where they are signed in", async () => {
    open("/settings/sessions", superAdmin);
    await screen.findByText("Firefox on Linux");
    screen.getByRole("heading", { level: 1, name: "Devices and sessions" });
  });

  it("finds both from the start, and the way back", async () => {
    open("/", superAdmin);
    for (const name of ["Devices and sessions", "Profile"]) {
      fireEvent.click(await screen.findByRole("link", { name }));
      await screen.findByRole("heading", { level: 1, name });
      fireEvent.click(screen.getByRole("link", { name: "Back" }));
      await screen.findByRole("heading", { name: "You are not a member of an organisation" });
    }
    expect(screen.queryByRole("link", { name: "Installation" }) !== null).toBe(superAdmin);
    expect(socket.start).toHaveBeenCalled();
  });
});

// REQ UI-4
it("what is not there is shown within the page around it, which is the only main landmark", async () => {
  open("/installation/nothing", true);
  await screen.findByRole("heading", { level: 1, name: "There is nothing here" });
  expect(screen.getAllByRole("main")).toHaveLength(1);
});
