// What this front end consists of: the only list of its apps and pages, in the order in which navigation shows them.
import { chat } from "@/apps/chat/app";
import type { AppPage } from "@/platform/app/page";
import { auditPage, installationAuditPage } from "@/platform/audit/page";
import { overviewPage, peoplePage } from "@/platform/installation/page";
import { jobsPage } from "@/platform/jobs/page";
import { profilePage } from "@/platform/me/page";
import { membersPage } from "@/platform/members/page";
import { organisationPage } from "@/platform/organisation/page";
import { sessionsPage } from "@/platform/session/page";
import { serviceAccountsPage, tokensPage } from "@/platform/tokens/page";

export const apps = [chat] as const;

/** Beside those in the apps' settings. */
export const pages: readonly AppPage[] = [
  profilePage,
  sessionsPage,
  membersPage,
  tokensPage,
  serviceAccountsPage,
  auditPage,
  organisationPage,
  overviewPage,
  peoplePage,
  jobsPage,
  installationAuditPage,
];
