// Rows as a table on wide screens and as cards on a phone, from one list of columns.
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

export interface Column<T> {
  key: string;
  title: string;
  cell: (row: T) => ReactNode;
  className?: string;
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
            <th key={column.key} scope="col" className={cx("px-2 py-2 font-medium first:pl-0", column.className)}>
              {column.hideTitle ? <span className="sr-only">{column.title}</span> : column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="max-md:flex max-md:flex-col max-md:gap-2">
        {rows.map((row) => (
          <tr
            key={rowKey(row)}
            className="border-line border-b align-middle max-md:flex max-md:flex-col max-md:gap-1 max-md:rounded-lg max-md:border max-md:p-3"
          >
            {columns.map((column) => (
              <td key={column.key} className={cx("px-2 py-2.5 first:pl-0 max-md:p-0", column.className)}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
