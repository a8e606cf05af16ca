// A page as data: its address, its name and its code. Navigation, the account menu, the palette, titles and the router
// derive from it, so that a new page is one folder and one line in shell/apps.ts.
import type { LucideIcon } from "lucide-react";
import type { Me, Membership, OperationId } from "@/api/types";
import { may } from "../me/queries";
import type { LazyPage } from "./lazyPage";

/** Where a page belongs. `personal`: to the person, in any organisation and without one. */
export type Area = "personal" | "organisation" | "installation";

export interface AppPage {
  area: Area;
  /** Below the area's own address: `/o/{slug}/`, for a personal page without an organisation `/`, or `/installation/`. */
  path: string;
  title: string;
  /** What links say, where that is shorter than the title. */
  label?: string;
  icon: LucideIcon;
  /** Who has a link to it: those who may carry this out. Pages are never protected by this; the server does that. */
  needs?: OperationId;
  /** It has a row of its own in the sidebar; the others are reached by the account's menu and from page to page. */
  pinned?: true;
  component: LazyPage;
}

export const definePage = (page: AppPage): AppPage => page;

/** `slug`: of the organisation that one is in. */
export function addressOf({ area, path }: AppPage, slug: string | null): string {
  if (area === "installation") return path === "" ? "/installation" : `/installation/${path}`;
  return slug === null ? `/${path}` : `/o/${slug}/${path}`;
}

/** The pages of an area to which this person has a link. */
export function pagesFor(pages: readonly AppPage[], area: Area, me: Me, membership?: Membership): readonly AppPage[] {
  if (area === "installation" && !me.superAdmin) return [];
  return pages.filter((page) => page.area === area && (!page.needs || may(membership, page.needs)));
}
