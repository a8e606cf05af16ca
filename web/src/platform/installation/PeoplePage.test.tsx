import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { AccountSummary } from "@/api/types";
import { meQuery } from "../me/queries";
import { PeoplePage } from "./PeoplePage";

const account = (id: string, change: Partial<AccountSummary>): AccountSummary => ({
  id,
  name: id,
  email: "kim@example.org",
  superAdmin: false,
  state: "active",
  createdAt: 1,
  lockedUntil: null,
  ...change,
});

beforeEach(() => {
  const items = [
    account("usr_older", {}),
    account("usr_younger", { addressTaken: true }),
    account("usr_gone", { state: "deleted" }),
  ];
  vi.stubGlobal("fetch", async () => Response.json({ items, next: null }));
  const client = new QueryClient();
  const user = { id: "usr_1", name: "Olga", email: "olga@example.org" };
  client.setQueryData(meQuery.queryKey, { user, superAdmin: true, csrfToken: "t", memberships: [] });
  render(
    <QueryClientProvider client={client}>
      <PeoplePage />
    </QueryClientProvider>,
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

// REQ ID-2, UI-5
it("marks who cannot sign in because an older account has their address, and says what to do", async () => {
  const row = (await screen.findByText("Address taken")).closest("tr");
  expect(row?.textContent).toContain("holdfast user address usr_younger");
  expect(screen.getAllByText(/older account/)).toHaveLength(1);
});
