// Keeps a virtual list where its reader is. Until the reader moves, the place is held exactly: whatever changes (a page
// that loads above, rows that are measured, a composer that grows, a connection that comes back), the list is put there
// again before it is painted. While the reader moves, the list follows them and remembers the first message it shows.
import type { Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useReducer, useRef } from "react";
import { type Layout, offsetOf, type Place, placeAt, type Shown } from "./place";
import type { Row } from "./rows";
import type { Timeline } from "./timeline";

/** So close to the end, a reader who has stopped means the end. */
const NEAR = 30;
/** A scroll that has been quiet for so long has stopped. */
const REST = 150;
/** After being put somewhere: whoever then sees the end, means the end. */
const SETTLE = 400;

export interface AnchorOptions {
  list: Virtualizer<HTMLDivElement, Element>;
  scroller: RefObject<HTMLDivElement | null>;
  rows: readonly Row[];
  timeline: Timeline;
  initial: Place;
  /** After every move and every change of what is shown. */
  onView: (view: View) => void;
  /** The reader has stopped here. */
  onRest: (place: Place) => void;
}

export interface View {
  shown: Shown | null;
  above: number;
  below: number;
  atEnd: boolean;
}

export interface Anchor {
  go: (place: Place) => void;
}

export function useAnchor(options: AnchorOptions): Anchor {
  const { list, scroller, rows, timeline, initial } = options;
  const latest = useRef(options);
  latest.current = options;
  const place = useRef<Place>(initial);
  const held = useRef(true);
  const settle = useRef(() => {});
  /** What the list was put there for, where that should be, and where it turned out to be. */
  const put = useRef<{ rows: unknown; measurements: unknown; height: number; target: number; top: number } | null>(
    null,
  );

  const height = useRef(0);
  const [, rerender] = useReducer((count: number) => count + 1, 0);

  const layoutOf = useCallback((): Layout => {
    const total = list.getTotalSize();
    return { total, measurements: list.measurementsCache, height: height.current };
  }, [list]);

  const note = useCallback((layout: Layout, top: number, target = top) => {
    put.current = { rows: latest.current.rows, measurements: layout.measurements, height: layout.height, target, top };
  }, []);

  const apply = useCallback(() => {
    const element = scroller.current;
    const layout = layoutOf();
    const now = latest.current;
    if (!element || layout.height === 0) return;
    const target = offsetOf(place.current, now.rows, now.timeline, layout);
    if (target === null) return;
    const moves = Math.abs((list.scrollOffset ?? 0) - target) >= 1;
    if (moves || Math.abs(element.scrollTop - target) >= 1) list.scrollToOffset(target);
    if (moves) {
      // The list hears of it with the next scroll event, a frame too late: what stands there is rendered before a paint.
      list.scrollOffset = target;
      rerender();
    }
    note(layout, element.scrollTop, target);
  }, [list, scroller, layoutOf, note]);

  const changed = useCallback(() => {
    const before = put.current;
    const layout = layoutOf();
    return (
      !before ||
      before.rows !== latest.current.rows ||
      before.measurements !== layout.measurements ||
      before.height !== layout.height ||
      // The page had not grown yet, so that it could not be scrolled so far.
      before.top < before.target - 2
    );
  }, [layoutOf]);

  const look = useCallback(() => {
    const layout = layoutOf();
    const top = list.scrollOffset ?? 0;
    const from = list.getVirtualItemForOffset(top)?.index ?? 0;
    const found = placeAt(top, from, latest.current.rows, layout);
    const below = layout.total - layout.height - top;
    return { ...found, above: top, below, ended: !latest.current.timeline.hasAfter };
  }, [list, layoutOf]);

  const tell = useCallback(() => {
    const { shown, above, below, ended } = look();
    latest.current.onView({ shown, above, below, atEnd: ended && below <= NEAR * 2 });
  }, [look]);

  // Rows that come or go move everything: the place is held from then on, until the reader moves again. While the reader
  // moves, the list itself makes up for measurements, because it knows when a phone's fling may not be disturbed.
  const rowsBefore = useRef(rows);
  useLayoutEffect(() => {
    height.current ||= scroller.current?.clientHeight ?? 0;
    const rowsChanged = rowsBefore.current !== rows;
    rowsBefore.current = rows;
    held.current ||= rowsChanged;
    if (held.current && changed()) apply();
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows and timeline are the trigger.
  useEffect(() => {
    const frame = requestAnimationFrame(tell);
    return () => cancelAnimationFrame(frame);
  }, [rows, timeline, tell]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const rest = () => {
      if (held.current) return latest.current.onRest(place.current);
      const { place: here, below, ended } = look();
      if (ended && below <= NEAR) place.current = "end";
      else if (here) place.current = here;
      held.current = true;
      note(layoutOf(), element.scrollTop);
      latest.current.onRest(place.current);
    };
    settle.current = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const { below, ended } = look();
        if (held.current && ended && below <= NEAR) place.current = "end";
        latest.current.onRest(place.current);
      }, SETTLE);
    };
    settle.current();
    const release = () => {
      held.current = false;
      clearTimeout(timer);
      timer = setTimeout(rest, REST);
    };
    const onScroll = () => {
      // Our own write, or something whose rendering will be followed by one.
      if (held.current && (changed() || Math.abs(element.scrollTop - (put.current?.target ?? 0)) <= 1)) return tell();
      release();
      const { place: here, below, ended } = look();
      if (ended && below <= 2) place.current = "end";
      else if (here) place.current = here;
      tell();
    };
    // Said before the first scroll event, so that the list does not pull back against the hand.
    const onWheel = (event: WheelEvent) => {
      if (event.deltaY < 0 || place.current !== "end") release();
    };
    const resize = new ResizeObserver(() => {
      height.current = element.clientHeight;
      if (held.current) apply();
      tell();
    });
    resize.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    element.addEventListener("wheel", onWheel, { passive: true });
    element.addEventListener("touchmove", release, { passive: true });
    return () => {
      clearTimeout(timer);
      latest.current.onRest(place.current);
      resize.disconnect();
      element.removeEventListener("scroll", onScroll);
      element.removeEventListener("wheel", onWheel);
      element.removeEventListener("touchmove", release);
    };
  }, [scroller, look, changed, tell, apply, note, layoutOf]);

  const go = useCallback(
    (next: Place) => {
      place.current = next;
      held.current = true;
      put.current = null;
      apply();
      settle.current();
    },
    [apply],
  );
  return { go };
}
