// The addresses of the application. Pages behind the sign-in load their code when they are first visited.
import type { QueryClient } from "@tanstack/react-query";
import { type AnyRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { type App, loadApps } from "@/platform/app/app";
import { lazyPage } from "@/platform/app/lazyPage";
import { type AppPage, type Area, addressOf } from "@/platform/app/page";
import { installationRoute, orgRoute, type RouterContext, requireMe, rootRoute } from "@/platform/app/routes";
import { reportCrash } from "@/platform/report";
import { SignIn, type SignInReason } from "@/platform/session/SignIn";
import * as installed from "./apps";
import { NotFound, Pending, RouteError } from "./ErrorPages";
import { Root } from "./Root";

/** On to the same place in the first organisation; who is in none stays. */
const intoOrg =
  (addressIn: (slug: string) => string) =>
  async ({ context, location }: { context: RouterContext; location: { href: string } }) => {
    const me = await requireMe(context.client, location.href);
    const first = me.memberships[0];
    if (first) throw redirect({ href: addressIn(first.org.slug), replace: true });
  };

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: intoOrg((slug) => `/o/${slug}`),
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

/** One's own pages at addresses without an organisation, as mails and password managers (/.well-known/change-password) use
 * them: inside the first organisation, and by themselves for who is in none. */
const ownRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "own",
  component: lazyPage(() => import("./NoOrganisation"), "OwnPages"),
});

/** Every primitive in every state: while developing, and with the stand-in for the server. */
const galleryRoutes =
  import.meta.env.DEV || import.meta.env.MODE === "fake"
    ? [
        createRoute({
          getParentRoute: () => rootRoute,
          path: "/dev/gallery",
          component: lazyPage(() => import("@/ui/gallery/Gallery"), "Gallery"),
        }),
      ]
    : [];

/** The pages of the person and of the organisation, inside an organisation. */
const settingsRoute = createRoute({
  getParentRoute: () => orgRoute,
  id: "settings",
  component: lazyPage(() => import("./SettingsFrame"), "SettingsFrame"),
});

/** The routes of all apps, one after the other. */
type RoutesOf<Apps> = Apps extends readonly [infer One extends App, ...infer Rest]
  ? [...One["routes"], ...RoutesOf<Rest>]
  : [];

/** Pages are data, their addresses no part of the router's types: only the shell links to them, by PageLink. */
const untyped = (routes: AnyRoute[]) => routes as [];

function routeTree(apps: readonly App[], pages: readonly AppPage[]) {
  rootRoute.update({ component: Root, notFoundComponent: NotFound, errorComponent: RouteError });
  orgRoute.update({
    component: lazyPage(async () => {
      const [{ OrgLayout }, loaded] = await Promise.all([import("./OrgLayout"), loadApps(apps)]);
      return { Org: () => <OrgLayout apps={loaded} /> };
    }, "Org"),
    notFoundComponent: NotFound,
    errorComponent: RouteError,
  });
  installationRoute.update({
    component: lazyPage(() => import("./InstallationLayout"), "InstallationLayout"),
    notFoundComponent: NotFound,
    errorComponent: RouteError,
  });
  const of = (area: Area) => pages.filter((page) => page.area === area);
  const below = (parent: AnyRoute, page: AppPage) =>
    createRoute({ getParentRoute: () => parent, path: page.path || "/", component: page.component });
  const own = of("personal").map((page) =>
    createRoute({
      getParentRoute: () => ownRoute,
      path: page.path,
      beforeLoad: intoOrg((slug) => addressOf(page, slug)),
      component: page.component,
    }),
  );
  return rootRoute.addChildren([
    indexRoute,
    signInRoute,
    setUpRoute,
    inviteRoute,
    forgotRoute,
    resetRoute,
    ...untyped(galleryRoutes),
    ownRoute.addChildren(untyped(own)),
    installationRoute.addChildren(untyped(of("installation").map((page) => below(installationRoute, page)))),
    orgRoute.addChildren([
      ...(apps.flatMap((app) => app.routes) as unknown as RoutesOf<typeof installed.apps>),
      settingsRoute.addChildren(
        untyped([...of("personal"), ...of("organisation")].map((page) => below(settingsRoute, page))),
      ),
    ]),
  ]);
}

/** `apps`, `pages`: what there is beside the shell; other ones in tests. */
export function makeRouter(
  client: QueryClient,
  apps: readonly App[] = installed.apps,
  pages: readonly AppPage[] = installed.pages,
) {
  // An address that is entered once more leads to what it names. Browsers keep the state of the visit before, which would
  // lead to where one had gone on to, as a reload does.
  const [entry] = performance.getEntriesByType("navigation");
  if (entry && "type" in entry && entry.type === "navigate") window.history.replaceState(null, "");
  const all = [...pages, ...apps.flatMap((app) => app.settings ?? [])];
  return createRouter({
    routeTree: routeTree(apps, all),
    context: { client, pages: all },
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
