// A message that stays: a problem with a form, or the state of the connection.
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

const TONES = {
  neutral: "bg-hover text-ink-2",
  danger: "bg-danger-soft text-danger",
  warn: "bg-warn-soft text-warn",
  accent: "bg-accent-soft text-accent",
};

export function Banner({
  tone = "neutral",
  className,
  action,
  children,
}: {
  tone?: keyof typeof TONES;
  className?: string;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={cx("flex items-center gap-3 rounded-md px-3 py-2 text-sm", TONES[tone], className)}
    >
      <div className="min-w-0 flex-1">{children}</div>
      {action}
    </div>
  );
}
