// Unsent text, per person and per what it belongs to: a channel (a message to be) or a message (a change to be). It is
// the person's own typing; signing out clears it with everything else.
//
// Several tabs may show the same draft. Every text carries the revision of the keystroke that made it, and the highest
// revision wins everywhere: a tab in which nobody types has no revision of its own to write, and can neither erase nor
// bring back what another tab did. A sent draft is an empty text with a revision, for the same reason.
import { onStored, readStored, removeStored, writeStored } from "@/lib/storage";

export interface Draft {
  text: string;
  revision: number;
}

const EMPTY: Draft = { text: "", revision: 0 };
/** An empty draft is remembered for as long as a tab with an older text may still be asleep somewhere. */
const FORGET = 30 * 86_400_000;

const keyOf = (user: string, of: string) => `draft.${user}.${of}`;

function parse(value: unknown): Draft | null {
  if (typeof value === "string") return { text: value, revision: 0 };
  if (typeof value !== "object" || value === null) return null;
  const { text, revision } = value as Partial<Draft>;
  return typeof text === "string" && typeof revision === "number" ? { text, revision } : null;
}

export const readDraft = (user: string, of: string): Draft => readStored(keyOf(user, of), parse) ?? EMPTY;

/** The revision of a keystroke now: later than whatever was known before it, whatever the clock says. */
export const nextRevision = (after: number, now = Date.now()): number => Math.max(now, after + 1);

/** Written unless somebody wrote later. Says what holds now. */
export function writeDraft(user: string, of: string, draft: Draft, now = Date.now()): Draft {
  const stored = readDraft(user, of);
  if (stored.revision >= draft.revision) return stored;
  if (draft.text === "" && draft.revision < now - FORGET) removeStored(keyOf(user, of));
  else writeStored(keyOf(user, of), draft);
  return draft;
}

/** Another tab wrote, or may have while this one slept. */
export function onDraft(user: string, of: string, changed: () => void): () => void {
  const stop = onStored(keyOf(user, of), changed);
  const awake = () => {
    if (document.visibilityState === "visible") changed();
  };
  window.addEventListener("pageshow", awake);
  window.addEventListener("focus", awake);
  document.addEventListener("visibilitychange", awake);
  return () => {
    stop();
    window.removeEventListener("pageshow", awake);
    window.removeEventListener("focus", awake);
    document.removeEventListener("visibilitychange", awake);
  };
}
