// What floats over a conversation: the day that is being read, the way back to what is new, the way on to the newest.
// Memoised: the list below renders in every frame that is scrolled.
import { ArrowDown, ArrowUp, ChevronDown } from "lucide-react";
import { memo, type ReactNode, useState } from "react";
import { t } from "@/apps/chat/text";
import { countText } from "@/lib/count";
import { cx } from "@/lib/cx";
import { isoDay, monthBefore } from "@/lib/time";
import { Button } from "@/ui/Button";
import { Popover } from "@/ui/Menu";
import type { Known } from "../read/seen";

const PILL =
  "pointer-events-auto flex h-8 animate-fade items-center gap-1.5 whitespace-nowrap rounded-full px-3 font-medium text-sm shadow-lift";

/** New messages above what is shown. They stay unread until they are looked at, or until the reader says otherwise. */
export const NewAbove = memo(function NewAbove({
  count,
  onJump,
  onRead,
}: {
  count: Known;
  onJump: () => void;
  onRead: () => void;
}) {
  return (
    <div className="pointer-events-auto flex h-8 animate-fade overflow-hidden rounded-full bg-accent-solid font-medium text-sm text-white shadow-lift">
      <button
        type="button"
        aria-label={t.chat.jumpUnreadLabel(countOf(count))}
        onClick={onJump}
        className="flex items-center gap-1.5 whitespace-nowrap pr-2.5 pl-3 hover:bg-accent-hover"
      >
        <ArrowUp size={14} aria-hidden="true" /> {t.chat.jumpUnread(countOf(count))}
      </button>
      <button
        type="button"
        title="Esc"
        onClick={onRead}
        className="whitespace-nowrap border-white/30 border-l pr-3 pl-2.5 hover:bg-accent-hover"
      >
        {t.chat.markRead}
      </button>
    </div>
  );
});

/** The way to the end, and how much is new on it. */
export const ToLatest = memo(function ToLatest({ count, onClick }: { count: Known; onClick: () => void }) {
  const text = isSome(count) ? t.chat.newBelow(countOf(count)) : t.chat.jumpLatest;
  return (
    <button
      type="button"
      aria-label={isSome(count) ? t.chat.newBelowLabel(countOf(count)) : t.chat.jumpLatest}
      onClick={onClick}
      className={cx(
        PILL,
        "-translate-x-1/2 absolute bottom-3 left-1/2 z-20",
        isSome(count) ? "bg-accent-solid text-white hover:bg-accent-hover" : "bg-raised text-ink hover:bg-hover",
      )}
    >
      <ArrowDown size={14} aria-hidden="true" /> {text}
    </button>
  );
});

export const isSome = ({ count, more }: Known): boolean => count > 0 || more;

/** Empty: some, and nobody can say how many. */
function countOf({ count, more }: Known): string {
  if (count === 0) return "";
  return more ? `${Math.min(99, count)}+` : countText(count);
}

/** The day at the top edge; pressed, it leads to another one. `label`: what it is called, which at midnight changes. */
export const DayPill = memo(function DayPill({
  at,
  label,
  onDay,
  onStart,
}: {
  at: number;
  label: string;
  onDay: (day: Date) => void;
  onStart: () => void;
}) {
  const [open, setOpen] = useState(false);
  const close = (act: () => void) => () => {
    setOpen(false);
    act();
  };
  return (
    <Popover
      label={t.chat.jumpToDate}
      open={open}
      onOpenChange={setOpen}
      align="center"
      side="bottom"
      trigger={
        <button
          type="button"
          aria-label={t.chat.jumpToDateFrom(label)}
          className="pointer-events-auto flex h-7 items-center gap-1 whitespace-nowrap rounded-full border border-line bg-raised pr-2 pl-3 font-medium text-ink-2 text-xs shadow-sm hover:bg-hover"
        >
          {label} <ChevronDown size={12} aria-hidden="true" />
        </button>
      }
    >
      <DayChoice at={at} onDay={(day) => close(() => onDay(day))()} onStart={close(onStart)} />
    </Popover>
  );
});

function DayChoice({ at, onDay, onStart }: { at: number; onDay: (day: Date) => void; onStart: () => void }) {
  const today = new Date();
  const [typed, setTyped] = useState(isoDay(new Date(at / 1000)));
  const back = (days: number) => new Date(today.getFullYear(), today.getMonth(), today.getDate() - days);
  const go = () => {
    const [year, month, day] = typed.split("-").map(Number);
    if (year && month && day) onDay(new Date(year, month - 1, day));
  };
  return (
    <div className="flex w-56 flex-col">
      <Choice onClick={() => onDay(back(0))}>{t.chat.today}</Choice>
      <Choice onClick={() => onDay(back(1))}>{t.chat.yesterday}</Choice>
      <Choice onClick={() => onDay(back(7))}>{t.chat.lastWeek}</Choice>
      <Choice onClick={() => onDay(monthBefore(today))}>{t.chat.lastMonth}</Choice>
      <Choice onClick={onStart}>{t.chat.beginning}</Choice>
      <form
        className="mt-1 flex gap-1.5 border-line border-t pt-2"
        onSubmit={(event) => {
          event.preventDefault();
          go();
        }}
      >
        <input
          type="date"
          aria-label={t.chat.aDay}
          value={typed}
          max={isoDay(today)}
          onChange={(event) => setTyped(event.target.value)}
          className="h-8 min-w-0 flex-1 rounded-md border border-line bg-canvas px-2 max-md:h-10"
        />
        <Button size="small" type="submit">
          {t.chat.goToDay}
        </Button>
      </form>
    </div>
  );
}

function Choice({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="flex h-8 items-center rounded-md px-2 text-left hover:bg-hover max-md:h-10"
    >
      {children}
    </button>
  );
}
