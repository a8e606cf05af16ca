import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { http, setCsrfToken } from "./http";

const refusal = { error: "No.", code: "cross_site", requestId: "req_1" };
let calls: { path: string; token: string | null; body: string }[];
let session: string | null;

beforeEach(() => {
  calls = [];
  session = "the token";
  setCsrfToken(null);
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname.replace("/api/v1", "");
    const token = request.headers.get("X-CSRF-Token");
    calls.push({ path, token, body: await request.text() });
    if (path === "/me") {
      if (session) return Response.json({ csrfToken: session });
      return Response.json({ error: "Sign in.", code: "unauthenticated", requestId: "req_2" }, { status: 401 });
    }
    return token === session ? Response.json({}) : Response.json(refusal, { status: 403 });
  });
});

const lookUp = () => http.POST("/api/v1/invitations/lookup", { body: { token: "abc" } });
const asked = () => calls.map(({ path, token }) => [path, token]);

// REQ ID-7, EDGE-7
describe("a page that knows of no session", () => {
  it("learns the token of the one that is there, and asks again", async () => {
    await lookUp();
    expect(asked()).toEqual([
      ["/invitations/lookup", null],
      ["/me", null],
      ["/invitations/lookup", "the token"],
    ]);
    expect(calls[2]?.body).toBe(calls[0]?.body);
    calls = [];
    await lookUp();
    expect(asked()).toEqual([["/invitations/lookup", "the token"]]);
  });

  it("is told of the refusal where there is none", async () => {
    session = null;
    vi.stubGlobal("fetch", async () => Response.json(refusal, { status: 403 }));
    await expect(lookUp()).rejects.toMatchObject({ code: "cross_site" });
  });

  it("asks once more, and no oftener", async () => {
    const fetched = vi.fn(async (request: Request) =>
      request.url.endsWith("/me") ? Response.json({ csrfToken: "stale" }) : Response.json(refusal, { status: 403 }),
    );
    vi.stubGlobal("fetch", fetched);
    await expect(lookUp()).rejects.toMatchObject({ code: "cross_site" });
    expect(fetched).toHaveBeenCalledTimes(3);
  });
});

// REQ EDGE-7
it("repeats nothing in the name of somebody who has signed in since", async () => {
  setCsrfToken("the token of before");
  await expect(lookUp()).rejects.toMatchObject({ code: "cross_site" });
  expect(asked()).toEqual([["/invitations/lookup", "the token of before"]]);
});

// REQ COMMS-3, UI-8
describe("a server that goes silent", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const silent = (request: Request) =>
    new Promise<Response>((_, reject) => {
      const { signal } = request;
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  const half = async (request: Request) => {
    const cut = (controller: ReadableStreamDefaultController) =>
      request.signal.addEventListener("abort", () => controller.error(request.signal.reason), { once: true });
    return new Response(new ReadableStream({ start: cut }));
  };

  it.each([
    ["before it answers", silent],
    ["in the middle of its answer", half],
  ])("%s holds nobody for ever", async (_, fetched) => {
    vi.stubGlobal("fetch", fetched);
    setCsrfToken("the token");
    const changed = expect(lookUp()).rejects.toMatchObject({ code: "timeout", transient: true });
    await vi.advanceTimersByTimeAsync(15_000);
    await changed;
    const read = expect(http.GET("/api/v1/me")).rejects.toMatchObject({ code: "timeout" });
    await vi.advanceTimersByTimeAsync(30_000);
    await read;
  });

  it("is not mistaken for somebody who lost interest", async () => {
    vi.stubGlobal("fetch", silent);
    const gone = new AbortController();
    const read = expect(http.GET("/api/v1/me", { signal: gone.signal })).rejects.toMatchObject({ name: "AbortError" });
    gone.abort();
    await read;
  });
});
