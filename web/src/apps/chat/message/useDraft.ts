// A text field's text as a draft: written after a pause, at once when the page may be going away, and following what
// other tabs do with it.
import { useCallback, useEffect, useRef, useState } from "react";
import { type Draft, nextRevision, onDraft, readDraft, writeDraft } from "./drafts";

export interface DraftText {
  text: string;
  setText: (text: string) => void;
  /** Sent, saved or given up: gone here and in every other tab. */
  clear: () => void;
}

const PAUSE = 200;

/** `initial`: what stands in the field when there is no draft. */
export function useDraft(user: string, of: string, initial = ""): DraftText {
  const [shown, setShown] = useState<Draft>(() => {
    const draft = readDraft(user, of);
    return draft.text === "" ? { text: initial, revision: draft.revision } : draft;
  });
  const latest = useRef(shown);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const show = useCallback((draft: Draft) => {
    latest.current = draft;
    setShown(draft);
  }, []);
  const adopt = useCallback(
    (draft: Draft) => show(draft.text === "" ? { ...draft, text: initial } : draft),
    [show, initial],
  );
  const flush = useCallback(() => {
    clearTimeout(timer.current);
    const now = writeDraft(user, of, latest.current);
    if (now.revision > latest.current.revision) adopt(now);
  }, [user, of, adopt]);

  const setText = useCallback(
    (text: string) => {
      show({ text, revision: nextRevision(latest.current.revision) });
      clearTimeout(timer.current);
      timer.current = setTimeout(flush, PAUSE);
    },
    [flush, show],
  );
  const clear = useCallback(() => {
    show({ text: "", revision: nextRevision(latest.current.revision) });
    flush();
  }, [flush, show]);

  useEffect(() => {
    const stop = onDraft(user, of, () => {
      const stored = readDraft(user, of);
      if (stored.revision > latest.current.revision) adopt(stored);
    });
    window.addEventListener("pagehide", flush);
    return () => {
      stop();
      window.removeEventListener("pagehide", flush);
      flush();
    };
  }, [user, of, flush, adopt]);
  return { text: shown.text, setText, clear };
}
