// Signing out at once, or after a question when that would discard messages which are still on their way.
import { useCallback } from "react";
import { explain } from "@/api/error";
import { useChat } from "@/apps/chat/context";
import { signOut } from "@/platform/session/end";
import { toast } from "@/ui/Toast";
import { useOpenDialog } from "./shellContext";

export function useSignOut(): () => void {
  const { outbox } = useChat();
  const open = useOpenDialog();
  return useCallback(() => {
    if (outbox.size > 0) open("sign-out");
    else signOut().catch((error: unknown) => toast(explain(error), { tone: "danger" }));
  }, [outbox, open]);
}
