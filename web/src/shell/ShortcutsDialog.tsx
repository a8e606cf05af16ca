// The list of keys.
import { t } from "@/lib/text";
import { Kbd } from "@/ui/Bits";
import { Dialog } from "@/ui/Dialog";
import { modKey } from "./platformKeys";

const KEYS: ReadonlyArray<[readonly string[], string]> = [
  [[modKey, "K"], t.shortcuts.palette],
  [["Alt", "↓"], t.shortcuts.nextChannel],
  [["Alt", "↑"], t.shortcuts.previousChannel],
  [["Alt", "Shift", "↓"], t.shortcuts.nextUnread],
  [["Alt", "Shift", "↑"], t.shortcuts.previousUnread],
  [["Esc"], t.shortcuts.markRead],
  [["↑"], t.shortcuts.editLast],
  [["Enter"], t.shortcuts.send],
  [["Shift", "Enter"], t.shortcuts.newLine],
  [["↑", "↓"], t.shortcuts.rows],
  [["R", "E", "U", "Del"], t.shortcuts.actions],
  [["?"], t.shortcuts.help],
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title={t.shortcuts.title}>
      <dl className="flex flex-col">
        {KEYS.map(([keys, text]) => (
          <div key={text} className="flex min-h-9 items-center gap-3 border-line border-b last:border-0">
            <dt className="flex-1 text-ink-2">{text}</dt>
            <dd className="flex shrink-0 gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
