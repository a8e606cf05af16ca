// Around the pages of a person and of an organisation: beside the page, where there is room, the others of them. Apps'
// settings are among them. Narrower screens reach them by the sidebar, the account's menu and the palette.
import { Outlet } from "@tanstack/react-router";
import { t } from "@/lib/text";
import { usePages } from "@/platform/app/app";
import { pagesFor } from "@/platform/app/page";
import { useMembership } from "@/platform/me/org";
import { useMe } from "@/platform/me/queries";
import { PageRow } from "./PageLink";

const GROUPS = [
  { area: "personal", title: t.settings.personal },
  { area: "organisation", title: t.settings.organisation },
] as const;

export function SettingsFrame() {
  const me = useMe();
  const membership = useMembership();
  const pages = usePages();
  return (
    <div className="flex h-full">
      <nav
        aria-label={t.settings.title}
        className="hidden w-56 shrink-0 overflow-y-auto border-line border-r px-2 py-4 xl:block"
      >
        {GROUPS.map(({ area, title }) => (
          <section key={area} aria-label={title} className="mb-5">
            <h2 className="px-2 pb-1 font-medium text-ink-3 text-xs">{title}</h2>
            <ul className="flex flex-col gap-px">
              {pagesFor(pages, area, me, membership).map((page) => (
                <li key={page.path}>
                  <PageRow page={page} slug={membership.org.slug} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
      <div className="min-w-0 flex-1">
        <Outlet />
      </div>
    </div>
  );
}
