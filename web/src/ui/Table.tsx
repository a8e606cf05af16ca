// Rows as a table on wide screens and as cards on a phone, from one list of columns.
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

const PHONE_PLACES = {
  line: "max-md:basis-full",
  part: "max-md:min-w-0 max-md:flex-1",
  end: "max-md:shrink-0",
  corner: "max-md:absolute max-md:top-3 max-md:right-3",
  none: "max-md:hidden",
} as const;

export interface Column<T> {
  key: string;
  title: string;
  cell: (row: T) => ReactNode;
  className?: string;
  /** Where it goes on a phone's card: a line of its own (if not said), part of a line, or the upper right corner. */
  phone?: keyof typeof PHONE_PLACES;
  /** Actions have a title for screen readers only. */
  hideTitle?: boolean;
}

export function Table<T>({
  label,
  columns,
  rows,
  rowKey,
}: {
  label: string;
  columns: ReadonlyArray<Column<T>>;
  rows: readonly T[];
  rowKey: (row: T) => string;
}) {
  return (
    <table aria-label={label} className="w-full border-collapse text-left max-md:block">
      <thead className="max-md:sr-only">
        <tr className="border-line border-b text-ink-3 text-sm">
          {columns.map((column) => (
            <th
              key={column.key}
              scope="col"
              className={cx("px-3 py-2 font-medium first:pl-0 last:pr-0", column.className, "text-ink-3!")}
            >
              {column.hideTitle ? <span className="sr-only">{column.title}</span> : column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="max-md:flex max-md:flex-col max-md:gap-2">
        {rows.map((row) => (
          <tr
            key={rowKey(row)}
            className="border-line border-b align-middle max-md:relative max-md:flex max-md:flex-wrap max-md:items-center max-md:gap-x-3 max-md:gap-y-1 max-md:rounded-lg max-md:border max-md:p-3"
          >
            {columns.map((column) => (
              <td
                key={column.key}
                className={cx(
                  "px-3 py-2.5 first:pl-0 last:pr-0 max-md:p-0 max-md:empty:hidden",
                  PHONE_PLACES[column.phone ?? "line"],
                  column.className,
                )}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
