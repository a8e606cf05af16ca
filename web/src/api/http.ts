// The typed HTTP client: session cookie, CSRF header, errors as ApiError, and one signal for "your session is over".
import createClient, { type Middleware } from "openapi-fetch";
import { ApiError, networkError, timeoutError, toApiError } from "./error";
import type { paths } from "./schema";

const origin = globalThis.location?.origin ?? "";
const CSRF = "X-CSRF-Token";
let csrfToken: string | null = null;
/** Comes with every Me; kept in memory only. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

const endedListeners = new Set<() => void>();
/** Calls back when the server says that there is no session (any more). */
export function onSessionEnded(listener: () => void): () => void {
  endedListeners.add(listener);
  return () => endedListeners.delete(listener);
}
export function sessionEnded(): void {
  for (const listener of endedListeners) listener();
}

const refusedListeners = new Set<() => void>();
/** Calls back when the CSRF token was refused: it belongs to an earlier session of this browser. */
export function onTokenRefused(listener: () => void): () => void {
  refusedListeners.add(listener);
  return () => refusedListeners.delete(listener);
}

const retryAfterOf = (response: Response): number | null => {
  const seconds = Number(response.headers.get("Retry-After"));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
};

const middleware: Middleware = {
  onRequest({ request }) {
    if (csrfToken && request.method !== "GET") request.headers.set(CSRF, csrfToken);
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return undefined;
    const body: unknown = await response.json().catch(() => null);
    const error = toApiError(body, response.status, retryAfterOf(response));
    if (response.status === 401 && error.code === "unauthenticated") sessionEnded();
    if (error.code === "cross_site") for (const listener of refusedListeners) listener();
    throw error;
  },
  onError({ error }) {
    // fetch rejects only when no answer came (or the call was aborted, which TanStack Query handles itself).
    if (error instanceof ApiError || (error instanceof DOMException && error.name === "AbortError")) return error;
    return networkError();
  },
};

/** A page on a slow line may take its time; a change is small, and whoever made it waits. */
const READ_TIMEOUT = 30_000;
const WRITE_TIMEOUT = 15_000;

/** An answer, whole, within its time: a server or a line that goes silent in the middle must not hold anybody for ever. */
async function fetchInTime(request: Request): Promise<Response> {
  const late = new AbortController();
  const time = request.method === "GET" ? READ_TIMEOUT : WRITE_TIMEOUT;
  const timer = setTimeout(() => late.abort(timeoutError()), time);
  const signal = AbortSignal.any([request.signal, late.signal]);
  try {
    const response = await globalThis.fetch(new Request(request, { signal }));
    const bytes = await response.arrayBuffer();
    const { status, statusText, headers } = response;
    return new Response(bytes.byteLength > 0 ? bytes : null, { status, statusText, headers });
  } catch (error) {
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the server refused for want of the token. */
async function wantsToken(response: Response): Promise<boolean> {
  if (response.status !== 403) return false;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return toApiError(body, 403).code === "cross_site";
}

/** The token of the session that this browser has, as far as it has one. */
async function learnToken(): Promise<string | null> {
  const response = await fetchInTime(new Request(`${origin}/api/v1/me`, { credentials: "same-origin" }));
  const me: unknown = response.ok ? await response.json().catch(() => null) : null;
  const token = typeof me === "object" && me !== null && "csrfToken" in me ? me.csrfToken : null;
  return typeof token === "string" ? token : null;
}

/** The pages of mailed links know nothing of a session, but there may be one: then they learn its token and ask again.
 * A token that is known and refused is another matter: somebody else may have signed in since, and nothing that one
 * person asked for is repeated in another's name. */
async function send(request: Request): Promise<Response> {
  if (request.method === "GET" || request.headers.has(CSRF)) return fetchInTime(request);
  const again = request.clone();
  const response = await fetchInTime(request);
  if (!(await wantsToken(response))) return response;
  const token = await learnToken();
  if (!token) return response;
  csrfToken ??= token;
  again.headers.set(CSRF, token);
  return fetchInTime(again);
}

export const http = createClient<paths>({
  baseUrl: origin,
  credentials: "same-origin",
  fetch: send,
});
http.use(middleware);

/** The body of a successful answer. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw toApiError(null, 500);
  return data;
}
