// Around every page: the last error boundary, tooltips, toasts.
import { CSPProvider } from "@base-ui/react/csp-provider";
import { Outlet } from "@tanstack/react-router";
import { reportCrash } from "@/platform/report";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { Toasts } from "@/ui/Toast";
import { TooltipProvider } from "@/ui/Tooltip";

export function Root() {
  return (
    // The policy allows no <style> elements made by scripts.
    <CSPProvider disableStyleElements>
      <TooltipProvider delay={400}>
        <ErrorBoundary level="global" onError={reportCrash}>
          <Outlet />
        </ErrorBoundary>
        <Toasts />
      </TooltipProvider>
    </CSPProvider>
  );
}
