// What stands above a form that could not be sent: which fields are at fault, by the names that the form gives them.
import { useState } from "react";
import { ApiError, fieldProblem, summarise } from "@/api/error";
import { t } from "@/lib/text";

/** Every field by its label; one that the form does not show is explained here, because nothing else can. */
function formProblem(error: unknown, labels: Readonly<Record<string, string>>): string {
  if (!(error instanceof ApiError) || error.code !== "invalid_input" || error.fields.length === 0)
    return summarise(error);
  return t.errors.fields(error.fields.map(({ field, problem }) => labels[field] ?? `${field}: ${problem}`).join(", "));
}

interface Required {
  label: string;
  value: string;
}

/** A form asks for what is missing before the server has to. */
export function useForm<Name extends string>(
  fields: Readonly<Record<Name, Required>>,
  error: unknown,
): {
  /** True: everything is there. */
  complete: () => boolean;
  summary: string | null;
  problem: (field: Name) => string | null;
} {
  const [asked, setAsked] = useState(false);
  const names = Object.keys(fields) as Name[];
  const missing = names.filter((name) => fields[name].value.trim() === "");
  const labels = Object.fromEntries(names.map((name) => [name, fields[name].label]));
  return {
    complete: () => {
      setAsked(missing.length > 0);
      return missing.length === 0;
    },
    summary:
      asked && missing.length > 0
        ? t.errors.missing(missing.map((name) => labels[name]).join(", "))
        : error
          ? formProblem(error, labels)
          : null,
    problem: (field) => (asked && missing.includes(field) ? t.session.needed : fieldProblem(error, field)),
  };
}
