// The addresses below which apps and pages have theirs. The shell gives these routes their frames.
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, notFound, redirect } from "@tanstack/react-router";
import { ApiError } from "@/api/error";
import { body, http } from "@/api/http";
import type { Me } from "@/api/types";
import { meQuery } from "../me/queries";
import type { AppPage } from "./page";

export interface RouterContext {
  client: QueryClient;
  /** All pages that are known as data. */
  pages: readonly AppPage[];
}

/** Me, or the way to sign in (or to set up, on a fresh server). */
export async function requireMe(client: QueryClient, href: string): Promise<Me> {
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

export const rootRoute = createRootRouteWithContext<RouterContext>()({});

/** Everything that belongs to an organisation. */
export const orgRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/o/$org",
  beforeLoad: async ({ context, location, params }) => {
    const me = await requireMe(context.client, location.href);
    if (!me.memberships.some((membership) => membership.org.slug === params.org)) throw notFound();
  },
});

/** For administrators of the installation; for everybody else there is nothing here. */
export const installationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/installation",
  beforeLoad: async ({ context, location }) => {
    const me = await requireMe(context.client, location.href);
    if (!me.superAdmin) throw notFound();
  },
});
