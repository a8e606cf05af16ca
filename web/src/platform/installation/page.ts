// The installation: what it consists of, and everybody who has an account.
import { LayoutGrid, Users } from "lucide-react";
import { t } from "@/lib/text";
import { lazyPage } from "../app/lazyPage";
import { definePage } from "../app/page";

export const overviewPage = definePage({
  area: "installation",
  path: "",
  title: t.installation.title,
  label: t.installation.overview,
  icon: LayoutGrid,
  component: lazyPage(() => import("./OverviewPage"), "OverviewPage"),
});

export const peoplePage = definePage({
  area: "installation",
  path: "people",
  title: t.installation.people,
  icon: Users,
  component: lazyPage(() => import("./PeoplePage"), "PeoplePage"),
});
