// The only component that may put HTML into the page. It sanitises whatever it is given, so no caller can forget to.
import { memo, useMemo } from "react";
import { cx } from "@/lib/cx";
import { sanitise } from "@/lib/sanitise";

export const SafeHtml = memo(function SafeHtml({ html, className }: { html: string; className?: string }) {
  const clean = useMemo(() => sanitise(html), [html]);
  // biome-ignore lint/security/noDangerouslySetInnerHtml: this is the one place, and the value is TrustedHTML.
  return <div className={cx("prose", className)} dangerouslySetInnerHTML={{ __html: clean }} />;
});
