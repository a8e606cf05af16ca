// The virtualised conversation. It keeps its reader's place (useAnchor), follows new messages only when the reader is at
// the end, and asks for more on either side before the reader gets there.
import { defaultRangeExtractor, type Range, useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type RefObject, useCallback, useImperativeHandle, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { keyOf } from "@/lib/keys";
import { dayKey, dayLabel } from "@/lib/time";
import type { Directory } from "@/platform/members/queries";
import { reportCrash } from "@/platform/report";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import type { Known } from "../read/seen";
import { Announcer } from "./Announcer";
import type { MessageActions, Tool } from "./MessageRow";
import type { OutboxEntry } from "./outbox";
import { DayPill, isSome, NewAbove, ToLatest } from "./Pills";
import { offsetOf, type Place, type Shown } from "./place";
import { RowView } from "./RowView";
import { buildRows, type Row } from "./rows";
import type { Timeline } from "./timeline";
import { useAnchor, type View } from "./useAnchor";

export interface ListHandle {
  /** The timeline covers it, or will with its next rendering. */
  go: (place: Place) => void;
  focusLast: () => void;
  /** The open editor of this message has the focus, and is in sight, when this returns. */
  focusEditor: (message: string) => void;
}

export interface MessageListProps {
  timeline: Timeline;
  pending: readonly OutboxEntry[];
  me: string;
  directory: Directory;
  label: string;
  intro: string;
  /** Where to open. */
  initial: Place;
  /** Messages after this one are new. */
  newAfter: number | null;
  /** New messages that are neither shown nor below what is shown. */
  above: Known;
  /** New messages below what is shown. */
  below: Known;
  editing: string | null;
  highlighted: number | null;
  canWrite: boolean;
  /** Whether reading positions are kept here. */
  canMark: boolean;
  canModerate: boolean;
  actions: MessageActions;
  handle: RefObject<ListHandle | null>;
  /** What was refused goes back to where it was written. */
  onEditPending: (entry: OutboxEntry) => void;
  onOlder: () => Promise<void>;
  onNewer: () => Promise<void>;
  onLatest: () => void;
  onFirstUnread: () => void;
  onMarkRead: () => void;
  onDay: (day: Date) => void;
  onStart: () => void;
  /** What is on the screen, and whether that is the end of the channel. */
  onShown: (shown: Shown | null, atEnd: boolean) => void;
  /** The reader has stopped here. */
  onRest: (place: Place) => void;
}

/** Ask for the next page this far ahead of the edge, in pixels. */
const AHEAD = 900;

const ESTIMATE: Record<Row["kind"], number> = { start: 120, loading: 56, day: 40, new: 28, message: 44, pending: 44 };
const PADDING_END = 20;

type List = Virtualizer<HTMLDivElement, Element>;

export function MessageList(props: MessageListProps) {
  const { timeline, pending, me, directory, newAfter, actions, handle, onOlder, onNewer, onShown } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  // An open menu or picker belongs to its row, wherever the pointer goes meanwhile.
  const [tool, setTool] = useState<{ key: string; tool: Tool } | null>(null);
  const [atEnd, setAtEnd] = useState(props.initial === "end");
  const [day, setDay] = useState<number | null>(null);
  const rows = useMemo(() => buildRows(timeline, pending, me, newAfter), [timeline, pending, me, newAfter]);

  // What holds a reader's attention stays in the page however far away it is scrolled: an editor with its caret and its
  // composition, an open menu, the row that has the focus.
  const kept = useMemo(
    () =>
      rows.flatMap((row, index) =>
        row.key === focused || row.key === tool?.key || (row.kind === "message" && row.message.id === props.editing)
          ? [index]
          : [],
      ),
    [rows, focused, tool?.key, props.editing],
  );
  const list: List = useVirtualizer<HTMLDivElement, Element>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: useCallback((index: number) => ESTIMATE[rows[index]?.kind ?? "message"], [rows]),
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    rangeExtractor: useCallback(
      (range: Range) => {
        const shown = defaultRangeExtractor(range);
        const far = kept.filter((index) => !shown.includes(index));
        return far.length === 0 ? shown : [...shown, ...far].sort((a, b) => a - b);
      },
      [kept],
    ),
    initialOffset: () => guess(props.initial, rows, timeline),
    overscan: 10,
    anchorTo: "end",
    paddingEnd: PADDING_END,
  });

  const loading = useRef({ before: false, after: false });
  const onView = useCallback(
    ({ shown, above, below, atEnd }: View) => {
      setAtEnd(atEnd);
      // Wherever there is somewhere to go, also at the very beginning.
      setDay(shown && above + below > 60 ? dayKey(shown.first.createdAt) * 1000 : null);
      onShown(shown, atEnd);
      const load = (side: "before" | "after", more: () => Promise<void>) => {
        if (loading.current[side]) return;
        loading.current[side] = true;
        void more().finally(() => {
          loading.current[side] = false;
        });
      };
      if (timeline.hasBefore && above < AHEAD) load("before", onOlder);
      if (timeline.hasAfter && below < AHEAD) load("after", onNewer);
    },
    [timeline.hasBefore, timeline.hasAfter, onOlder, onNewer, onShown],
  );
  const anchor = useAnchor({
    list,
    scroller,
    rows,
    timeline,
    initial: props.initial,
    onView,
    onRest: props.onRest,
  });

  useImperativeHandle(
    handle,
    () => ({
      go: anchor.go,
      focusLast: () => {
        const all = scroller.current?.querySelectorAll<HTMLElement>("article[data-message]");
        all?.[all.length - 1]?.focus();
      },
      focusEditor: (message) => {
        const box = scroller.current?.getBoundingClientRect();
        const row = scroller.current?.querySelector<HTMLElement>(`article[data-message="${CSS.escape(message)}"]`);
        const field = row?.querySelector("textarea");
        if (!box || !row || !field) return;
        field.focus({ preventScroll: true });
        field.setSelectionRange(field.value.length, field.value.length);
        const at = row.getBoundingClientRect();
        const away = at.bottom <= box.top || at.top >= box.bottom;
        if (away) anchor.go({ seq: Number(row.dataset.seq), offset: "centre" });
        else if (at.top < box.top || at.bottom > box.bottom) row.scrollIntoView({ block: "nearest" });
      },
    }),
    [anchor],
  );

  const moveFocus = (from: string | undefined, step: number) => {
    let index = rows.findIndex((row) => row.kind === "message" && row.message.id === from);
    do index += step;
    while (rows[index] && rows[index]?.kind !== "message");
    const next = rows[index];
    if (next?.kind !== "message") return;
    // In the page before it is asked for: the next row may lie beyond what is rendered.
    flushSync(() => setFocused(next.key));
    const target = scroller.current?.querySelector<HTMLElement>(
      `article[data-message="${CSS.escape(next.message.id)}"]`,
    );
    target?.focus({ preventScroll: true });
    target?.scrollIntoView({ block: "nearest" });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("article[data-message]");
    if (!row || event.target !== row) return;
    const message = timeline.items.find((item) => item.id === row.dataset.message);
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const key = keyOf(event.nativeEvent);
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
    if (step && !event.altKey) moveFocus(row.dataset.message, step);
    else if (!message || message.deletedAt !== null) return;
    else if (key === "e" && plain && message.author === me && props.canWrite) actions.edit(message);
    else if (key === "u" && plain && props.canMark) actions.markUnread(message);
    else if (event.key === "Delete" && ((message.author === me && props.canWrite) || props.canModerate))
      actions.remove(message);
    else if (key === "r" && plain) row.querySelector<HTMLElement>('[data-act="react"]')?.click();
    else if (event.key === "Enter") row.querySelector<HTMLElement>('[data-act="more"]')?.click();
    else return;
    event.preventDefault();
  };

  const onTool = useCallback(
    (key: string, next: Tool | null) => setTool((now) => (next ? { key, tool: next } : now?.key === key ? null : now)),
    [],
  );
  const shown = tool?.key ?? active;
  const last = timeline.items.at(-1);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div className="pointer-events-none absolute inset-x-0 top-2 z-20 flex flex-col items-center gap-2">
        {day !== null && (
          <DayPill key={day} at={day} label={dayLabel(day)} onDay={props.onDay} onStart={props.onStart} />
        )}
        {isSome(props.above) && <NewAbove count={props.above} onJump={props.onFirstUnread} onRead={props.onMarkRead} />}
      </div>
      <section
        ref={scroller}
        aria-label={props.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerLeave={() => setActive(null)}
        className="min-h-0 flex-1 overflow-y-auto overflow-x-hidden overscroll-contain -outline-offset-2 [overflow-anchor:none]"
      >
        <div className="flex min-h-full flex-col justify-end">
          <div className="relative w-full shrink-0" style={{ height: list.getTotalSize() }}>
            {list.getVirtualItems().map((item) => {
              const row = rows[item.index];
              if (!row) return null;
              return (
                // biome-ignore lint/a11y/noStaticElementInteractions: shows the toolbar; the actions have keys of their own.
                <div
                  key={item.key}
                  data-index={item.index}
                  ref={list.measureElement}
                  onPointerEnter={() => setActive(row.key)}
                  onFocus={() => {
                    setActive(row.key);
                    setFocused(row.key);
                  }}
                  onBlur={() => setFocused(null)}
                  className="absolute top-0 left-0 w-full"
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  {/* One message that cannot be shown must not hide the others. */}
                  <ErrorBoundary level="widget" onError={reportCrash}>
                    <RowView
                      row={row}
                      active={shown === row.key}
                      tool={tool?.key === row.key ? tool.tool : null}
                      onTool={onTool}
                      lastId={last?.id ?? null}
                      props={props}
                    />
                  </ErrorBoundary>
                </div>
              );
            })}
          </div>
        </div>
      </section>
      {!atEnd && <ToLatest count={props.below} onClick={props.onLatest} />}
      <Announcer last={last} atEnd={atEnd} me={me} directory={directory} />
    </div>
  );
}

/** Where that will be, before anything has been measured: near enough for the first rendering to show the right rows. */
function guess(place: Place, rows: readonly Row[], timeline: Timeline): number {
  let total = 0;
  const measurements = rows.map((row) => {
    const start = total;
    total += ESTIMATE[row.kind];
    return { start, size: ESTIMATE[row.kind], end: total };
  });
  const height = window.innerHeight / 2;
  return offsetOf(place, rows, timeline, { measurements, total: total + PADDING_END, height }) ?? 0;
}
