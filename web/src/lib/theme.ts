// Light, dark or the system's choice. public/theme.js applies the stored one before the first paint.
import { useSyncExternalStore } from "react";
import { readRaw, writeRaw } from "./storage";

export type Theme = "system" | "light" | "dark";

function currentTheme(): Theme {
  const stored = readRaw("theme");
  return stored === "light" || stored === "dark" ? stored : "system";
}

const listeners = new Set<() => void>();

/** The choice as it is now, wherever it was made. */
export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => chosen ?? currentTheme(),
  );
}

/** Held here too, for browsers that keep nothing. */
let chosen: Theme | null = null;

export function setTheme(theme: Theme): void {
  chosen = theme;
  writeRaw("theme", theme === "system" ? null : theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}
