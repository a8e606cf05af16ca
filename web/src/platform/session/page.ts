// Where the person is signed in.
import { MonitorSmartphone } from "lucide-react";
import { t } from "@/lib/text";
import { lazyPage } from "../app/lazyPage";
import { definePage } from "../app/page";

export const sessionsPage = definePage({
  area: "personal",
  path: "settings/sessions",
  title: t.sessions.title,
  icon: MonitorSmartphone,
  component: lazyPage(() => import("./SessionsPage"), "SessionsPage"),
});
