// The tab's title: where one is, and how many things call the person. A component of its own, so that a number that
// changes makes nothing else anew.
import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { countText } from "@/lib/count";
import { t } from "@/lib/text";
import { useApps, usePages } from "@/platform/app/app";
import { addressOf } from "@/platform/app/page";
import { useMembership } from "@/platform/me/org";

export function Title() {
  const { org } = useMembership();
  const { pathname } = useLocation();
  const apps = useApps();
  const calls = apps.map((app) => app.badge?.() ?? 0).reduce((sum, count) => sum + count, 0);
  const inApp = apps.map((app) => app.tabTitle?.() ?? null).find((title) => title !== null);
  const page = usePages().find((one) => one.area !== "installation" && addressOf(one, org.slug) === pathname);
  const where = inApp ?? (page ? `${page.title} · ${org.name}` : org.name);
  useEffect(() => {
    document.title = `${calls > 0 ? `(${countText(calls)}) ` : ""}${where} · ${t.appName}`;
  }, [where, calls]);
  return null;
}
