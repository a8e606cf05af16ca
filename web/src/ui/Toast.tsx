// Brief notes in a corner, polite to screen readers. Failures stay until dismissed; the rest leave by themselves, those by
// which something can be undone not as soon.
import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { cx } from "@/lib/cx";
import { onForget } from "@/lib/person";
import { t } from "@/lib/text";
import { Button } from "./Button";

interface Note {
  id: number;
  text: string;
  detail: string | null;
  tone: "plain" | "danger";
  undo: (() => void) | null;
  /** What it is about, where more than one note may be: it is said once, and a failure says more. */
  about: string | null;
}

let notes: readonly Note[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function change(next: readonly Note[]): void {
  notes = next;
  for (const listener of listeners) listener();
}
onForget(() => change([]));

export function dismiss(id: number): void {
  change(notes.filter((note) => note.id !== id));
}

const SHORT = 4_000;
const UNDO = 10_000;

export function toast(text: string, options: Partial<Omit<Note, "id" | "text">> = {}): void {
  const note: Note = { tone: "plain", detail: null, undo: null, about: null, ...options, id: nextId++, text };
  const same = notes.filter(({ about }) => about !== null && about === note.about);
  if (note.tone === "plain" && same.some(({ tone }) => tone === "danger")) return;
  const others = notes.filter((known) => !same.includes(known) && (known.text !== text || known.undo));
  // Newer notes push out passing ones only: a failure leaves when it is dismissed, and each act is undone by its own note.
  const passing = others.filter(({ tone, undo }) => tone === "plain" && !undo).slice(-2);
  const kept = others.filter((known) => known.tone === "danger" || known.undo || passing.includes(known));
  change([...kept, note]);
  if (note.tone === "plain") setTimeout(() => dismiss(note.id), note.undo ? UNDO : SHORT);
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => notes);
  return (
    <section
      aria-label={t.common.notifications}
      aria-live="polite"
      data-notes=""
      className="pointer-events-none fixed right-4 bottom-24 z-50 flex max-h-[70dvh] w-80 max-w-[calc(100vw-2rem)] flex-col gap-2 overflow-y-auto"
    >
      {shown.map((note) => (
        <div
          key={note.id}
          className="pointer-events-auto flex animate-fade items-start gap-2 rounded-lg bg-raised py-2.5 pr-2 pl-3.5 shadow-lift"
        >
          <div className="min-w-0 flex-1">
            <p className={cx("break-words", note.tone === "danger" && "text-danger")}>{note.text}</p>
            {note.detail && <p className="truncate text-ink-3 text-xs">{note.detail}</p>}
          </div>
          {note.undo && (
            <Button
              size="small"
              onClick={() => {
                dismiss(note.id);
                note.undo?.();
              }}
            >
              {t.common.undo}
            </Button>
          )}
          <button
            type="button"
            aria-label={t.common.dismiss}
            onClick={() => dismiss(note.id)}
            className="flex size-6 items-center justify-center rounded-md text-ink-3 hover:bg-hover"
          >
            <X size={14} aria-hidden="true" />
          </button>
        </div>
      ))}
    </section>
  );
}
