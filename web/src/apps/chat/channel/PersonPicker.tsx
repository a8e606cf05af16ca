// A search over people, and those found below it: arrows move, Enter takes one, and so does the pointer.
import { type KeyboardEvent, type ReactNode, useId, useState } from "react";
import type { Member } from "@/api/types";
import { cx } from "@/lib/cx";
import { noteOf } from "@/platform/members/note";
import { Avatar } from "@/ui/Bits";
import { TextField } from "@/ui/Field";

export interface PersonPickerProps {
  label: string;
  typed: string;
  onTyped: (typed: string) => void;
  found: readonly Member[];
  onTake: (member: Member) => void;
  /** Enter where nothing is typed and nobody pointed at. */
  onEnter?: () => void;
  /** At the end of a person's row. */
  mark: (member: Member) => ReactNode;
  isChosen?: (member: Member) => boolean;
  autoFocus?: boolean;
  problem?: string | null;
  className?: string;
}

export function PersonPicker({ label, typed, onTyped, found, onTake, mark, ...rest }: PersonPickerProps) {
  const id = useId();
  const [moved, setMoved] = useState<number | null>(null);
  // What is typed points at the first one; where nothing is, nobody is pointed at before an arrow says so.
  const at = found.length === 0 ? null : Math.min(moved ?? (typed ? 0 : -1), found.length - 1);
  const current = at === null || at < 0 ? undefined : found[at];
  const take = (member: Member) => {
    setMoved(null);
    onTake(member);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && at !== null) {
      const next = at < 0 && step < 0 ? found.length - 1 : (at + step + found.length) % found.length;
      setMoved(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key !== "Enter") return;
    else if (current) take(current);
    else if (!typed) rest.onEnter?.();
    event.preventDefault();
  };
  return (
    <>
      <TextField
        label={label}
        hideLabel
        type="search"
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={current && `${id}-${at}`}
        aria-autocomplete="list"
        autoComplete="off"
        placeholder={label}
        value={typed}
        autoFocus={rest.autoFocus}
        onChange={(event) => {
          setMoved(null);
          onTyped(event.target.value);
        }}
        onKeyDown={onKeyDown}
        problem={rest.problem}
      />
      <div id={`${id}-list`} role="listbox" aria-label={label} className={rest.className}>
        {found.map((member, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the text field.
          <div
            key={member.id}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={rest.isChosen ? rest.isChosen(member) : index === at}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(member)}
            className={cx(
              "flex h-10 items-center gap-2.5 rounded-md px-2 hover:bg-hover",
              member === current && "bg-hover",
            )}
          >
            <Avatar id={member.id} name={member.name} size={24} />
            <span className="min-w-0 truncate">{member.name}</span>
            <span className="min-w-24 flex-1 truncate text-ink-3 text-sm">{noteOf(member)}</span>
            {mark(member)}
          </div>
        ))}
      </div>
    </>
  );
}
