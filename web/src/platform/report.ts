// A crash goes to the console and to the server's log: what was lost, what kind of error, the request id where there is
// one, and which build. No message and no stack: they may quote what people wrote.
import { ApiError, requestIdOf } from "@/api/error";
import { http } from "@/api/http";
import type { Crash } from "@/api/types";

const KINDS: Readonly<Record<Crash["error"], true>> = {
  ApiError: true,
  AggregateError: true,
  DOMException: true,
  Error: true,
  RangeError: true,
  ReferenceError: true,
  SyntaxError: true,
  TypeError: true,
  URIError: true,
  Other: true,
};

/** Of the closed list that the server takes; a name of somebody's own choosing is none of them. */
export function kindOf(error: unknown): Crash["error"] {
  if (error instanceof DOMException) return "DOMException";
  const name = error instanceof Error ? error.name : "";
  return Object.hasOwn(KINDS, name) ? (name as Crash["error"]) : "Other";
}

/** Written into the page when it is built. */
function build(): string {
  const told = document.querySelector('meta[name="build"]')?.getAttribute("content") ?? "";
  return /^[0-9a-f]{12}$/.test(told) ? told : "0".repeat(12);
}

/** At most so many reports in a minute, and of one sort one: a page that crashes in a loop need not say so each time. */
const MOST = 5;
const MINUTE = 60_000;
let sent: { sort: string; at: number }[] = [];

function mayTell(sort: string, now: number): boolean {
  sent = sent.filter((one) => now - one.at < MINUTE);
  if (sent.length >= MOST || sent.some((one) => one.sort === sort)) return false;
  sent.push({ sort, at: now });
  return true;
}

export function reportCrash(error: unknown, boundary: Crash["boundary"]): void {
  const requestId = requestIdOf(error);
  const crash: Crash = {
    boundary,
    error: kindOf(error),
    build: build(),
    requestId: requestId && /^req_[0-9a-f]{32}$/.test(requestId) ? requestId : null,
  };
  // biome-ignore lint/suspicious/noConsole: the one place that does.
  console.error("crash", crash);
  // Without a connection there is nobody to tell, and nothing has crashed.
  if (error instanceof ApiError && error.unanswered) return;
  if (!mayTell(`${crash.boundary} ${crash.error}`, performance.now())) return;
  // Telling must not become the next crash.
  http.POST("/api/v1/installation/crashes", { body: crash }).catch(() => undefined);
}
