// Everything inside an organisation: sidebar and page side by side; on a phone one of them at a time.
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { explain } from "@/api/error";
import { socket } from "@/api/socket/socket";
import { CreateChannel } from "@/apps/chat/channel/CreateChannel";
import { NewDirect } from "@/apps/chat/channel/NewDirect";
import { ChatProvider } from "@/apps/chat/context";
import { timelineKey } from "@/apps/chat/message/queries";
import { cx } from "@/lib/cx";
import { t } from "@/lib/text";
import { moveTo } from "@/lib/typeahead";
import { preloadPages } from "@/platform/app/lazyPage";
import { OrgProvider } from "@/platform/me/org";
import { useMe } from "@/platform/me/queries";
import { reportCrash } from "@/platform/report";
import { signOut } from "@/platform/session/end";
import { useSession } from "@/platform/session/scope";
import { PageStart } from "@/ui/Bits";
import { Confirm } from "@/ui/Dialog";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { toast } from "@/ui/Toast";
import { PHONE, useMedia } from "@/ui/useMedia";
import { useKeptFocus } from "@/ui/useOpener";
import { ConnectionBanner } from "./ConnectionBanner";
import { InPage } from "./ErrorPages";
import { FirstMinutesBelow } from "./FirstMinutes";
import { Palette } from "./Palette";
import { forgetUnused } from "./recover";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { Sidebar } from "./Sidebar";
import { type OpenDialog, ShellContext } from "./shellContext";
import { useOwnLinks } from "./useOwnLinks";
import { useShortcuts } from "./useShortcuts";
import { useTitle } from "./useTitle";

export function OrgLayout() {
  const me = useMe();
  const { org: slug } = useParams({ from: "/o/$org" });
  const { channel } = useParams({ strict: false });
  const navigate = useNavigate();
  const client = useQueryClient();
  const membership = me.memberships.find((item) => item.org.slug === slug);
  const org = membership?.org.id;

  useEffect(() => {
    socket.start();
    preloadPages();
  }, []);

  const onGone = useCallback(
    (room: string) => {
      if (room !== channel) return;
      if (org) client.removeQueries({ queryKey: timelineKey(org, room) });
      toast(t.channel.gone, { about: room });
      void navigate({ to: "/o/$org", params: { org: slug } });
    },
    [channel, client, navigate, org, slug],
  );

  // Membership ended while the page was open.
  useEffect(() => {
    if (!membership) void navigate({ to: "/", replace: true });
  }, [membership, navigate]);
  if (!membership) return null;
  return (
    <OrgProvider membership={membership}>
      <InSession key={`${me.user.id} ${membership.org.id}`} user={me.user.id} org={membership.org.id} onGone={onGone}>
        <Frame slug={slug} channel={channel} />
      </InSession>
    </OrgProvider>
  );
}

/** Another person or another organisation is another session: nothing is carried over. */
function InSession({
  user,
  org,
  onGone,
  children,
}: {
  user: string;
  org: string;
  onGone: (channel: string) => void;
  children: ReactNode;
}) {
  const session = useSession(user, org);
  if (!session) return null;
  return (
    <ChatProvider session={session} onGone={onGone}>
      {children}
    </ChatProvider>
  );
}

/** On a phone, the way from a page back to the conversations. */
function BackButton({ slug }: { slug: string }) {
  return (
    <Link
      to="/o/$org"
      params={{ org: slug }}
      aria-label={t.shell.showSidebar}
      className="flex size-10 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover md:hidden"
    >
      <ArrowLeft size={20} aria-hidden="true" />
    </Link>
  );
}

/** Where the page is. On a phone it is the sidebar that has the page's place at an organisation's own address. The same
 * elements take either role, so that turning a tablet on its side takes nothing away that is being written. */
const landmark = { role: "main", id: "page", tabIndex: -1 } as const;

function Frame({ slug, channel }: { slug: string; channel: string | undefined }) {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const client = useQueryClient();
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const home = pathname.replace(/\/$/, "") === `/o/${slug}`;
  useShortcuts({ slug, channel, open: setDialog });
  useTitle(channel, pathname);
  useOwnLinks(channel);
  useKeptFocus();

  const phone = useMedia(PHONE);

  const sidebar = (
    <ErrorBoundary level="widget" onError={reportCrash}>
      {phone && <h1 className="sr-only">{t.shell.conversations}</h1>}
      <Sidebar />
      {phone && <FirstMinutesBelow />}
    </ErrorBoundary>
  );
  const page = (
    <ErrorBoundary level="app" resetKey={pathname} onError={reportCrash} onRetry={() => forgetUnused(client)}>
      <InPage value={true}>
        <PageStart value={<BackButton slug={slug} />}>
          <Outlet />
        </PageStart>
      </InPage>
    </ErrorBoundary>
  );
  const close = () => setDialog(null);
  const goTo = (id: string) => {
    moveTo(id);
    void navigate({ to: "/o/$org/c/$channel", params: { org: slug, channel: id } });
  };
  return (
    <ShellContext value={setDialog}>
      <a
        href="#page"
        className="sr-only z-50 rounded-md bg-accent-solid px-3 py-2 text-white focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t.shell.skip}
      </a>
      <div className="flex h-full flex-col">
        <ConnectionBanner />
        <div className="flex min-h-0 flex-1">
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
      {dialog === "palette" && <Palette onClose={close} onOpen={setDialog} />}
      {dialog === "shortcuts" && <ShortcutsDialog onClose={close} />}
      {dialog === "channel" && <CreateChannel onClose={close} onCreated={goTo} />}
      <Confirm
        open={dialog === "sign-out"}
        onClose={close}
        title={t.shell.signOutTitle}
        text={t.shell.signOutText}
        confirm={t.shell.signOut}
        explain={explain}
        onConfirm={() => signOut(client)}
      />
      {dialog === "direct" && <NewDirect onClose={close} onOpened={goTo} />}
    </ShellContext>
  );
}
