// Keys that belong to an input method (composing Chinese, Japanese, Korean, accents) are not keys of the page: its Enter
// chooses a word, its Escape drops one, its arrows walk through choices. They are taken away here, before anything that
// listens for keys can hear them, so that no handler has to remember it.

/** Safari ends a composition before it tells the Enter that ended it; that key then still carries the code 229. */
export const isComposing = (event: KeyboardEvent): boolean => event.isComposing || event.keyCode === 229;

/** Once per page, before anything else listens. */
export function shieldComposition(target: Window = window): () => void {
  const shield = (event: KeyboardEvent) => {
    if (isComposing(event)) event.stopImmediatePropagation();
  };
  target.addEventListener("keydown", shield, { capture: true });
  return () => target.removeEventListener("keydown", shield, { capture: true });
}
