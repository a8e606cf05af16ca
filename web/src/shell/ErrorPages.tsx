// The pages for what went wrong with an address: nothing there, or it could not be loaded.
import { Link, useRouter } from "@tanstack/react-router";
import { createContext, type ReactNode, useContext } from "react";
import { ApiError, explain, requestIdOf } from "@/api/error";
import { t } from "@/lib/text";
import { EmptyState } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { CrashNote } from "@/ui/ErrorBoundary";
import { LoadingPage } from "@/ui/Loading";
import { forgetUnused } from "./recover";

/** Whether a page around this one is the main landmark already: there is one of them. */
export const InPage = createContext(false);

function Main({ role, className, children }: { role?: "alert"; className: string; children: ReactNode }) {
  const Tag = useContext(InPage) ? "div" : "main";
  return (
    <Tag role={role} className={className}>
      {children}
    </Tag>
  );
}

/** Something takes longer than a blink. */
export function Pending() {
  return (
    <Main className="h-full">
      <LoadingPage />
    </Main>
  );
}

export function NotFound() {
  return (
    <Main className="flex h-full">
      <EmptyState
        page
        title={t.notFound.title}
        text={t.notFound.text}
        action={
          <Link to="/" className="text-accent underline underline-offset-2">
            {t.notFound.home}
          </Link>
        }
      />
    </Main>
  );
}

export function RouteError({ error, reset }: { error: unknown; reset: () => void }) {
  const router = useRouter();
  const id = requestIdOf(error);
  if (!(error instanceof ApiError)) {
    const retry = () => {
      forgetUnused(router.options.context.client);
      reset();
      void router.invalidate();
    };
    return <CrashNote level="app" requestId={null} onRetry={retry} />;
  }
  return (
    <Main role="alert" className="flex h-full">
      <EmptyState
        page
        title={t.errors.loadFailed}
        text={
          <>
            {explain(error)}
            {id && <span className="mt-1 block font-mono text-ink-3 text-xs">{t.errors.requestId(id)}</span>}
          </>
        }
        action={
          <Button kind="primary" onClick={() => router.invalidate()}>
            {t.common.retry}
          </Button>
        }
      />
    </Main>
  );
}
