// Small presentational pieces that need no state: avatar, badge, key cap, empty state, page frame.
import { createContext, type ReactNode, useContext } from "react";
import { colourOf, initialsOf } from "@/lib/colour";
import { cx } from "@/lib/cx";

const SIZES = {
  18: "size-[18px] text-[9px]",
  24: "size-6 text-[10px]",
  32: "size-8 text-xs",
  36: "size-9 text-sm",
  64: "size-16 text-xl",
} as const;

export function Avatar({ id, name, size = 32 }: { id: string; name: string; size?: keyof typeof SIZES }) {
  return (
    <span
      aria-hidden="true"
      // Drawn by CSS, so that they are no part of the text around them.
      data-initials={initialsOf(name)}
      style={{ backgroundColor: colourOf(id) }}
      className={cx(
        "inline-flex shrink-0 select-none items-center justify-center rounded-md font-semibold text-white before:content-[attr(data-initials)]",
        SIZES[size],
      )}
    />
  );
}

type Tone = "neutral" | "accent" | "danger" | "warn" | "mention";
const TONES: Record<Tone, string> = {
  neutral: "bg-active text-ink-2",
  accent: "bg-accent-soft text-accent",
  danger: "bg-danger-soft text-danger",
  warn: "bg-warn-soft text-warn",
  mention: "bg-danger-solid text-white",
};

export function Badge({ tone = "neutral", label, children }: { tone?: Tone; label?: string; children: ReactNode }) {
  return (
    <span
      className={cx(
        "inline-flex h-[18px] min-w-[18px] shrink-0 align-middle items-center justify-center whitespace-nowrap rounded-full px-1.5 font-medium text-[11px] tabular-nums",
        TONES[tone],
      )}
    >
      <span aria-hidden={label ? true : undefined}>{children}</span>
      {label && <span className="sr-only">{label}</span>}
    </span>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-line bg-panel px-1 font-sans text-ink-2 text-xs">
      {children}
    </kbd>
  );
}

export interface EmptyStateProps {
  icon?: ReactNode;
  title: string;
  text?: ReactNode;
  action?: ReactNode;
  /** It is the whole page, so its title is the page's heading. */
  page?: boolean;
}

export function EmptyState({ icon, title, text, action, page }: EmptyStateProps) {
  const Title = page ? "h1" : "p";
  return (
    <div className="m-auto flex max-w-sm flex-col items-center gap-2 px-6 py-12 text-center">
      {icon && <span className="mb-1 text-ink-3">{icon}</span>}
      <Title className="font-semibold text-md">{title}</Title>
      {text && <p className="text-ink-2">{text}</p>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}

/** What stands before a page's title: the frame's way back, where there is one. */
export const PageStart = createContext<ReactNode>(null);

/** A page that is not a conversation: a bar with the title, then a column of comfortable width. */
export function Page({
  title,
  lead,
  actions,
  wide,
  children,
}: {
  title: string;
  lead?: string | undefined;
  actions?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}) {
  const start = useContext(PageStart);
  return (
    <div className="flex h-full min-w-0 flex-col">
      <div
        className={cx(
          "flex h-13 shrink-0 items-center gap-2 border-line border-b px-6 max-md:pr-4",
          start ? "max-md:pl-2" : "max-md:pl-4",
        )}
      >
        {start}
        <h1 className="min-w-0 flex-1 truncate font-semibold text-md">{title}</h1>
        {actions}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className={cx("w-full px-6 py-6 max-md:px-4", wide ? "max-w-5xl" : "max-w-2xl")}>
          {lead && <p className="mb-5 text-ink-2">{lead}</p>}
          {children}
        </div>
      </div>
    </div>
  );
}
