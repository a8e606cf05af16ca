// Which key was pressed, whatever the layout and with Caps Lock on.

/** The letter of a shortcut in lower case: on a layout without Latin letters the one at that place; other keys by their name. */
export const keyOf = ({ key, code }: { key: string; code: string }): string => {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return /^\p{L}$/u.test(key) && /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : key;
};
