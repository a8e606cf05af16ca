// Brief notes in a corner, polite to screen readers. Failures stay until dismissed; the rest leave by themselves.
import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { cx } from "@/lib/cx";
import { onForget } from "@/lib/person";
import { t } from "@/lib/text";

interface Note {
  id: number;
  text: string;
  detail: string | null;
  tone: "plain" | "danger";
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

export function toast(text: string, options: { tone?: Note["tone"]; detail?: string | null } = {}): void {
  const id = nextId++;
  const tone = options.tone ?? "plain";
  // Newer notes push out passing ones only: a failure leaves when it is dismissed.
  const others = notes.filter((note) => note.text !== text);
  const passing = others.filter((note) => note.tone === "plain").slice(-2);
  const kept = others.filter((note) => note.tone === "danger" || passing.includes(note));
  change([...kept, { id, text, tone, detail: options.detail ?? null }]);
  if (tone === "plain") setTimeout(() => dismiss(id), 4000);
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
