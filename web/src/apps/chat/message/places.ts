// Where somebody was in each conversation: by visit, so that Back leads to where one came from, and by conversation, so
// that switching away and back keeps the place. Of this tab alone; a reload keeps it.
import { onForget } from "@/lib/person";
import { readOfTab, writeOfTab } from "@/lib/storage";
import type { Place } from "./place";

/** The latest ones; a tab that lives for weeks must not grow. */
const KEEP = 200;
const KEY = "places";

let places: Map<string, Place> | null = null;
onForget(() => {
  places = null;
});
window.addEventListener("pagehide", () => places && writeOfTab(KEY, [...places]));

function parsePlaces(value: unknown): [string, Place][] | null {
  if (!Array.isArray(value)) return null;
  return value.filter((entry): entry is [string, Place] => {
    if (!Array.isArray(entry) || typeof entry[0] !== "string") return false;
    const place: unknown = entry[1];
    return (
      place === "end" ||
      (typeof place === "object" && place !== null && "seq" in place && typeof place.seq === "number")
    );
  });
}

function all(): Map<string, Place> {
  places ??= new Map(readOfTab(KEY, parsePlaces) ?? []);
  return places;
}

const visitKey = (of: string, visit: string) => `${of} ${visit}`;

/** `of`: the person and the conversation. */
export const placeOf = (of: string): Place | undefined => all().get(of);
export const placeOfVisit = (of: string, visit: string): Place | undefined => all().get(visitKey(of, visit));

export function keepPlace(of: string, visit: string, place: Place): void {
  const known = all();
  for (const key of [of, visitKey(of, visit)]) {
    // Moved to the end: the first are the oldest.
    known.delete(key);
    known.set(key, place);
  }
  while (known.size > KEEP) known.delete(known.keys().next().value ?? "");
}
