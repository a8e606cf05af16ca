// Who closes a dialog goes on where they were: at what opened it, or, if that is gone, at what is nearest to its place: what
// comes after it in a list, the row or dialog around it, the composer, the page. The same holds for whoever presses
// something that goes away by that.
import { useEffect, useLayoutEffect, useRef } from "react";
import { isTouch } from "@/lib/touch";
import { isMoving } from "@/lib/typeahead";

const FOCUSABLE = "input, select, textarea, button, a[href], [tabindex='0']";

const here = (element: HTMLElement) => element.isConnected && !element.matches(":disabled");

// The page counts last, and from what merely scrolls there is no way on.
const takesFocus = (at: HTMLElement) =>
  (at.tabIndex >= 0 || at.hasAttribute("tabindex")) && at.id !== "page" && at.tagName !== "SECTION";

/** An element and what is around it, with the place of each among its siblings. */
type Path = { element: HTMLElement; parent: HTMLElement | null; index: number }[];

/** Where the focus is. What is in a menu stands where its menu was opened. */
function focusPath(now: Element | null): Path {
  const path: Path = [];
  const menu = now?.closest<HTMLElement>("[data-opener]");
  const first = menu ? document.getElementById(menu.dataset.opener ?? "") : now;
  for (let at: Element | null = first; at instanceof HTMLElement && at !== document.body; at = at.parentElement) {
    const parent: HTMLElement | null = at.parentElement;
    path.push({ element: at, parent, index: parent ? [...parent.children].indexOf(at) : -1 });
  }
  return path;
}

/** What has taken the place of something that is gone from a list. */
function neighbour({ element, parent, index }: Path[number]): HTMLElement | undefined {
  if (!element.matches("li, tr") || element.isConnected || !parent?.isConnected) return undefined;
  const beside = parent.children[index] ?? parent.children[index - 1];
  return [...(beside?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])].filter(here).at(-1);
}

function nearest(path: Path, touch: boolean): HTMLElement | null {
  for (const step of path) {
    const found = takesFocus(step.element) && here(step.element) ? step.element : neighbour(step);
    if (found) return found;
  }
  // A finger's keyboard would come up by itself.
  const composer = touch ? null : document.querySelector<HTMLElement>("[data-composer]");
  return composer ?? document.getElementById("page");
}

/** What has the focus after a dialog that is open now. */
export function useOpener(open: boolean): (by: string) => HTMLElement | false {
  const path = useRef<Path>([]);
  useLayoutEffect(() => {
    if (open) path.current = focusPath(document.activeElement);
  }, [open]);
  // Whoever goes elsewhere must not type into what they leave.
  return (by) => (isMoving() ? false : (nearest(path.current, by === "touch") ?? false));
}

/** Once per page: what has the focus and goes away while the page or dialog around it stays leaves it to what is nearest. */
export function useKeptFocus(): void {
  useEffect(() => {
    let path: Path = [];
    const onFocus = () => {
      path = focusPath(document.activeElement);
    };
    const observer = new MutationObserver(() => {
      const lost = path[0]?.element;
      if (!lost || lost.isConnected || document.activeElement !== document.body || isMoving()) return;
      const around = path.find(({ element }) => element.isConnected)?.element;
      const stays = around?.closest("#page, [role=dialog], [data-notes]");
      const next = stays ? nearest(path, isTouch()) : null;
      path = [];
      next?.focus({ preventScroll: true });
    });
    document.addEventListener("focusin", onFocus);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener("focusin", onFocus);
      observer.disconnect();
    };
  }, []);
}
