// Waiting, in two shapes: a spinner for actions, skeleton lines for content.
import { cx } from "@/lib/cx";
import { t } from "@/lib/text";

export function Spinner({ className }: { className?: string }) {
  return (
    <svg className={cx("size-4 animate-spin", className)} viewBox="0 0 16 16" fill="none" aria-hidden="true">
      <circle cx="8" cy="8" r="6" stroke="currentColor" strokeOpacity="0.25" strokeWidth="2" />
      <path d="M14 8a6 6 0 0 0-6-6" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden="true" className={cx("block animate-shimmer rounded-sm bg-active", className)} />;
}

const WIDTHS = ["w-3/5", "w-4/5", "w-2/5", "w-3/4", "w-1/2", "w-2/3"];

/** Rows of a list that has not come yet. */
export function SkeletonRows({ count = 6, avatar = false }: { count?: number; avatar?: boolean }) {
  return (
    <div role="status" aria-label={t.common.loading} className="flex flex-col gap-5 py-4">
      {WIDTHS.concat(WIDTHS)
        .slice(0, count)
        .map((width, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity.
          <div key={index} className="flex gap-3">
            {avatar && <Skeleton className="size-8 shrink-0 rounded-md" />}
            <div className="flex flex-1 flex-col gap-2">
              <Skeleton className="h-3 w-28" />
              <Skeleton className={cx("h-3", width)} />
            </div>
          </div>
        ))}
    </div>
  );
}
