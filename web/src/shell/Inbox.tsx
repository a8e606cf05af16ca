// What calls the person, of all apps in one list: the newest first.
import { Bell } from "lucide-react";
import { useState } from "react";
import { countText } from "@/lib/count";
import { t } from "@/lib/text";
import { useApps } from "@/platform/app/app";
import { Badge, EmptyState } from "@/ui/Bits";
import { Popover } from "@/ui/Menu";

export function Inbox() {
  const [open, setOpen] = useState(false);
  const notices = useApps()
    .flatMap((app) => app.notifications?.() ?? [])
    .sort((a, b) => b.at - a.at);
  const count = countText(notices.length);
  return (
    <Popover
      label={t.inbox.title}
      open={open}
      onOpenChange={setOpen}
      side="bottom"
      align="start"
      trigger={
        <button
          type="button"
          title={t.inbox.title}
          className="relative flex size-8 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover hover:text-ink max-md:size-10"
        >
          <Bell size={17} aria-hidden="true" />
          <span className="sr-only">{notices.length > 0 ? t.inbox.waiting(count) : t.inbox.title}</span>
          {notices.length > 0 && (
            <span
              aria-hidden="true"
              className="absolute top-1.5 right-1.5 size-2 max-md:top-2.5 max-md:right-2.5 rounded-full bg-danger-solid"
            />
          )}
        </button>
      }
    >
      {notices.length === 0 ? (
        <div className="w-72">
          <EmptyState title={t.inbox.empty} text={t.inbox.emptyText} />
        </div>
      ) : (
        <ul className="max-h-[60dvh] w-80 max-w-[calc(100vw-3rem)] overflow-y-auto">
          {notices.map((notice) => (
            <li key={notice.id}>
              <button
                type="button"
                onClick={() => {
                  setOpen(false);
                  notice.open();
                }}
                className="flex h-9 w-full items-center gap-2.5 rounded-md px-2 text-left hover:bg-hover max-md:h-11"
              >
                <span className="flex w-5 shrink-0 justify-center text-ink-2">{notice.icon}</span>
                <span className="min-w-0 flex-1 truncate">{notice.title}</span>
                <Badge tone="mention" label={notice.text}>
                  {countText(notice.count)}
                </Badge>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}
