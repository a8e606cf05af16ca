// The keys that work here, from the commands on the screen.
import { capsOf } from "@/lib/keys";
import { t } from "@/lib/text";
import { useCommandStack } from "@/platform/app/commands";
import { Kbd } from "@/ui/Bits";
import { Dialog } from "@/ui/Dialog";

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const scopes = useCommandStack().scopes.map(({ title, commands, notes = [] }) => ({
    title,
    rows: [
      ...commands.flatMap(({ id, title: text, keys }) => (keys?.[0] ? [{ id, text, caps: capsOf(keys[0]) }] : [])),
      ...notes.map(({ title: text, keys }) => ({
        id: text,
        text,
        caps: keys.flatMap(capsOf),
      })),
    ],
  }));
  return (
    <Dialog open onClose={onClose} title={t.shortcuts.title}>
      {scopes
        .filter(({ rows }) => rows.length > 0)
        .map(({ title, rows }) => (
          <section key={title} aria-label={title} className="mb-4 last:mb-0">
            <h3 className="font-medium text-ink-3 text-xs">{title}</h3>
            <dl className="flex flex-col">
              {rows.map(({ id, text, caps }) => (
                <div key={id} className="flex min-h-9 items-center gap-3 border-line border-b last:border-0">
                  <dt className="flex-1 text-ink-2">{text}</dt>
                  <dd className="flex shrink-0 gap-1">
                    {caps.map((cap) => (
                      <Kbd key={cap}>{cap}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
    </Dialog>
  );
}
