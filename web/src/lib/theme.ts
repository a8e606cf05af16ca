// Light, dark or the system's choice. public/theme.js applies the stored one before the first paint.
import { readRaw, writeRaw } from "./storage";

export type Theme = "system" | "light" | "dark";

export function currentTheme(): Theme {
  const stored = readRaw("theme");
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function setTheme(theme: Theme): void {
  writeRaw("theme", theme === "system" ? null : theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
