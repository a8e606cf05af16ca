// The API's times are UTC microseconds. Formatters are made once: building an Intl object per row is slow.
const toDate = (micros: number): Date => new Date(micros / 1000);
export const nowMicros = (): number => Date.now() * 1000;

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

export const clockTime = (micros: number): string => clock.format(toDate(micros));
/** Without the half of the day: for places too narrow for it. */
export const tinyTime = (micros: number): string =>
  clock
    .formatToParts(toDate(micros))
    .filter((part) => part.type !== "dayPeriod")
    .map((part) => part.value)
    .join("")
    .trim();
export const fullTime = (micros: number): string => full.format(toDate(micros));
export const exactTime = (micros: number): string => exact.format(toDate(micros));
export const shortDate = (micros: number): string => date.format(toDate(micros));

const startOfDay = (value: Date): number => new Date(value.getFullYear(), value.getMonth(), value.getDate()).getTime();

export const dayKey = (micros: number): number => startOfDay(toDate(micros));

export function dayLabel(micros: number, now = new Date()): string {
  const value = toDate(micros);
  const days = Math.round((startOfDay(value) - startOfDay(now)) / 86_400_000);
  if (days === 0 || days === -1) {
    const text = relative.format(days, "day");
    return text.charAt(0).toUpperCase() + text.slice(1);
  }
  return value.getFullYear() === now.getFullYear() ? day.format(value) : dayYear.format(value);
}

/** The same day a month before; in a shorter month its last one. */
export function monthBefore(value: Date): Date {
  const [year, month] = [value.getFullYear(), value.getMonth()];
  return new Date(year, month - 1, Math.min(value.getDate(), new Date(year, month, 0).getDate()));
}

/** As a date field wants it, in the reader's own time zone. */
export const isoDay = (value: Date): string =>
  [value.getFullYear(), value.getMonth() + 1, value.getDate()].map((part) => String(part).padStart(2, "0")).join("-");

export function ago(micros: number, now = Date.now()): string {
  const seconds = Math.round((micros / 1000 - now) / 1000);
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(0, "minute");
  if (size < 3600) return relative.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return relative.format(Math.round(seconds / 3600), "hour");
  return relative.format(Math.round(seconds / 86_400), "day");
}
