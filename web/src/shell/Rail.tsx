// The ways to the apps: a rail on wide screens, a bar at the bottom of a phone. Where there is only one app, there is
// nothing to choose and nothing is shown.
import { Link } from "@tanstack/react-router";
import { countText } from "@/lib/count";
import { cx } from "@/lib/cx";
import { t } from "@/lib/text";
import { type LoadedApp, useApps } from "@/platform/app/app";
import { Badge } from "@/ui/Bits";
import { Tip } from "@/ui/Tooltip";

export interface RailProps {
  /** The app that is on the screen. */
  here: LoadedApp | undefined;
  slug: string;
  phone: boolean;
}

export function Rail({ here, slug, phone }: RailProps) {
  const apps = useApps();
  if (apps.length < 2) return null;
  return (
    <nav
      aria-label={t.shell.apps}
      className={cx(
        "flex shrink-0 border-line bg-panel",
        phone ? "order-last h-14 border-t" : "w-14 flex-col items-center gap-1 border-r py-2",
      )}
    >
      {apps.map((app) => {
        const link = (
          <Link
            key={app.id}
            to={`/o/${slug}${app.home}` as "/"}
            activeOptions={{ exact: true }}
            aria-current={app === here ? "page" : undefined}
            aria-label={phone ? undefined : app.title}
            className={cx(
              "relative flex items-center justify-center rounded-md text-ink-2 hover:bg-hover hover:text-ink aria-[current=page]:text-ink",
              phone ? "flex-1 flex-col gap-0.5 text-xs" : "size-10 aria-[current=page]:bg-active",
            )}
          >
            <app.icon size={20} aria-hidden="true" />
            {phone && app.title}
            <Calls app={app} />
          </Link>
        );
        return phone ? (
          link
        ) : (
          <Tip key={app.id} text={app.title}>
            {link}
          </Tip>
        );
      })}
    </nav>
  );
}

function Calls({ app }: { app: LoadedApp }) {
  const calls = app.badge?.() ?? 0;
  return (
    calls > 0 && (
      <span className="absolute top-0 left-1/2 ml-1">
        <Badge tone="mention" label={t.shell.calls(countText(calls))}>
          {countText(calls)}
        </Badge>
      </span>
    )
  );
}
