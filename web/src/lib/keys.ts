// Keys: which one was pressed, whatever the layout and with Caps Lock on; how a key is written down, and how it is shown.

/** The letter of a shortcut in lower case: on a layout without Latin letters the one at that place; other keys by their name. */
export const keyOf = ({ key, code }: { key: string; code: string }): string => {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return /^\p{L}$/u.test(key) && /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : key;
};

type Pressed = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** A key with what is held beside it: `Mod+K`, `Alt+Shift+ArrowDown`, `?`. `Mod` is Ctrl, or the command key of a Mac. */
export function strokeOf(event: Pressed): string {
  const key = keyOf(event);
  const letter = key.length === 1;
  const mod = event.ctrlKey || event.metaKey;
  // Shift is part of the sign that it makes, unless something else is held as well.
  const shift = event.shiftKey && (!letter || mod || event.altKey || /[a-z]/.test(key));
  return `${mod ? "Mod+" : ""}${event.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${letter ? key.toUpperCase() : key}`;
}

const isMac = /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? "");
const CAPS: Readonly<Record<string, string>> = {
  Mod: isMac ? "⌘" : "Ctrl",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Delete: "Del",
};

/** What stands on the keys of a stroke. */
export const capsOf = (stroke: string): string[] => stroke.split("+").map((key) => CAPS[key] ?? key);
