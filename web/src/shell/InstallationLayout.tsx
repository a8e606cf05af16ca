// The frame of the installation's pages, and the way back. On a phone the pages are tabs at the top.
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useEffect } from "react";
import { socket } from "@/api/socket/socket";
import { t } from "@/lib/text";
import { usePages } from "@/platform/app/app";
import { pagesFor } from "@/platform/app/page";
import { useMe } from "@/platform/me/queries";
import { reportCrash } from "@/platform/report";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { ROW } from "@/ui/row";
import { useKeptFocus } from "@/ui/useOpener";
import { ConnectionBanner } from "./ConnectionBanner";
import { InPage } from "./ErrorPages";
import { PageLink, PageRow } from "./PageLink";
import { forgetUnused } from "./recover";

const TAB =
  "flex h-12 shrink-0 items-center border-transparent border-b-2 px-3 font-medium text-ink-2 hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink";

export function InstallationLayout() {
  useKeptFocus();
  const { pathname } = useLocation();
  const client = useQueryClient();
  const me = useMe();
  const pages = usePages();
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
            {pagesFor(pages, "installation", me).map((page) => (
              <span key={page.path} className="contents">
                <PageRow page={page} slug={null} className="max-md:hidden" />
                <PageLink page={page} slug={null} className={`${TAB} md:hidden`} />
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
