// The organisation's own settings.
import { Settings } from "lucide-react";
import { t } from "@/lib/text";
import { lazyPage } from "../app/lazyPage";
import { definePage } from "../app/page";

export const organisationPage = definePage({
  area: "organisation",
  pinned: true,
  path: "settings/organisation",
  title: t.organisation.title,
  label: t.shell.settings,
  icon: Settings,
  needs: "org.update",
  component: lazyPage(() => import("./OrganisationPage"), "OrganisationPage"),
});
