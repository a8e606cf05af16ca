// Unsent text per person and channel. It is the person's own typing; signing out clears it with everything else.
import { readStored, removeStored, writeStored } from "@/lib/storage";

const keyOf = (user: string, channel: string) => `draft.${user}.${channel}`;

export function readDraft(user: string, channel: string): string {
  return readStored(keyOf(user, channel), (value) => (typeof value === "string" ? value : null)) ?? "";
}

export function writeDraft(user: string, channel: string, text: string): void {
  if (text.trim() === "") removeStored(keyOf(user, channel));
  else writeStored(keyOf(user, channel), text);
}
