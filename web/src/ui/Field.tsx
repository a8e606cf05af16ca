// Form fields: a label, the control, and a hint or problem that the control is described by.
import { type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, useId } from "react";
import { cx } from "@/lib/cx";

const CONTROL =
  "w-full rounded-md border px-2.5 text-ink outline-offset-0 placeholder:text-ink-3 hover:border-line-strong read-only:[&:not(select)]:bg-panel read-only:[&:not(select)]:text-ink-2 aria-invalid:border-danger max-md:text-[16px]";

const FRAMED = "border-line-strong/60 bg-raised";
/** In a row among many: its frame shows when it is pointed at. */
const QUIET = "-ml-3 border-transparent bg-transparent hover:bg-raised focus-visible:bg-raised";

interface Frame {
  label: string;
  /** In a grid on a phone: a line of its own. */
  wide?: boolean;
  hideLabel?: boolean;
  hint?: ReactNode;
  problem?: string | null | undefined;
}

function FieldFrame({
  id,
  label,
  hideLabel,
  wide,
  hint,
  problem,
  children,
}: Frame & { id: string; children: ReactNode }) {
  return (
    <div className={cx("flex min-w-0 flex-col gap-1", wide && "max-md:col-span-2")}>
      <label htmlFor={id} className={cx("font-medium text-ink text-sm", hideLabel && "sr-only")}>
        {label}
      </label>
      {children}
      {problem ? (
        <p id={`${id}-note`} className="text-danger text-sm">
          {problem}
        </p>
      ) : hint ? (
        <div id={`${id}-note`} className="text-ink-3 text-sm">
          {hint}
        </div>
      ) : null}
    </div>
  );
}

/** Without `maxLength`, which cuts without a word what is pasted, and counts an emoji as two: the server counts characters, and
 * says so. */
export interface TextFieldProps extends Frame, Omit<InputHTMLAttributes<HTMLInputElement>, "id" | "maxLength"> {
  ref?: Ref<HTMLInputElement>;
}

export function TextField({ label, hideLabel, wide, hint, problem, className, ...rest }: TextFieldProps) {
  const id = useId();
  return (
    <FieldFrame id={id} label={label} hint={hint} problem={problem} hideLabel={hideLabel === true} wide={wide === true}>
      <input
        {...rest}
        id={id}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem || hint ? `${id}-note` : undefined}
        className={cx(CONTROL, FRAMED, "h-9 max-md:h-11", className)}
      />
    </FieldFrame>
  );
}

export interface SelectProps extends Frame, Omit<SelectHTMLAttributes<HTMLSelectElement>, "id"> {
  options: ReadonlyArray<{ value: string; label: string }>;
  quiet?: boolean;
}

/** The native control: right on phones, right for screen readers, nothing to load. */
export function Select({ label, hideLabel, wide, hint, problem, options, quiet, className, ...rest }: SelectProps) {
  const id = useId();
  return (
    <FieldFrame id={id} label={label} hint={hint} problem={problem} hideLabel={hideLabel === true} wide={wide === true}>
      <select
        {...rest}
        id={id}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem || hint ? `${id}-note` : undefined}
        className={cx(CONTROL, quiet ? QUIET : FRAMED, "h-9 pr-7 max-md:h-11", className)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}
