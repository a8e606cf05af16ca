// Signed in, but a member of nothing (yet): their own pages are theirs all the same.
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { socket } from "@/api/socket/socket";
import { t } from "@/lib/text";
import { usePages } from "@/platform/app/app";
import { addressOf, pagesFor } from "@/platform/app/page";
import { useMe } from "@/platform/me/queries";
import { signOutOrSay } from "@/platform/session/end";
import { EmptyState, PageStart } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { ConnectionBanner } from "./ConnectionBanner";
import { PageLink } from "./PageLink";

const LINK = "rounded-sm text-accent underline underline-offset-2";

function Frame({ title, children }: { title: string; children: ReactNode }) {
  // A session that is ended elsewhere ends here at once, too.
  useEffect(() => socket.start(), []);
  useEffect(() => {
    document.title = `${title} · ${t.appName}`;
  }, [title]);
  return (
    <div className="flex h-full flex-col">
      <ConnectionBanner />
      <main id="page" tabIndex={-1} className="flex min-h-0 flex-1 outline-none *:flex-1">
        {children}
      </main>
    </div>
  );
}

export function NoOrganisation() {
  const me = useMe();
  const pages = usePages();
  const client = useQueryClient();
  return (
    <Frame title={t.shell.noOrg}>
      <EmptyState
        page
        title={t.shell.noOrg}
        text={t.shell.noOrgText}
        action={
          <div className="flex flex-wrap items-center justify-center gap-x-4 gap-y-3">
            {me.superAdmin && (
              <Link to="/installation" className={LINK}>
                {t.shell.installation}
              </Link>
            )}
            {pagesFor(pages, "personal", me).map((page) => (
              <PageLink key={page.path} page={page} slug={null} className={LINK} />
            ))}
            <Button onClick={() => void signOutOrSay(client)}>{t.shell.signOut}</Button>
          </div>
        }
      />
    </Frame>
  );
}

const back = (
  <Link
    to="/"
    aria-label={t.common.back}
    className="-ml-2 flex size-10 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover max-md:ml-0"
  >
    <ArrowLeft size={20} aria-hidden="true" />
  </Link>
);

/** Around a personal page. */
export function OwnPages() {
  const { pathname } = useLocation();
  const here = usePages().find((page) => page.area === "personal" && addressOf(page, null) === pathname);
  return (
    <Frame title={here?.title ?? t.shell.noOrg}>
      <PageStart value={back}>
        <Outlet />
      </PageStart>
    </Frame>
  );
}
