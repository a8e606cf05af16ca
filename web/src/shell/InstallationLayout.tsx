// The frame of the installation's pages: three of them, and the way back. On a phone the pages are tabs at the top.
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { ArrowLeft, LayoutGrid, ScrollText, Users } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { socket } from "@/api/socket/socket";
import { t } from "@/lib/text";
import { OverviewPage } from "@/platform/installation/OverviewPage";
import { reportCrash } from "@/platform/report";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { useKeptFocus } from "@/ui/useOpener";
import { ConnectionBanner } from "./ConnectionBanner";
import { InPage } from "./ErrorPages";
import { forgetUnused } from "./recover";
import { ROW, ROW_ACTIVE } from "./rows";

const PAGES = [
  { to: "/installation", text: t.installation.overview, icon: LayoutGrid },
  { to: "/installation/people", text: t.installation.people, icon: Users },
  { to: "/installation/audit", text: t.installation.audit, icon: ScrollText },
] as const;

const TAB =
  "flex h-12 shrink-0 items-center border-transparent border-b-2 px-3 font-medium text-ink-2 hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink";

export function InstallationLayout() {
  useKeptFocus();
  const { pathname } = useLocation();
  const client = useQueryClient();
  // A session that is ended elsewhere ends here at once, too.
  useEffect(() => socket.start(), []);
  useEffect(() => {
    document.title = `${t.installation.title} · ${t.appName}`;
  }, []);
  return (
    <div className="flex h-full flex-col">
      <ConnectionBanner />
      <div className="flex min-h-0 flex-1 max-md:flex-col">
        <aside
          aria-label={t.installation.sidebar}
          className="flex shrink-0 border-line bg-panel max-md:border-b max-md:pr-2 max-md:pl-2 md:w-64 md:flex-col md:border-r"
        >
          <div className="flex h-13 shrink-0 items-center max-md:h-12 md:px-2">
            <Link to="/" className={`${ROW} min-w-0 flex-1`}>
              <span className="flex w-[18px] justify-center opacity-70">
                <ArrowLeft size={15} aria-hidden="true" />
              </span>
              <span className="truncate max-md:sr-only">{t.installation.back}</span>
            </Link>
          </div>
          <nav
            aria-label={t.installation.title}
            className="flex min-w-0 max-md:overflow-x-auto md:flex-col md:px-2 md:pt-1"
          >
            {PAGES.map(({ to, text, icon: Icon }) => (
              <span key={to} className="contents">
                <Link
                  to={to}
                  className={`${ROW} max-md:hidden`}
                  activeProps={ROW_ACTIVE}
                  activeOptions={{ exact: true }}
                >
                  <span className="flex w-[18px] justify-center opacity-70">
                    <Icon size={15} aria-hidden="true" />
                  </span>
                  {text}
                </Link>
                <Link to={to} className={`${TAB} md:hidden`} activeProps={ROW_ACTIVE} activeOptions={{ exact: true }}>
                  {text}
                </Link>
              </span>
            ))}
          </nav>
        </aside>
        <main id="page" tabIndex={-1} className="min-h-0 min-w-0 flex-1 outline-none">
          <ErrorBoundary level="app" resetKey={pathname} onError={reportCrash} onRetry={() => forgetUnused(client)}>
            <InPage value={true}>
              <Outlet />
            </InPage>
          </ErrorBoundary>
        </main>
      </div>
    </div>
  );
}

const openLink = (slug: string, name: string): ReactNode => (
  <Link
    to="/o/$org"
    params={{ org: slug }}
    aria-label={t.installation.openOf(name)}
    className="rounded-sm font-medium text-accent hover:underline"
  >
    {t.installation.open}
  </Link>
);

export const Overview = () => <OverviewPage link={openLink} />;
