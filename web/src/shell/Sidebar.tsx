// The left side: organisation, jump, conversations, and the person's own menu.
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Keyboard, LogOut, Monitor, Moon, Search, Server, Sun, Telescope } from "lucide-react";
import type { ReactNode } from "react";
import type { UnreadTotals } from "@/api/types";
import { ConversationList } from "@/apps/chat/channel/ConversationList";
import { countText } from "@/apps/chat/channel/events";
import { channelsKey } from "@/apps/chat/channel/queries";
import { refreshElsewhere, useUnreadElsewhere } from "@/apps/chat/read/elsewhere";
import { isPlainClick } from "@/lib/click";
import { t } from "@/lib/text";
import { setTheme, type Theme, useTheme } from "@/lib/theme";
import { moveTo } from "@/lib/typeahead";
import { addressOf, pagesFor } from "@/platform/app/page";
import { useMembership } from "@/platform/me/org";
import { useMe } from "@/platform/me/queries";
import { Avatar, Badge, Kbd } from "@/ui/Bits";
import { Menu } from "@/ui/Menu";
import { ROW, ROW_ACTIVE } from "@/ui/row";
import { pages } from "./apps";
import { PageRow } from "./PageLink";
import { modKey } from "./platformKeys";
import { useOpenDialog } from "./shellContext";
import { useSignOut } from "./useSignOut";

export function Sidebar() {
  const membership = useMembership();
  const { org } = membership;
  const me = useMe();
  const client = useQueryClient();
  const open = useOpenDialog();
  const params = { org: org.slug };
  return (
    <>
      <div className="flex h-13 shrink-0 items-center px-2">
        <OrganisationSwitcher />
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
            <Kbd>{modKey}</Kbd>
            <Kbd>K</Kbd>
          </span>
        </button>
      </div>
      <nav aria-label={t.shell.conversations} className="min-h-0 flex-1 overflow-y-auto px-2 pt-1">
        <ConversationList
          link={(channel, children) => (
            <Link
              to="/o/$org/c/$channel"
              params={{ ...params, channel }}
              className={ROW}
              activeProps={ROW_ACTIVE}
              activeOptions={{ includeSearch: false }}
              preload={false}
              onClick={(event) => {
                if (isPlainClick(event)) moveTo(channel);
              }}
            >
              {children}
            </Link>
          )}
          browse={
            <Link to="/o/$org/channels" params={params} className={ROW} activeProps={ROW_ACTIVE}>
              <span className="flex w-[18px] justify-center opacity-70">
                <Telescope size={15} aria-hidden="true" />
              </span>
              {t.shell.browse}
            </Link>
          }
          onNewChannel={() => open("channel")}
          onNewDirect={() => open("direct")}
          onRetry={() => void client.refetchQueries({ queryKey: channelsKey(org.id) })}
        />
      </nav>
      <nav aria-label={t.shell.organisation} className="border-line border-t p-2">
        {pagesFor(pages, "organisation", me, membership).map((page) => (
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
  const client = useQueryClient();
  const elsewhere = useUnreadElsewhere(org.id);
  const calls = [...elsewhere.values()].reduce((sum, totals) => sum + totals.calls, 0);
  const waiting = [...elsewhere.values()].some((totals) => totals.conversations > 0);
  const face = (
    <>
      <Avatar id={org.id} name={org.name} size={24} />
      <span className="min-w-0 flex-1 truncate text-left font-semibold text-md">{org.name}</span>
    </>
  );
  if (memberships.length === 1) return <div className="flex min-w-0 flex-1 items-center gap-2.5 px-2">{face}</div>;
  return (
    <Menu
      onOpenChange={(opened) => opened && refreshElsewhere(client, org.id)}
      trigger={
        <button
          type="button"
          title={t.shell.switchOrg}
          className="flex h-9 min-w-0 flex-1 items-center gap-2.5 rounded-md px-2 hover:bg-hover"
        >
          {face}
          {waiting && <Waiting calls={calls} label={t.shell.elsewhere(countText(calls))} />}
          <ChevronsUpDown size={14} aria-hidden="true" className="shrink-0 text-ink-3" />
        </button>
      }
      items={[
        memberships.map((membership) => ({
          id: membership.org.id,
          label: membership.org.name,
          icon: <Avatar id={membership.org.id} name={membership.org.name} size={18} />,
          checked: membership.org.id === org.id,
          badge: markOf(elsewhere.get(membership.org.id)),
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

const markOf = (totals: UnreadTotals | undefined): ReactNode =>
  totals &&
  totals.conversations > 0 && (
    <Waiting
      calls={totals.calls}
      label={totals.calls > 0 ? t.shell.calls(countText(totals.calls)) : t.shell.someUnread}
    />
  );

function AccountMenu() {
  const me = useMe();
  const membership = useMembership();
  const { org, member } = membership;
  const navigate = useNavigate();
  const open = useOpenDialog();
  const theme = useTheme();
  const leave = useSignOut();
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
          ...pagesFor(pages, "personal", me, membership).map((page) => ({
            label: page.title,
            icon: <page.icon size={15} />,
            onSelect: () => void navigate({ href: addressOf(page, org.slug) }),
          })),
          { label: t.shell.shortcuts, icon: <Keyboard size={15} />, keys: "?", onSelect: () => open("shortcuts") },
        ],
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
