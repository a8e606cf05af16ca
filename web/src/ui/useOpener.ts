// Who closes a dialog goes on where they were: at what opened it, or, if that is gone, at what is nearest to its place: the
// row or dialog around it, the composer, the page.
import { useLayoutEffect, useRef } from "react";
import { isMoving } from "@/lib/typeahead";

const here = (element: HTMLElement) => element.isConnected && !element.matches(":disabled");

/** What has the focus, and all around it that can have it; the page itself counts last. */
function focusPath(): HTMLElement[] {
  const path: HTMLElement[] = [];
  const now = document.activeElement;
  const menu = now?.closest<HTMLElement>("[data-opener]");
  const first = menu ? document.getElementById(menu.dataset.opener ?? "") : now;
  for (let at: Element | null = first; at instanceof HTMLElement && at !== document.body; at = at.parentElement) {
    if ((at.tabIndex >= 0 || at.hasAttribute("tabindex")) && at.id !== "page") path.push(at);
  }
  return path;
}

/** What has the focus after a dialog that is open now. */
export function useOpener(open: boolean): (by: string) => HTMLElement | false {
  const path = useRef<HTMLElement[]>([]);
  useLayoutEffect(() => {
    if (open) path.current = focusPath();
  }, [open]);
  return (by) => {
    // Whoever goes elsewhere must not type into what they leave.
    if (isMoving()) return false;
    const back = path.current.find(here);
    if (back) return back;
    // A finger's keyboard would come up by itself.
    const composer = by === "touch" ? null : document.querySelector<HTMLElement>("[data-composer]");
    return composer ?? document.getElementById("page") ?? false;
  };
}
