// Signing out at once, or after a question when that would discard messages which are still on their way.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useChat } from "@/apps/chat/context";
import { signOutOrSay } from "@/platform/session/end";
import { useOpenDialog } from "./shellContext";

export function useSignOut(): () => void {
  const { outbox } = useChat();
  const open = useOpenDialog();
  const client = useQueryClient();
  return useCallback(() => {
    if (outbox.size > 0) open("sign-out");
    else void signOutOrSay(client);
  }, [client, outbox, open]);
}
