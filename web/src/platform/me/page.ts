// The person's own name, password and theme.
import { CircleUser } from "lucide-react";
import { t } from "@/lib/text";
import { lazyPage } from "../app/lazyPage";
import { definePage } from "../app/page";

export const profilePage = definePage({
  area: "personal",
  path: "settings/profile",
  title: t.profile.title,
  icon: CircleUser,
  component: lazyPage(() => import("./ProfilePage"), "ProfilePage"),
});
