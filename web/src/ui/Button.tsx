// Buttons. `busy` keeps the width and says so to screen readers; a busy button ignores clicks.
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { cx } from "@/lib/cx";
import { Spinner } from "./Spinner";
import { Tip } from "./Tooltip";

type Kind = "primary" | "plain" | "quiet" | "danger";

const KINDS: Record<Kind, string> = {
  primary: "bg-accent-solid text-white hover:bg-accent-hover",
  plain: "bg-raised text-ink border border-line hover:bg-hover",
  quiet: "text-ink-2 hover:bg-hover hover:text-ink",
  danger: "bg-danger-solid text-white hover:brightness-90",
};

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: Kind;
  size?: "small" | "normal" | "large";
  busy?: boolean | undefined;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind = "plain", size = "normal", busy, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy === true}
      aria-busy={busy || undefined}
      className={cx(
        "relative inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors disabled:opacity-60",
        size === "small" ? "h-7 px-2.5 text-sm" : size === "large" ? "h-10 px-4" : "h-8 px-3",
        KINDS[kind],
        className,
      )}
    >
      <span className={cx("inline-flex items-center gap-1.5", busy && "invisible")}>{children}</span>
      {busy && <Spinner className="absolute" />}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label"> {
  /** Said by screen readers and shown as the tooltip. */
  label: string;
  icon: ReactNode;
  small?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ label, icon, small, className, ...rest }: IconButtonProps) {
  return (
    <Tip text={label}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        className={cx(
          "inline-flex shrink-0 items-center justify-center rounded-md text-ink-2 transition-colors hover:bg-hover hover:text-ink disabled:opacity-50",
          small ? "size-7" : "size-8 max-md:size-10",
          className,
        )}
      >
        {icon}
      </button>
    </Tip>
  );
}
