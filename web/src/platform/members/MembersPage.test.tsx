import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Me, Member, Role } from "@/api/types";
import { OrgProvider } from "../me/org";
import { meQuery } from "../me/queries";
import { MembersPage } from "./MembersPage";
import { membersQuery } from "./queries";

const member = (id: string, name: string, role: Role): Member => ({
  id,
  name,
  handle: name.toLowerCase(),
  role,
  state: "active",
  createdAt: 0,
});
const olga = member("mem_1", "Olga", "owner");
const membership: Me["memberships"][number] = {
  org: { id: "org_1", name: "Acme", slug: "acme" },
  member: olga,
  permissions: ["member.list", "member.update", "member.remove"],
};
const asked: Role[] = [];

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method !== "PATCH") return Response.json({ items: [] });
    const { role } = (await request.json()) as { role: Role };
    asked.push(role);
    return Response.json({ ...member("mem_2", "Ben", "editor"), role });
  });
  const client = new QueryClient();
  const user = { id: "usr_1", name: "Olga", email: "olga@example.org" };
  client.setQueryData(meQuery.queryKey, { user, superAdmin: false, csrfToken: "t", memberships: [membership] });
  client.setQueryData(membersQuery("org_1").queryKey, [
    olga,
    member("mem_2", "Ben", "editor"),
    member("mem_3", "Eva", "owner"),
  ]);
  render(
    <QueryClientProvider client={client}>
      <OrgProvider membership={membership}>
        <MembersPage />
      </OrgProvider>
    </QueryClientProvider>,
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const choose = (name: string, role: Role) =>
  fireEvent.change(screen.getByLabelText(`Role of ${name}`), { target: { value: role } });

// REQ ID-7, UI-5
it("makes nobody an owner without a question that says what it means", async () => {
  choose("Ben", "owner");
  expect((await screen.findByRole("dialog")).textContent).toContain("Make Ben an owner?");
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(asked).toEqual([]);
  choose("Ben", "owner");
  fireEvent.click(await screen.findByRole("button", { name: "Make owner" }));
  await vi.waitFor(() => expect(asked).toEqual(["owner"]));
});

// REQ ID-7, UI-5
it("asks before ownership is taken away, and acts at once where nothing is at stake", async () => {
  choose("Eva", "viewer");
  expect((await screen.findByRole("dialog")).textContent).toContain("Take ownership away from Eva?");
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  choose("Ben", "viewer");
  await vi.waitFor(() => expect(asked).toEqual(["viewer"]));
});
