// A crash is written to the console with the request id, where there is one, and no content. (A reporting endpoint can
// be added here; it must carry no more than this.)
import { requestIdOf } from "@/api/error";

export function reportCrash(error: unknown): void {
  const kind = error instanceof Error ? error.name : typeof error;
  // biome-ignore lint/suspicious/noConsole: the one place that does.
  console.error("crash", { kind, requestId: requestIdOf(error) });
}
