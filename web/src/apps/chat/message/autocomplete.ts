// What the word before the caret asks for: a person (@…) or an emoji (:…). Pure text work.
import { emojiNamed } from "@/lib/emoji";
import { mayBegin } from "@/lib/markdown/marks";

export interface Trigger {
  kind: "mention" | "emoji";
  typed: string;
  start: number;
  end: number;
}

export function triggerAt(text: string, caret: number): Trigger | null {
  if (inCode(text.slice(0, caret))) return null;
  const before = text.slice(Math.max(0, caret - 40), caret);
  const mention = /@([\p{L}\p{N}._-]{0,30})$/u.exec(before);
  if (mention) {
    const typed = mention[1] ?? "";
    const start = caret - typed.length - 1;
    return mayBegin(text, start) && text[start - 1] !== "/" ? { kind: "mention", typed, start, end: caret } : null;
  }
  const emoji = /(?:^|[\s(]):([a-z0-9_+-]{2,20})$/i.exec(before);
  if (emoji) {
    const typed = emoji[1] ?? "";
    return { kind: "emoji", typed, start: caret - typed.length - 1, end: caret };
  }
  return null;
}

/** Whether what comes next is code, where `@` and `:` mean nothing. */
function inCode(before: string): boolean {
  const fences = before.match(/^ {0,3}(?:```|~~~)/gm)?.length ?? 0;
  const ticks = before.slice(before.lastIndexOf("\n") + 1).match(/`+/g)?.length ?? 0;
  return fences % 2 === 1 || ticks % 2 === 1;
}

/** What is written where, and how far behind it the caret is then. */
export interface Replacement {
  start: number;
  end: number;
  text: string;
  skip: number;
}

export function complete(text: string, { start, end }: Trigger, insert: string): Replacement {
  const spaced = text.startsWith(" ", end);
  return { start, end, text: spaced ? insert : `${insert} `, skip: spaced ? 1 : 0 };
}

/** A closing colon turns :name: into the emoji at once. */
export function closeEmoji(text: string, caret: number): Replacement | null {
  const match = /(?:^|[\s(]):([a-z0-9_+-]{2,20}):$/i.exec(text.slice(Math.max(0, caret - 24), caret));
  const name = inCode(text.slice(0, caret)) ? undefined : match?.[1];
  const char = name ? emojiNamed(name) : undefined;
  return name && char ? { start: caret - name.length - 2, end: caret, text: char, skip: 0 } : null;
}
