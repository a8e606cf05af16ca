import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Me } from "@/api/types";
import { OrgProvider } from "../me/org";
import { meQuery, useMe } from "../me/queries";
import { OrganisationPage } from "./OrganisationPage";

afterEach(cleanup);

const ORG = "org_1";
const me = (permissions: string[]): Me => ({
  user: { id: "usr_1", name: "Olga", email: "olga@example.org" },
  superAdmin: false,
  csrfToken: "token",
  memberships: [
    {
      org: { id: ORG, name: "Acme", slug: "acme" },
      member: { id: "mem_1", name: "Olga", handle: "olga", role: "owner", state: "active", createdAt: 0 },
      permissions,
    },
  ],
});

let answer: (name: string) => Promise<Response>;

beforeEach(() => {
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "GET") return Response.json({ id: ORG, name: "Acme", slug: "acme", createdAt: 0 });
    return answer(((await request.json()) as { name: string }).name);
  });
});

function Shown() {
  const [membership] = useMe().memberships;
  if (!membership) return null;
  return (
    <OrgProvider membership={membership}>
      <p data-testid="switcher">{membership.org.name}</p>
      <OrganisationPage />
    </OrgProvider>
  );
}

function show(permissions: string[]): void {
  const client = new QueryClient();
  client.setQueryData(meQuery.queryKey, me(permissions));
  render(
    <QueryClientProvider client={client}>
      <Shown />
    </QueryClientProvider>,
  );
}

const switcher = () => screen.getByTestId("switcher").textContent;
const rename = (to: string) => {
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: to } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
};

// REQ UI-5
it("shows a new name at once, and what the server made of it", async () => {
  let say: (response: Response) => void = () => undefined;
  answer = () => new Promise((resolve) => (say = resolve));
  show(["org.read", "org.update"]);
  rename("  Acme Studio ");
  await waitFor(() => expect(switcher()).toBe("Acme Studio"));
  expect(screen.getByRole("button", { name: "Save" }).getAttribute("aria-busy")).toBe("true");
  await waitFor(() => say(Response.json({ id: ORG, name: "Acme Studio!", slug: "acme", createdAt: 0 })));
  await waitFor(() => expect(switcher()).toBe("Acme Studio!"));
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Acme Studio!");
});

// REQ UI-5
it("takes the new name back when it is refused, says why, and keeps what was typed", async () => {
  answer = async () =>
    Response.json(
      {
        error: "Please check what you sent.",
        code: "invalid_input",
        requestId: "req_1",
        fields: [{ field: "name", problem: "must be one line" }],
      },
      { status: 422 },
    );
  show(["org.read", "org.update"]);
  rename("Other");
  await screen.findByText("must be one line");
  expect(switcher()).toBe("Acme");
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Other");
});

// REQ UI-5: an emoji is one character for the server, which says what is too much.
it("keeps all of what is pasted", async () => {
  show(["org.read", "org.update"]);
  let sent = "";
  answer = async (name) => {
    sent = name;
    return Response.json({ id: ORG, name, slug: "acme", createdAt: 0 });
  };
  expect(screen.getByLabelText("Name").hasAttribute("maxlength")).toBe(false);
  rename("🎉".repeat(60));
  await waitFor(() => expect(sent).toBe("🎉".repeat(60)));
});

it("can only be read by those who may not change it", async () => {
  show(["org.read"]);
  expect(screen.getByLabelText<HTMLInputElement>("Name").readOnly).toBe(true);
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
  expect(screen.getByText("Owners and administrators can change these.")).toBeTruthy();
});
