// Which message is being edited in a conversation. Like its text, it outlives the row: another conversation, a reload.
import { useCallback, useState } from "react";
import { readOfTab, writeOfTab } from "@/lib/storage";

const keyOf = (user: string, channel: string) => `editing.${user}.${channel}`;
const asText = (value: unknown) => (typeof value === "string" ? value : null);

export function useEditing(user: string, channel: string): [string | null, (message: string | null) => void] {
  const [editing, setEditing] = useState(() => readOfTab(keyOf(user, channel), asText));
  const set = useCallback(
    (message: string | null) => {
      writeOfTab(keyOf(user, channel), message);
      setEditing(message);
    },
    [user, channel],
  );
  return [editing, set];
}
