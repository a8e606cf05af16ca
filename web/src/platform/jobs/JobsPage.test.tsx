import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { JobSummary } from "@/api/types";
import { JobsPage } from "./JobsPage";

const job = (id: string, change: Partial<JobSummary>): JobSummary => ({
  id,
  kind: "identity.mail",
  state: "dead",
  createdAt: 1,
  dueAt: 1,
  attempts: 22,
  problem: null,
  progress: null,
  cancelling: false,
  ...change,
});

const asked: string[] = [];

beforeEach(() => {
  asked.length = 0;
  const answers: Record<string, unknown> = {
    "/api/v1/job-queues": [
      { kind: "identity.mail", waiting: 0, running: 0, dead: 1 },
      { kind: "chat.import", waiting: 0, running: 1, dead: 0 },
    ],
    "/api/v1/jobs?state=dead&limit=50": [job("job_1", { problem: "nobody answers at mail.example.org" })],
    "/api/v1/jobs?state=running&limit=50": [
      job("job_2", {
        kind: "chat.import",
        state: "running",
        attempts: 1,
        progress: { done: 2, total: 8, text: "2026-01-02.log" },
      }),
    ],
  };
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    if (request.method !== "GET") {
      asked.push(`${request.method} ${pathname}`);
      return Response.json({});
    }
    return Response.json({ items: answers[pathname + search] ?? [], next: null });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <JobsPage />
    </QueryClientProvider>,
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

// REQ JOB-4
it("shows why work has failed and how far the rest is", async () => {
  const failed = await screen.findByRole("region", { name: "Failed" });
  await waitFor(() => expect(failed.textContent).toContain("nobody answers at mail.example.org"));
  const progress = await screen.findByRole("progressbar");
  expect([progress.getAttribute("value"), progress.getAttribute("max")]).toEqual(["2", "8"]);
  expect(screen.queryByRole("region", { name: "Waiting" })).toBeNull();
});

// REQ JOB-4
it("has failed work tried again, and asks before it stops anything", async () => {
  fireEvent.click(await screen.findByRole("button", { name: "Actions for Mail" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Try again" }));
  await waitFor(() => expect(asked).toEqual(["POST /api/v1/jobs/job_1/retry"]));
  fireEvent.click(await screen.findByRole("button", { name: "Actions for chat.import" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Stop" }));
  await screen.findByRole("dialog", { name: "Stop this work?" });
  expect(asked).toHaveLength(1);
  fireEvent.click(screen.getByRole("button", { name: "Stop" }));
  await waitFor(() => expect(asked[1]).toEqual("POST /api/v1/jobs/job_2/cancel"));
});
