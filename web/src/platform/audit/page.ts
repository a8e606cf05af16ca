// Who did what: in the organisation, and in the installation.
import { ScrollText } from "lucide-react";
import { t } from "@/lib/text";
import { lazyPage } from "../app/lazyPage";
import { definePage } from "../app/page";

export const auditPage = definePage({
  area: "organisation",
  pinned: true,
  path: "audit",
  title: t.audit.title,
  icon: ScrollText,
  needs: "audit.list",
  component: lazyPage(() => import("./AuditPage"), "AuditPage"),
});

export const installationAuditPage = definePage({
  area: "installation",
  path: "audit",
  title: t.installation.audit,
  icon: ScrollText,
  component: lazyPage(() => import("./AuditPage"), "InstallationAuditPage"),
});
