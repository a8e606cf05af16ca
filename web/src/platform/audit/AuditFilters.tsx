// What to show of the audit log: time, person, action, outcome.
import { SlidersHorizontal } from "lucide-react";
import { useEffect, useState } from "react";
import type { AuditEntry } from "@/api/types";
import { cx } from "@/lib/cx";
import { t } from "@/lib/text";
import { Badge } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { Select, TextField } from "@/ui/Field";

export interface Filters {
  actor: string;
  action: string;
  outcome: "" | AuditEntry["outcome"];
  /** Local times as the input gives them. */
  after: string;
  before: string;
}

export const EMPTY_FILTERS: Filters = { actor: "", action: "", outcome: "", after: "", before: "" };

export const countFilters = (filters: Filters): number => Object.values(filters).filter(Boolean).length;

const micros = (local: string): number | null => {
  const time = new Date(local).getTime();
  return Number.isNaN(time) ? null : time * 1000;
};

export function toQuery(filters: Filters) {
  const after = micros(filters.after);
  const before = micros(filters.before);
  return {
    ...(filters.actor ? { actor: filters.actor } : {}),
    ...(filters.action ? { action: filters.action } : {}),
    ...(filters.outcome ? { outcome: filters.outcome } : {}),
    ...(after === null ? {} : { after }),
    ...(before === null ? {} : { before }),
  };
}

export interface Person {
  id: string;
  name: string;
}

export function AuditFilters({
  people,
  value,
  onChange,
}: {
  /** Whom one can choose; without a list there is nothing to choose from. */
  people: readonly Person[] | null;
  value: Filters;
  onChange: (filters: Filters) => void;
}) {
  const [action, setAction] = useState(value.action);
  const set = (change: Partial<Filters>) => onChange({ ...value, ...change });

  // The action is typed: ask when the typing rests.
  useEffect(() => {
    // Compared as it is asked for: what differs in blanks only is no other question.
    const wanted = action.trim();
    if (wanted === value.action) return;
    const timer = setTimeout(() => onChange({ ...value, action: wanted }), 300);
    return () => clearTimeout(timer);
  }, [action, value, onChange]);

  const [open, setOpen] = useState(false);
  const count = countFilters(value);
  return (
    <>
      <Button aria-expanded={open} onClick={() => setOpen(!open)} className="mb-4 md:hidden">
        <SlidersHorizontal size={15} aria-hidden="true" /> {t.audit.filters}
        {count > 0 && <Badge tone="accent">{count}</Badge>}
      </Button>
      <form
        aria-label={t.audit.filters}
        onSubmit={(event) => event.preventDefault()}
        className={cx(
          "mb-4 grid grid-cols-2 items-end gap-3",
          people ? "md:grid-cols-[1fr_1fr_1fr_13rem_13rem_auto]" : "md:grid-cols-[1fr_1fr_13rem_13rem_auto]",
          !open && "max-md:hidden",
        )}
      >
        {people && (
          <Select
            label={t.audit.actor}
            value={value.actor}
            onChange={(event) => set({ actor: event.target.value })}
            options={[
              { value: "", label: t.audit.actorAll },
              ...people.map((person) => ({ value: person.id, label: person.name })),
            ]}
          />
        )}
        <TextField
          label={t.audit.action}
          placeholder={t.audit.actionExample}
          autoCapitalize="none"
          value={action}
          onChange={(event) => setAction(event.target.value)}
        />
        <Select
          label={t.audit.outcome}
          value={value.outcome}
          onChange={(event) => set({ outcome: event.target.value as Filters["outcome"] })}
          options={[
            { value: "", label: t.audit.outcomeAll },
            { value: "ok", label: t.audit.outcomes.ok },
            { value: "denied", label: t.audit.outcomes.denied },
            { value: "failed", label: t.audit.outcomes.failed },
          ]}
        />
        <TextField
          label={t.audit.after}
          type="datetime-local"
          value={value.after}
          onChange={(event) => set({ after: event.target.value })}
          wide
        />
        <TextField
          label={t.audit.before}
          type="datetime-local"
          value={value.before}
          onChange={(event) => set({ before: event.target.value })}
          wide
        />
        <Button
          disabled={count === 0 && action === ""}
          onClick={() => {
            setAction("");
            onChange(EMPTY_FILTERS);
          }}
          className="h-9 max-md:col-span-2 max-md:h-11"
        >
          {t.audit.clear}
        </Button>
      </form>
    </>
  );
}
