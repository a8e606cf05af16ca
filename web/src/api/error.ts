// Every failure of a call is an ApiError: what to tell people, what to switch on, and the id to quote when asking for
// help. Failures before an answer (no network, time-out) get codes of our own in the same shape.
import { t } from "@/lib/text";
import type { ErrorBody, ErrorCode } from "./types";

/** The server's registry, and what only a client can know. */
export type Code = ErrorCode | "network" | "disconnected" | "unknown";
type Body = Partial<Omit<ErrorBody, "code">> & { code?: Code };

export class ApiError extends Error {
  readonly code: Code;
  readonly status: number;
  readonly requestId: string | null;
  readonly hint: string | null;
  readonly fields: ReadonlyArray<{ field: string; problem: string }>;
  readonly retryAfter: number | null;

  constructor(body: Body, status: number, retryAfter: number | null = null) {
    super(body.error ?? t.errors.unknown);
    this.name = "ApiError";
    this.code = body.code ?? "unknown";
    this.status = status;
    this.requestId = body.requestId ?? null;
    this.hint = body.hint ?? null;
    this.fields = body.fields ?? [];
    this.retryAfter = retryAfter;
  }

  /** No answer came: the same request may succeed later, and may have succeeded already. */
  get unanswered(): boolean {
    return this.code === "network" || this.code === "timeout" || this.code === "disconnected";
  }

  /** Worth trying again without the person changing anything. */
  get transient(): boolean {
    return this.unanswered || this.status === 429 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

export const networkError = () => new ApiError({ code: "network", error: t.errors.network }, 0);
export const timeoutError = () => new ApiError({ code: "timeout", error: t.errors.timeout }, 0);
export const disconnectedError = () => new ApiError({ code: "disconnected", error: t.errors.network }, 0);

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Reads an error body that may be anything (a proxy's HTML page, say). */
export function toApiError(body: unknown, status: number, retryAfter: number | null = null): ApiError {
  if (typeof body !== "object" || body === null) {
    return new ApiError({ error: status >= 500 ? t.errors.server : t.errors.unknown }, status, retryAfter);
  }
  const raw = body as Record<string, unknown>;
  const parsed: Body = {};
  const error = text(raw.error);
  const code = text(raw.code) as Code | undefined;
  const requestId = text(raw.requestId);
  const hint = text(raw.hint);
  if (error) parsed.error = error;
  if (code) parsed.code = code;
  if (requestId) parsed.requestId = requestId;
  if (hint) parsed.hint = hint;
  if (Array.isArray(raw.fields)) {
    parsed.fields = raw.fields.flatMap((item: unknown) => {
      const { field, problem } = (item ?? {}) as Record<string, unknown>;
      return typeof field === "string" && typeof problem === "string" ? [{ field, problem }] : [];
    });
  }
  return new ApiError(parsed, status, retryAfter);
}

/** The server's hints are also read in a terminal, where they end a line in lower case. */
const sentence = (hint: string): string =>
  hint.charAt(0).toUpperCase() + hint.slice(1) + (/[.!?]$/.test(hint) ? "" : ".");

/** The sentence to show above a form that shows each field's problem beside the field. */
export function summarise(error: unknown): string {
  if (error instanceof ApiError) return error.hint ? `${error.message} ${sentence(error.hint)}` : error.message;
  return t.errors.unknown;
}

/** The sentence to show for any thrown thing where no form shows the fields at fault: what is wrong with them instead of
 * "what is marked", and in no case their names, which are the program's. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError) || error.fields.length === 0) return summarise(error);
  const problems = error.fields.map(({ problem }) => problem);
  return [...(error.code === "invalid_input" ? [] : [summarise(error)]), ...problems].join(" ");
}

export function requestIdOf(error: unknown): string | null {
  return error instanceof ApiError ? error.requestId : null;
}

export function fieldProblem(error: unknown, field: string): string | null {
  if (!(error instanceof ApiError)) return null;
  return error.fields.find((item) => item.field === field)?.problem ?? null;
}
