// The addresses of the application. Pages behind the sign-in load their code when they are first visited.
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, notFound, redirect } from "@tanstack/react-router";
import { ApiError } from "@/api/error";
import { body, http } from "@/api/http";
import type { Me } from "@/api/types";
import { meQuery } from "@/platform/me/queries";
import { reportCrash } from "@/platform/report";
import { SignIn, type SignInReason } from "@/platform/session/SignIn";
import { NotFound, Pending, RouteError } from "./ErrorPages";
import { lazyPage } from "./lazyPage";
import { Root } from "./Root";

interface Context {
  client: QueryClient;
}

const rootRoute = createRootRouteWithContext<Context>()({
  component: Root,
  notFoundComponent: NotFound,
  errorComponent: RouteError,
});

/** Me, or the way to sign in (or to set up, on a fresh server). */
async function requireMe(client: QueryClient, href: string): Promise<Me> {
  try {
    return await client.ensureQueryData(meQuery);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    if (href === "/") {
      const { needed } = await body(http.GET("/api/v1/setup")).catch(() => ({ needed: false }));
      if (needed) throw redirect({ to: "/setup" });
    }
    throw redirect({ to: "/sign-in", search: href === "/" ? {} : { next: href } });
  }
}

/** On to the same page of the first organisation; who is in none stays. */
const intoOrg =
  (page: "/o/$org" | "/o/$org/settings/profile" | "/o/$org/settings/sessions") =>
  async ({ context, location }: { context: Context; location: { href: string } }) => {
    const me = await requireMe(context.client, location.href);
    const first = me.memberships[0];
    if (first) throw redirect({ to: page, params: { org: first.org.slug }, replace: true });
  };

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: intoOrg("/o/$org"),
  component: lazyPage(() => import("./NoOrganisation"), "NoOrganisation"),
});

const REASONS: readonly SignInReason[] = ["ended", "signed-out", "password-changed"];

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string; reason?: SignInReason } => {
    const reason = REASONS.find((known) => known === search.reason);
    return { ...(typeof search.next === "string" ? { next: search.next } : {}), ...(reason ? { reason } : {}) };
  },
  component: function SignInPage() {
    const { next, reason } = signInRoute.useSearch();
    return <SignIn next={next} reason={reason} />;
  },
});

const setUpRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  component: lazyPage(() => import("@/platform/session/SetUp"), "SetUp"),
});
const inviteRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/invite",
  component: lazyPage(() => import("@/platform/session/AcceptInvitation"), "AcceptInvitation"),
});
const forgotRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/forgot",
  component: lazyPage(() => import("@/platform/session/ResetPassword"), "RequestReset"),
});
const resetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/reset",
  component: lazyPage(() => import("@/platform/session/ResetPassword"), "ResetPassword"),
});

const orgRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/o/$org",
  beforeLoad: async ({ context, location, params }) => {
    const me = await requireMe(context.client, location.href);
    if (!me.memberships.some((membership) => membership.org.slug === params.org)) throw notFound();
  },
  component: lazyPage(() => import("./OrgLayout"), "OrgLayout"),
  notFoundComponent: NotFound,
  errorComponent: RouteError,
});

const homeRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: "/",
  component: lazyPage(() => import("./pages"), "HomePage"),
});
const channelRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: "/c/$channel",
  validateSearch: (search: Record<string, unknown>): { at?: number } => {
    const at = Number(search.at);
    return Number.isInteger(at) && at > 0 ? { at } : {};
  },
  component: lazyPage(() => import("./pages"), "ChannelPage"),
});
const browseRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: "/channels",
  component: lazyPage(() => import("./pages"), "BrowsePage"),
});
const membersRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: "/members",
  component: lazyPage(() => import("./adminPages"), "Members"),
});
const auditRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: "/audit",
  component: lazyPage(() => import("./adminPages"), "Audit"),
});
const organisationRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: "/settings/organisation",
  component: lazyPage(() => import("./adminPages"), "Organisation"),
});
const profileRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: "/settings/profile",
  component: lazyPage(() => import("./adminPages"), "Profile"),
});
const sessionsRoute = createRoute({
  getParentRoute: () => orgRoute,
  path: "/settings/sessions",
  component: lazyPage(() => import("./adminPages"), "Sessions"),
});

// For administrators of the installation; for everybody else there is nothing here.
const installationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/installation",
  beforeLoad: async ({ context, location }) => {
    const me = await requireMe(context.client, location.href);
    if (!me.superAdmin) throw notFound();
  },
  component: lazyPage(() => import("./InstallationLayout"), "InstallationLayout"),
  notFoundComponent: NotFound,
  errorComponent: RouteError,
});
const overviewRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: "/",
  component: lazyPage(() => import("./InstallationLayout"), "Overview"),
});
const peopleRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: "/people",
  component: lazyPage(() => import("@/platform/installation/PeoplePage"), "PeoplePage"),
});
const installationAuditRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: "/audit",
  component: lazyPage(() => import("@/platform/audit/AuditPage"), "InstallationAuditPage"),
});

// One's own pages at addresses without an organisation, as mails and password managers (/.well-known/change-password) use
// them: inside the first organisation, and by themselves for who is in none.
const ownProfileRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings/profile",
  beforeLoad: intoOrg("/o/$org/settings/profile"),
  component: lazyPage(() => import("./NoOrganisation"), "OwnProfile"),
});
const ownSessionsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings/sessions",
  beforeLoad: intoOrg("/o/$org/settings/sessions"),
  component: lazyPage(() => import("./NoOrganisation"), "OwnSessions"),
});

const routeTree = rootRoute.addChildren([
  indexRoute,
  ownProfileRoute,
  ownSessionsRoute,
  signInRoute,
  setUpRoute,
  inviteRoute,
  forgotRoute,
  resetRoute,
  installationRoute.addChildren([overviewRoute, peopleRoute, installationAuditRoute]),
  orgRoute.addChildren([
    homeRoute,
    channelRoute,
    browseRoute,
    membersRoute,
    auditRoute,
    organisationRoute,
    profileRoute,
    sessionsRoute,
  ]),
]);

export function makeRouter(client: QueryClient) {
  // An address that is entered once more leads to what it names. Browsers keep the state of the visit before, which would
  // lead to where one had gone on to, as a reload does.
  const [entry] = performance.getEntriesByType("navigation");
  if (entry && "type" in entry && entry.type === "navigate") window.history.replaceState(null, "");
  return createRouter({
    routeTree,
    context: { client },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 300,
    defaultPendingComponent: Pending,
    defaultErrorComponent: RouteError,
    defaultOnCatch: (error) => reportCrash(error, "page"),
    defaultNotFoundComponent: NotFound,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
