// Signing out at once, or after a question when that would discard something.
import { useQueryClient } from "@tanstack/react-query";
import { useApps } from "@/platform/app/app";
import { signOutOrSay } from "@/platform/session/end";
import { useOpenDialog } from "./shellContext";

export function useSignOut(): () => void {
  const asks = useApps().map((app) => app.beforeSignOut?.());
  const open = useOpenDialog();
  const client = useQueryClient();
  return () => {
    const question = asks.map((ask) => ask?.() ?? null).find((one) => one !== null);
    if (question) open({ signOut: question });
    else void signOutOrSay(client);
  };
}
