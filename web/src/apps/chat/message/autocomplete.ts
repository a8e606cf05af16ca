// What the word before the caret asks for: a person (@…) or an emoji (:…). Pure text work.
import { emojiNamed } from "@/lib/emoji";

export interface Trigger {
  kind: "mention" | "emoji";
  typed: string;
  start: number;
  end: number;
}

export function triggerAt(text: string, caret: number): Trigger | null {
  const before = text.slice(Math.max(0, caret - 40), caret);
  const mention = /(?:^|[\s(])@([\p{L}\p{N}._-]{0,30})$/u.exec(before);
  if (mention) {
    const typed = mention[1] ?? "";
    return { kind: "mention", typed, start: caret - typed.length - 1, end: caret };
  }
  const emoji = /(?:^|[\s(]):([a-z0-9_+-]{2,20})$/i.exec(before);
  if (emoji) {
    const typed = emoji[1] ?? "";
    return { kind: "emoji", typed, start: caret - typed.length - 1, end: caret };
  }
  return null;
}

export function complete(text: string, trigger: Trigger, insert: string): { text: string; caret: number } {
  const head = text.slice(0, trigger.start) + insert;
  const tail = text.slice(trigger.end);
  const space = tail.startsWith(" ") ? "" : " ";
  return { text: head + space + tail, caret: head.length + 1 };
}

/** A closing colon turns :name: into the emoji at once. */
export function closeEmoji(text: string, caret: number): { text: string; caret: number } | null {
  const match = /(?:^|[\s(]):([a-z0-9_+-]{2,20}):$/i.exec(text.slice(Math.max(0, caret - 24), caret));
  const name = match?.[1];
  const char = name ? emojiNamed(name) : undefined;
  if (!name || !char) return null;
  const start = caret - name.length - 2;
  return { text: text.slice(0, start) + char + text.slice(caret), caret: start + char.length };
}
