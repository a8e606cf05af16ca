// The typed HTTP client: session cookie, CSRF header, errors as ApiError, and one signal for "your session is over".
import createClient, { type Middleware } from "openapi-fetch";
import { networkError, toApiError } from "./error";
import type { paths } from "./schema";

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
    if (csrfToken && request.method !== "GET") request.headers.set("X-CSRF-Token", csrfToken);
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
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return networkError();
  },
};

export const http = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});
http.use(middleware);

/** The body of a successful answer. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw toApiError(null, 500);
  return data;
}
