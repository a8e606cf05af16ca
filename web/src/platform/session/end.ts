// Signing out: the server ends the session, then everything this browser kept is cleared, and a full page load drops
// whatever is left in memory.
import type { QueryClient } from "@tanstack/react-query";
import { ApiError, explain } from "@/api/error";
import { http } from "@/api/http";
import { clearStored, sealStored } from "@/lib/storage";
import { t } from "@/lib/text";
import { toast } from "@/ui/Toast";
import { endSession, leavePage } from "./scope";

/** Rejects, and leaves everything as it is, when the server has not ended the session. */
export async function signOut(client: QueryClient): Promise<void> {
  await http.DELETE("/api/v1/session", { body: {} }).catch((error: unknown) => {
    // There is none any more: that is what was asked for.
    if (!(error instanceof ApiError && error.code === "unauthenticated")) throw error;
  });
  endSession(client);
  sealStored();
  await clearStored();
  leavePage(client, "/sign-in?reason=signed-out");
}

/** Where no dialog asks and can say what went wrong. */
export const signOutOrSay = (client: QueryClient): Promise<void> =>
  signOut(client).catch((error: unknown) => toast(t.shell.signOutFailed(explain(error)), { tone: "danger" }));
