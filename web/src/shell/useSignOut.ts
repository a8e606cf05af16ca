// Signing out at once, or after a question when that would discard messages which are still on their way.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { explain } from "@/api/error";
import { useChat } from "@/apps/chat/context";
import { t } from "@/lib/text";
import { signOut } from "@/platform/session/end";
import { toast } from "@/ui/Toast";
import { useOpenDialog } from "./shellContext";

export function useSignOut(): () => void {
  const { outbox } = useChat();
  const open = useOpenDialog();
  const client = useQueryClient();
  return useCallback(() => {
    if (outbox.size > 0) open("sign-out");
    else signOut(client).catch((error: unknown) => toast(t.shell.signOutFailed(explain(error)), { tone: "danger" }));
  }, [client, outbox, open]);
}
