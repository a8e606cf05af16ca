// A steady colour for an id. The list is fixed and every entry carries white text at AA contrast.
const COLOURS = [
  "#8a4b9c",
  "#3a6ea8",
  "#2f7a63",
  "#a3512f",
  "#7a6a1f",
  "#b0436a",
  "#4d5fb3",
  "#2c7686",
  "#6b6157",
  "#9a3f3f",
] as const;

export function colourOf(id: string): string {
  let hash = 7;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) >>> 0;
  return COLOURS[hash % COLOURS.length] ?? COLOURS[0];
}

export function initialsOf(name: string): string {
  // Without what is said behind it: "(ended)", "(left)".
  const words = name
    .replace(/\s\([^()]*\)$/, "")
    .trim()
    .split(/\s+/)
    .filter(Boolean);
  // Nobody known yet: no letter rather than a wrong one.
  const first = [...(words[0] ?? "")][0] ?? "";
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? "")][0] ?? "") : "";
  return (first + last).toUpperCase();
}
