import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/error";
import { kindOf, reportCrash } from "./report";

const told = vi.fn<(request: Request) => Promise<Response>>();
const bodies = () => Promise.all(told.mock.calls.map(([request]) => request.clone().json() as Promise<unknown>));

const said = vi.fn();
/** A minute is a minute, whatever the date says. */
let now = 0;

beforeEach(() => {
  now += 3_600_000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.spyOn(console, "error").mockImplementation(said.mockReset());
  told.mockReset().mockImplementation(async () => Response.json({}));
  vi.stubGlobal("fetch", told);
});

// REQ UI-2
describe("reporting a crash", () => {
  it("tells a place, a kind, a request and a build, and nothing that somebody wrote", async () => {
    const id = `req_${"0a".repeat(16)}`;
    reportCrash(new ApiError({ error: "what Ada wrote", code: "internal", requestId: id }, 500), "app");
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
    expect(await bodies()).toEqual([{ boundary: "app", error: "ApiError", build: "0".repeat(12), requestId: id }]);
    expect(JSON.stringify(said.mock.calls)).not.toContain("Ada");
  });

  it("leaves out what is no request id of ours", async () => {
    reportCrash(new ApiError({ code: "internal", requestId: "ada@example.org" }, 500), "widget");
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
    expect(await bodies()).toEqual([{ boundary: "widget", error: "ApiError", build: "0".repeat(12), requestId: null }]);
  });

  it("knows the kinds of the language, and no names of somebody's own", () => {
    expect(kindOf(new TypeError("x"))).toBe("TypeError");
    expect(kindOf(new DOMException("x", "AbortError"))).toBe("DOMException");
    expect(kindOf(Object.assign(new Error("x"), { name: "Ada Lovelace" }))).toBe("Other");
    expect(kindOf(Object.assign(new Error("x"), { name: "toString" }))).toBe("Other");
    expect(kindOf("Ada")).toBe("Other");
  });

  it("says the same once a minute, and little in all", async () => {
    for (let i = 0; i < 10; i++) reportCrash(new TypeError("x"), "widget");
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
    for (const boundary of ["global", "page", "app"] as const) {
      for (const Kind of [TypeError, RangeError, ReferenceError]) reportCrash(new Kind("x"), boundary);
    }
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(5));
    now += 61_000;
    reportCrash(new TypeError("x"), "widget");
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(6));
  });

  it("is silent when the server cannot be reached, and survives when it refuses", async () => {
    reportCrash(new ApiError({ code: "network" }, 0), "page");
    told.mockRejectedValue(new TypeError("Failed to fetch"));
    reportCrash(new RangeError("x"), "page");
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
  });
});
