// The virtualised conversation. The list keeps its place when older pages arrive above, follows new messages only when
// the reader is at the end, and asks for more on either side before the reader gets there.
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import {
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Message } from "@/api/types";
import { cx } from "@/lib/cx";
import { t } from "@/lib/text";
import { dayLabel } from "@/lib/time";
import type { Directory } from "@/platform/members/queries";
import { reportCrash } from "@/platform/report";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { Spinner } from "@/ui/Spinner";
import { type MessageActions, MessageRow } from "./MessageRow";
import type { OutboxEntry } from "./outbox";
import { PendingRow } from "./PendingRow";
import { buildRows, type Row } from "./rows";
import type { Timeline } from "./timeline";

export interface ListHandle {
  toEnd: () => void;
  /** False when that message is not loaded. */
  toSeq: (seq: number) => boolean;
  focusLast: () => void;
}

export interface MessageListProps {
  timeline: Timeline;
  pending: readonly OutboxEntry[];
  me: string;
  directory: Directory;
  label: string;
  intro: string;
  /** Messages after this one are new. */
  newAfter: number | null;
  unread: number;
  editing: string | null;
  highlighted: number | null;
  canWrite: boolean;
  canModerate: boolean;
  actions: MessageActions;
  handle: RefObject<ListHandle | null>;
  onOlder: () => Promise<void>;
  onNewer: () => Promise<void>;
  onLatest: () => void;
  onFirstUnread: () => void;
  /** The line before the new messages is on the screen. */
  onLineSeen: () => void;
  /** The reader sees the end of the channel (or no longer). */
  onAtEnd: (atEnd: boolean) => void;
}

const END = 60;
/** Ask for the next page this far ahead of the edge, in pixels. */
const AHEAD = 900;

const ESTIMATE: Record<Row["kind"], number> = { start: 120, loading: 56, day: 40, new: 28, message: 44, pending: 44 };

type List = Virtualizer<HTMLDivElement, Element>;

export function MessageList(props: MessageListProps) {
  const { timeline, pending, me, directory, newAfter, actions, handle, onOlder, onNewer, onAtEnd, onLineSeen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const [atEnd, setAtEnd] = useState(true);
  const rows = useMemo(() => buildRows(timeline, pending, me, newAfter), [timeline, pending, me, newAfter]);

  const list: List = useVirtualizer<HTMLDivElement, Element>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: useCallback((index: number) => ESTIMATE[rows[index]?.kind ?? "message"], [rows]),
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    overscan: 10,
    anchorTo: "end",
    followOnAppend: !timeline.hasAfter,
    scrollEndThreshold: END,
    paddingEnd: 20,
  });

  // Opened once per channel (the parent gives a key), at the end.
  useLayoutEffect(() => list.scrollToEnd(), [list]);

  useImperativeHandle(
    handle,
    () => ({
      toEnd: () => list.scrollToEnd(),
      toSeq: (seq) => {
        const index = rows.findIndex((row) => row.kind === "message" && row.message.seq >= seq);
        if (index < 0) return false;
        list.scrollToIndex(rows[index - 1]?.kind === "new" ? index - 1 : index, { align: "center" });
        return true;
      },
      focusLast: () => {
        const all = scroller.current?.querySelectorAll<HTMLElement>("article[data-message]");
        all?.[all.length - 1]?.focus();
      },
    }),
    [list, rows],
  );

  // Before the list is at its end for the first time, nothing that it shows has been seen.
  const [placed, setPlaced] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPlaced(true), 250);
    return () => clearTimeout(timer);
  }, []);
  const lineAt = useMemo(() => rows.findIndex((row) => row.kind === "new"), [rows]);
  const loading = useRef({ before: false, after: false });
  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    const end = below <= END && !timeline.hasAfter;
    setAtEnd(end);
    onAtEnd(end);
    const line = lineAt < 0 ? undefined : list.measurementsCache[lineAt];
    if (placed && line && line.start >= element.scrollTop - 4) onLineSeen();
    if (timeline.hasBefore && element.scrollTop < AHEAD && !loading.current.before) {
      loading.current.before = true;
      void onOlder().finally(() => {
        loading.current.before = false;
      });
    }
    if (timeline.hasAfter && below < AHEAD && !loading.current.after) {
      loading.current.after = true;
      void onNewer().finally(() => {
        loading.current.after = false;
      });
    }
  }, [timeline.hasBefore, timeline.hasAfter, onOlder, onNewer, onAtEnd, onLineSeen, lineAt, list, placed]);

  // A short list never scrolls, and new rows change what is below without a scroll event.
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows is the trigger.
  useEffect(() => {
    const frame = requestAnimationFrame(onScroll);
    return () => cancelAnimationFrame(frame);
  }, [rows, onScroll]);

  // A banner, a growing composer or a phone's keyboard takes height away: who was at the end stays there.
  const pinned = useRef(true);
  pinned.current = atEnd && !timeline.hasAfter;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (pinned.current) list.scrollToEnd();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [list]);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("article[data-message]");
    if (!row || event.target !== row) return;
    const message = timeline.items.find((item) => item.id === row.dataset.message);
    if (moveFocus(event, scroller.current, row) || !message || message.deletedAt !== null) return;
    const mine = message.author === me && props.canWrite;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "e" && plain && mine) actions.edit(message);
    else if (event.key === "Delete" && (mine || props.canModerate)) actions.remove(message);
    else if (event.key === "r" && plain) row.querySelector<HTMLElement>('[data-act="react"]')?.click();
    else if (event.key === "Enter") row.querySelector<HTMLElement>('[data-act="more"]')?.click();
    else return;
    event.preventDefault();
  };

  const last = timeline.items.at(-1);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {props.unread > 0 && (
        <Pill top onClick={props.onFirstUnread} label={t.chat.jumpUnreadLabel(String(props.unread))}>
          <ArrowUp size={14} aria-hidden="true" />{" "}
          {t.chat.jumpUnread(props.unread >= 100 ? "99+" : String(props.unread))}
        </Pill>
      )}
      <section
        ref={scroller}
        aria-label={props.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        onScroll={onScroll}
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
                  onFocus={() => setActive(row.key)}
                  className="absolute top-0 left-0 w-full"
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  {/* One message that cannot be shown must not hide the others. */}
                  <ErrorBoundary level="widget" onError={reportCrash}>
                    <RowView row={row} active={active === row.key} lastId={last?.id ?? null} props={props} />
                  </ErrorBoundary>
                </div>
              );
            })}
          </div>
        </div>
      </section>
      {(!atEnd || timeline.hasAfter) && (
        <Pill onClick={props.onLatest} label={t.chat.jumpLatest}>
          <ArrowDown size={14} aria-hidden="true" /> {t.chat.jumpLatest}
        </Pill>
      )}
      <Announcer message={atEnd ? last : undefined} me={me} directory={directory} />
    </div>
  );
}

