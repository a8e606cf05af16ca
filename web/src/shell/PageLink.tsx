// A link to a page that is known as data: its address is no part of the router's types.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type AppPage, addressOf } from "@/platform/app/page";
import { ROW, ROW_ACTIVE } from "@/ui/row";

export interface PageLinkProps {
  page: AppPage;
  /** Of the organisation that one is in. */
  slug: string | null;
  className?: string;
  children?: ReactNode;
}

export function PageLink({ page, slug, className, children }: PageLinkProps) {
  return (
    <Link
      to={addressOf(page, slug) as "/"}
      className={className ?? ""}
      activeProps={ROW_ACTIVE}
      activeOptions={{ exact: true }}
    >
      {children ?? page.label ?? page.title}
    </Link>
  );
}

/** As a row of a sidebar. */
export function PageRow({ page, slug, className = "" }: Omit<PageLinkProps, "children">) {
  const Icon = page.icon;
  return (
    <PageLink page={page} slug={slug} className={`${ROW} ${className}`}>
      <span className="flex w-[18px] justify-center opacity-70">
        <Icon size={15} aria-hidden="true" />
      </span>
      {page.label ?? page.title}
    </PageLink>
  );
}
