// A password with show/hide and, where one is chosen, the server's own rating. The rating is asked for after a pause in
// typing and never stands in the way of submitting: the server decides.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { type KeyboardEvent, useEffect, useState } from "react";
import { body, http } from "@/api/http";
import type { PasswordRating } from "@/api/types";
import { cx } from "@/lib/cx";
import { t } from "@/lib/text";
import { TextField } from "@/ui/Field";

function useDebounced<T>(value: T, delay: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return settled;
}

export interface PasswordFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  problem?: string | null | undefined;
  /** Choosing a new one: show how strong it is. `email` and `name` must not be part of it. */
  choosing?: { email?: string; name?: string };
  autoFocus?: boolean;
}

export function PasswordField({ label, value, onChange, problem, choosing, autoFocus }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const watchCaps = (event: KeyboardEvent) => setCaps(event.getModifierState?.("CapsLock") ?? false);
  return (
    <div className="relative">
      <TextField
        label={label}
        type={shown ? "text" : "password"}
        autoComplete={choosing ? "new-password" : "current-password"}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyUp={watchCaps}
        problem={problem}
        autoFocus={autoFocus}
        required
        className="pr-10"
        hint={caps ? t.session.capsLock : undefined}
      />
      <button
        type="button"
        aria-label={shown ? t.session.hidePassword : t.session.showPassword}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
        className="absolute top-[26px] right-1 flex size-8 items-center justify-center rounded-md text-ink-2 hover:text-ink max-md:top-[29px]"
      >
        {shown ? <EyeOff size={16} aria-hidden="true" /> : <Eye size={16} aria-hidden="true" />}
      </button>
      {choosing && <Strength password={value} {...choosing} />}
    </div>
  );
}

const FILL = ["bg-danger", "bg-danger", "bg-warn", "bg-accent", "bg-accent"];

function Strength({ password, email, name }: { password: string; email?: string; name?: string }) {
  const asked = useDebounced(password, 250);
  const rating = useQuery<PasswordRating>({
    // The password itself must not become a cache key that outlives the form.
    queryKey: ["password.rate", asked.length, asked],
    queryFn: ({ signal }) =>
      body(
        http.POST("/api/v1/password/rate", {
          body: { password: asked, email: email || null, name: name || null },
          signal,
        }),
      ),
    enabled: asked.length > 0,
    gcTime: 0,
    retry: false,
    placeholderData: keepPreviousData,
  });
  const data = password.length > 0 ? rating.data : undefined;
  const score = Math.max(0, Math.min(4, data?.score ?? 0));
  const word = data ? t.session.strengths[score as 0 | 1 | 2 | 3 | 4] : "";
  const advice = data ? (data.problem ?? data.suggestions[0] ?? null) : null;
  return (
    <div className="mt-2">
      {/* biome-ignore lint/a11y/useSemanticElements: <meter> cannot be drawn as four bars. */}
      <div
        role="meter"
        aria-label={t.session.strength}
        aria-valuemin={0}
        aria-valuemax={4}
        aria-valuenow={score}
        aria-valuetext={word || t.session.strengths[0]}
        className="flex gap-1"
      >
        {[0, 1, 2, 3].map((bar) => (
          <span
            key={bar}
            className={cx(
              "h-1 flex-1 rounded-full transition-colors",
              data && bar < Math.max(1, score) ? FILL[score] : "bg-active",
            )}
          />
        ))}
      </div>
      <p aria-live="polite" className="mt-1 min-h-5 text-ink-2 text-sm">
        {/* The rule is there before it can be broken. */}
        {data ? word : t.session.passwordRule}
        {advice ? `${word ? ". " : ""}${advice}` : ""}
      </p>
    </div>
  );
}