function RowView({
  row,
  active,
  lastId,
  props,
}: {
  row: Row;
  active: boolean;
  lastId: string | null;
  props: MessageListProps;
}) {
  const { me, directory } = props;
  switch (row.kind) {
    case "message":
      return (
        <MessageRow
          message={row.message}
          grouped={row.grouped}
          active={active}
          editing={props.editing === row.message.id}
          tabbable={row.message.id === lastId}
          highlighted={props.highlighted === row.message.seq}
          canWrite={props.canWrite}
          canModerate={props.canModerate}
          me={me}
          directory={directory}
          actions={props.actions}
        />
      );
    case "pending":
      return <PendingRow entry={row.entry} grouped={row.grouped} me={me} directory={directory} />;
    case "day":
      return (
        <div className="flex items-center gap-3 px-5 pt-4 pb-1 max-md:px-3">
          <span className="h-px flex-1 bg-line" />
          <h2 className="font-medium text-ink-3 text-xs">{dayLabel(row.at)}</h2>
          <span className="h-px flex-1 bg-line" />
        </div>
      );
    case "new":
      return (
        <div className="flex items-center gap-2 px-5 pt-2 max-md:px-3">
          <span className="h-px flex-1 bg-danger/50" />
          <span className="font-medium text-danger text-xs">{t.chat.newMessages}</span>
        </div>
      );
    case "loading":
      return (
        <div role="status" className="flex h-14 items-center justify-center text-ink-3">
          <Spinner />
          <span className="sr-only">{row.side === "before" ? t.chat.older : t.chat.newer}</span>
        </div>
      );
    case "start":
      return (
        <div className="px-5 pt-10 pb-3 max-md:px-3">
          <p className="font-semibold text-lg">{props.intro}</p>
          {props.timeline.items.length === 0 && props.canWrite && <p className="text-ink-2">{t.chat.emptyHint}</p>}
        </div>
      );
  }
}

function Pill({
  top,
  label,
  onClick,
  children,
}: {
  top?: boolean;
  label: string;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      onClick={onClick}
      className={cx(
        "absolute left-1/2 z-20 flex h-8 -translate-x-1/2 animate-fade items-center gap-1.5 rounded-full px-3 font-medium text-sm shadow-lift",
        top ? "top-3 bg-accent-solid text-white hover:bg-accent-hover" : "bottom-3 bg-raised text-ink hover:bg-hover",
      )}
    >
      {children}
    </button>
  );
}

/** Up and down move between messages, Home and End to the edges of what is shown. */
function moveFocus(event: KeyboardEvent, root: HTMLElement | null, from: HTMLElement): boolean {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || !root || event.altKey) return false;
  const all = [...root.querySelectorAll<HTMLElement>("article[data-message]")].sort(
    (a, b) => Number(a.dataset.seq) - Number(b.dataset.seq),
  );
  const target = all[all.indexOf(from) + step];
  event.preventDefault();
  target?.focus({ preventScroll: true });
  target?.scrollIntoView({ block: "nearest" });
  return true;
}

/** Says a new message of somebody else once; the virtualised list itself is no live region. */
function Announcer({ message, me, directory }: { message: Message | undefined; me: string; directory: Directory }) {
  const first = useRef(message?.id);
  const say =
    message && message.id !== first.current && message.author !== me && message.deletedAt === null
      ? `${directory.nameOf(message.author)}: ${message.body.slice(0, 300)}`
      : "";
  return (
    <p aria-live="polite" className="sr-only">
      {say}
    </p>
  );
}
