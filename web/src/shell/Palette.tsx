// Ctrl K: what the apps find, and every command that can be run now.
import { useState } from "react";
import { capsOf } from "@/lib/keys";
import { plain } from "@/lib/names";
import { t } from "@/lib/text";
import { useApps } from "@/platform/app/app";
import { type Command, useCommandStack } from "@/platform/app/commands";
import { CommandBox, type CommandItem } from "@/ui/CommandBox";

const toItem = ({ id, title, icon, keys, run }: Command): CommandItem => ({
  key: id,
  label: title,
  icon,
  caps: keys?.[0] ? capsOf(keys[0]) : [],
  // The palette closes first: what the command opens comes after it.
  onSelect: () => setTimeout(run, 0),
});

/** Every word that was typed, in any order. */
const fits = (title: string, words: readonly string[]): boolean => words.every((word) => title.includes(word));

export function Palette({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState("");
  const found = useApps().flatMap((app) => app.find?.(query) ?? []);
  const words = plain(query.trim())
    .split(/\s+/)
    .filter((word) => word !== "");
  const commands = useCommandStack().offered.filter(({ title }) => fits(plain(title), words));
  return (
    <CommandBox
      title={t.palette.title}
      placeholder={t.palette.placeholder}
      empty={t.palette.none}
      hint={t.palette.hint}
      query={query}
      onQuery={setQuery}
      groups={[...found, { title: t.palette.commands, items: commands.map(toItem) }]}
      onClose={onClose}
    />
  );
}
