// The left side: organisation, jump, what the app on the screen puts there, and the person's own menu.
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Keyboard, LogOut, Monitor, Moon, Search, Server, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { countText } from "@/lib/count";
import { capsOf } from "@/lib/keys";
import { t } from "@/lib/text";
import { setTheme, type Theme, useTheme } from "@/lib/theme";
import { type LoadedApp, useApps, usePages } from "@/platform/app/app";
import { type AppPage, addressOf, pagesFor } from "@/platform/app/page";
import { useMembership } from "@/platform/me/org";
import { useMe } from "@/platform/me/queries";
import { Avatar, Badge, Kbd } from "@/ui/Bits";
import { Menu } from "@/ui/Menu";
import { ROW } from "@/ui/row";
import { Inbox } from "./Inbox";
import { PageRow } from "./PageLink";
import { useOpenDialog } from "./shellContext";
import { useSignOut } from "./useSignOut";

/** `app`: the one that is on the screen. */
export function Sidebar({ app }: { app: LoadedApp | undefined }) {
  const membership = useMembership();
  const { org } = membership;
  const me = useMe();
  const pages = usePages();
  const open = useOpenDialog();
  return (
    <>
      <div className="flex h-13 shrink-0 items-center px-2">
        <OrganisationSwitcher />
        <Inbox />
      </div>
      <div className="px-2 pb-2">
        <button
          type="button"
          onClick={() => open("palette")}
          className="flex h-8 w-full items-center gap-2 rounded-md border border-line bg-raised px-2 text-ink-3 hover:text-ink max-md:h-11"
        >
          <Search size={15} aria-hidden="true" />
          <span className="flex-1 text-left">{t.shell.jump}</span>
          <span aria-hidden="true" className="flex gap-0.5 max-md:hidden">
            {capsOf("Mod+K").map((cap) => (
              <Kbd key={cap}>{cap}</Kbd>
            ))}
          </span>
        </button>
      </div>
      {app && <app.Navigation />}
      <nav aria-label={t.shell.organisation} className="border-line border-t p-2">
        {pagesFor(pages, "organisation", me, membership)
          .filter((page) => page.pinned)
          .map((page) => (
            <PageRow key={page.path} page={page} slug={org.slug} />
          ))}
        <AccountMenu />
      </nav>
    </>
  );
}

function OrganisationSwitcher() {
  const { org } = useMembership();
  const { memberships } = useMe();
  const navigate = useNavigate();
  const elsewhere = useApps().map((app) => app.elsewhere?.());
  const waitingIn = (id: string) => sum(elsewhere.map((one) => one?.waiting.get(id)));
  const all = sum(memberships.filter((other) => other.org.id !== org.id).map((other) => waitingIn(other.org.id)));
  const face = (
    <>
      <Avatar id={org.id} name={org.name} size={24} />
      <span className="min-w-0 flex-1 truncate text-left font-semibold text-md">{org.name}</span>
    </>
  );
  if (memberships.length === 1) return <div className="flex min-w-0 flex-1 items-center gap-2.5 px-2">{face}</div>;
  return (
    <Menu
      onOpenChange={(opened) => {
        if (opened) for (const one of elsewhere) one?.refresh();
      }}
      trigger={
        <button
          type="button"
          title={t.shell.switchOrg}
          className="flex h-9 min-w-0 flex-1 items-center gap-2.5 rounded-md px-2 hover:bg-hover"
        >
          {face}
          {all.some && <Waiting calls={all.calls} label={t.shell.elsewhere(countText(all.calls))} />}
          <ChevronsUpDown size={14} aria-hidden="true" className="shrink-0 text-ink-3" />
        </button>
      }
      items={[
        memberships.map((membership) => ({
          id: membership.org.id,
          label: membership.org.name,
          icon: <Avatar id={membership.org.id} name={membership.org.name} size={18} />,
          checked: membership.org.id === org.id,
          badge: markOf(waitingIn(membership.org.id)),
          onSelect: () => void navigate({ to: "/o/$org", params: { org: membership.org.slug } }),
        })),
      ]}
    />
  );
}

/** A number where somebody calls, a dot where there is only something to read. */
function Waiting({ calls, label }: { calls: number; label: string }) {
  if (calls > 0) {
    return (
      <Badge tone="mention" label={label}>
        {countText(calls)}
      </Badge>
    );
  }
  return (
    <span className="flex w-[18px] shrink-0 justify-center">
      <span aria-hidden="true" className="size-2 rounded-full bg-accent-solid" />
      <span className="sr-only">{label}</span>
    </span>
  );
}

interface Waits {
  calls: number;
  some: boolean;
}

const sum = (all: readonly (Waits | undefined)[]): Waits => ({
  calls: all.reduce((calls, one) => calls + (one?.calls ?? 0), 0),
  some: all.some((one) => one?.some),
});

const markOf = ({ calls, some }: Waits): ReactNode =>
  some && <Waiting calls={calls} label={calls > 0 ? t.shell.calls(countText(calls)) : t.shell.someUnread} />;

function AccountMenu() {
  const me = useMe();
  const pages = usePages();
  const membership = useMembership();
  const { org, member } = membership;
  const navigate = useNavigate();
  const open = useOpenDialog();
  const theme = useTheme();
  const leave = useSignOut();
  const toItem = (page: AppPage) => ({
    label: page.title,
    icon: <page.icon size={15} />,
    onSelect: () => void navigate({ href: addressOf(page, org.slug) }),
  });
  const choose = (next: Theme) => () => setTheme(next);
  return (
    <Menu
      side="top"
      trigger={
        <button type="button" className={`${ROW} mt-1 !h-10 w-full`}>
          <Avatar id={member.id} name={me.user.name} size={24} />
          <span className="sr-only">{t.shell.account}</span>
          <span className="min-w-0 flex-1 truncate text-left font-medium text-ink">{me.user.name}</span>
          <ChevronsUpDown size={14} aria-hidden="true" />
        </button>
      }
      items={[
        [
          ...pagesFor(pages, "personal", me, membership).map(toItem),
          { label: t.shell.shortcuts, icon: <Keyboard size={15} />, keys: "?", onSelect: () => open("shortcuts") },
        ],
        pagesFor(pages, "organisation", me, membership)
          .filter((page) => !page.pinned)
          .map(toItem),
        me.superAdmin
          ? [
              {
                label: t.shell.installation,
                icon: <Server size={15} />,
                onSelect: () => void navigate({ to: "/installation" }),
              },
            ]
          : [],
        [
          {
            label: t.shell.themeLight,
            icon: <Sun size={15} />,
            checked: theme === "light",
            onSelect: choose("light"),
          },
          { label: t.shell.themeDark, icon: <Moon size={15} />, checked: theme === "dark", onSelect: choose("dark") },
          {
            label: t.shell.themeSystem,
            icon: <Monitor size={15} />,
            checked: theme === "system",
            onSelect: choose("system"),
          },
        ],
        [
          {
            label: t.shell.signOut,
            icon: <LogOut size={15} />,
            onSelect: leave,
          },
        ],
      ]}
    />
  );
}
