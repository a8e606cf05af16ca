// Everything inside an organisation: sidebar and page side by side; on a phone one of them at a time.
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useMatches, useNavigate, useParams } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { explain } from "@/api/error";
import { socket } from "@/api/socket/socket";
import { cx } from "@/lib/cx";
import { t } from "@/lib/text";
import { AppsContext, type LoadedApp, useApps } from "@/platform/app/app";
import { CommandContext, CommandStack } from "@/platform/app/commands";
import { preloadPages } from "@/platform/app/lazyPage";
import { OrgProvider } from "@/platform/me/org";
import { useMe } from "@/platform/me/queries";
import { PlatformFeed } from "@/platform/realtime/feed";
import { reportCrash } from "@/platform/report";
import { signOut } from "@/platform/session/end";
import { SessionContext, useOpenedSession } from "@/platform/session/scope";
import { PageStart } from "@/ui/Bits";
import { Confirm } from "@/ui/Dialog";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { PHONE, useMedia } from "@/ui/useMedia";
import { useKeptFocus } from "@/ui/useOpener";
import { ConnectionBanner } from "./ConnectionBanner";
import { Commands } from "./commands";
import { InPage } from "./ErrorPages";
import { useKeyboard } from "./keyboard";
import { Palette } from "./Palette";
import { Rail } from "./Rail";
import { forgetUnused } from "./recover";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { Sidebar } from "./Sidebar";
import { type OpenDialog, ShellContext } from "./shellContext";
import { Title } from "./Title";

export function OrgLayout({ apps }: { apps: readonly LoadedApp[] }) {
  const me = useMe();
  const { org: slug } = useParams({ from: "/o/$org" });
  const navigate = useNavigate();
  const membership = me.memberships.find((item) => item.org.slug === slug);

  useEffect(() => {
    socket.start();
    preloadPages();
  }, []);

  // Membership ended while the page was open.
  useEffect(() => {
    if (!membership) void navigate({ to: "/", replace: true });
  }, [membership, navigate]);
  if (!membership) return null;
  return (
    <OrgProvider membership={membership}>
      <AppsContext value={apps}>
        <InSession key={`${me.user.id} ${membership.org.id}`} user={me.user.id} org={membership.org.id}>
          <Frame slug={slug} />
        </InSession>
      </AppsContext>
    </OrgProvider>
  );
}

/** Another person or another organisation is another session: nothing is carried over. */
function InSession({ user, org, children }: { user: string; org: string; children: ReactNode }) {
  const session = useOpenedSession(user, org);
  const apps = useApps();
  if (!session) return null;
  const inside = apps.reduceRight((inner, app) => <app.Provider key={app.id}>{inner}</app.Provider>, children);
  return (
    <SessionContext value={session}>
      <PlatformFeed />
      {inside}
    </SessionContext>
  );
}

/** The app that is on the screen; on a page that belongs to none, the one before it. */
function useAppHere(): LoadedApp | undefined {
  const apps = useApps();
  const here = useMatches({ select: (matches) => matches.map((match) => match.routeId as string) });
  const found = apps.find((app) => app.routes.some((route) => here.includes(route.id)));
  const last = useRef(apps[0]);
  if (found) last.current = found;
  return last.current;
}

/** On a phone, the way from a page back to where its app begins. */
function BackButton({ app, to }: { app: LoadedApp; to: string }) {
  return (
    <Link
      to={to as "/"}
      aria-label={t.shell.backTo(app.title)}
      className="flex size-10 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover md:hidden"
    >
      <ArrowLeft size={20} aria-hidden="true" />
    </Link>
  );
}

/** Where the page is. On a phone it is the sidebar that has the page's place at an organisation's own address. The same
 * elements take either role, so that turning a tablet on its side takes nothing away that is being written. */
const landmark = { role: "main", id: "page", tabIndex: -1 } as const;

function Frame({ slug }: { slug: string }) {
  const { pathname } = useLocation();
  const client = useQueryClient();
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const [stack] = useState(() => new CommandStack());
  const app = useAppHere();
  const start = `/o/${slug}${app?.home ?? ""}`;
  const home = pathname.replace(/\/$/, "") === start;
  useKeyboard(stack);
  useKeptFocus();

  const phone = useMedia(PHONE);

  const sidebar = (
    <ErrorBoundary level="widget" onError={reportCrash}>
      <Sidebar app={app} />
    </ErrorBoundary>
  );
  const page = (
    <ErrorBoundary level="app" resetKey={pathname} onError={reportCrash} onRetry={() => forgetUnused(client)}>
      <InPage value={true}>
        <PageStart value={app && <BackButton app={app} to={start} />}>
          <Outlet />
        </PageStart>
      </InPage>
    </ErrorBoundary>
  );
  const close = () => setDialog(null);
  const question = typeof dialog === "object" && dialog ? dialog.signOut : null;
  return (
    <ShellContext value={setDialog}>
      <CommandContext value={stack}>
        <Commands />
        <Title />
        <a
          href="#page"
          className="sr-only z-50 rounded-md bg-accent-solid px-3 py-2 text-white focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          {t.shell.skip}
        </a>
        <div className="flex h-full flex-col">
          <ConnectionBanner />
          <div className={cx("flex min-h-0 flex-1", phone && "flex-col")}>
            {(!phone || home) && <Rail here={app} slug={slug} phone={phone} />}
            {(!phone || home) && (
              <div
                {...(phone ? landmark : { role: "complementary", "aria-label": t.shell.sidebar })}
                className="flex min-w-0 shrink-0 flex-col bg-panel outline-none max-md:flex-1 md:w-64 md:border-line md:border-r"
              >
                {sidebar}
              </div>
            )}
            <div
              key="page"
              {...(phone && home ? {} : landmark)}
              className={cx("min-w-0 flex-1 outline-none", phone && home && "hidden")}
            >
              {page}
            </div>
          </div>
        </div>
        {dialog === "palette" && <Palette onClose={close} />}
        {dialog === "shortcuts" && <ShortcutsDialog onClose={close} />}
        <Confirm
          open={question !== null}
          onClose={close}
          title={question?.title ?? ""}
          text={question?.text ?? ""}
          confirm={t.shell.signOut}
          explain={explain}
          onConfirm={() => signOut(client)}
        />
      </CommandContext>
    </ShellContext>
  );
}
