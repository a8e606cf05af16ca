// Pages whose code comes when it is needed, or before: when the browser is idle. Without a connection a page that has not
// come says so in its place, and comes by itself once the server answers. (The router's own lazy component loads the whole
// application anew at the first failure, which without a connection leaves the browser's error page in its place.)
import { type ReactNode, useEffect, useReducer, useState } from "react";
import { socket } from "@/api/socket/socket";
import { t } from "@/lib/text";
import { EmptyState } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { LoadingPage } from "@/ui/Loading";

type PlainPage = (props: Record<never, never>) => ReactNode;
export type LazyPage = PlainPage & { preload: () => Promise<void> | undefined };

const all = new Set<() => Promise<unknown>>();

/** Fetches the code of all pages, one after the other, when there is nothing else to do. */
export function preloadPages(idle: (run: () => void) => void = whenIdle): void {
  const waiting = [...all];
  const next = () => {
    const load = waiting.shift();
    // What fails now is asked for again when it is wanted.
    if (load)
      idle(
        () =>
          void load()
            .catch(() => undefined)
            .then(next),
      );
  };
  next();
}

// Not every browser has it.
const whenIdle = (run: () => void): void => {
  if ("requestIdleCallback" in window) window.requestIdleCallback(run, { timeout: 10_000 });
  else setTimeout(run, 1_000);
};

/** A page that was loaded just now and still lacks a part would not get it by loading once more. */
const SETTLED = 10_000;

/** Some browsers remember for the life of a page that a module could not be fetched. Where the server answers, a page load
 * heals that, and brings the new version where an old one is no longer there. What is being written is kept. */
async function startAgain(): Promise<void> {
  if (performance.now() < SETTLED) return;
  const answer = await fetch("/", { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer?.ok) window.location.reload();
}

export function lazyPage<Name extends string>(load: () => Promise<Record<Name, PlainPage>>, name: Name): LazyPage {
  let Loaded: PlainPage | null = null;
  const fetchCode = async () => {
    Loaded = (await load())[name];
  };
  all.add(fetchCode);

  function Page() {
    const [failed, setFailed] = useState(false);
    const [attempt, tryAgain] = useReducer((count: number) => count + 1, 0);
    const [, show] = useReducer((count: number) => count + 1, 0);
    useEffect(() => {
      if (Loaded) return;
      let here = true;
      fetchCode().then(
        () => here && show(),
        () => {
          if (!here) return;
          setFailed(true);
          if (attempt > 0) void startAgain();
        },
      );
      return () => {
        here = false;
      };
    }, [attempt]);
    useEffect(() => {
      if (!failed) return;
      window.addEventListener("online", tryAgain);
      const stop = socket.onConnection(() => socket.connection === "online" && tryAgain());
      return () => {
        window.removeEventListener("online", tryAgain);
        stop();
      };
    }, [failed]);
    if (Loaded) return <Loaded />;
    if (!failed) return <LoadingPage />;
    return (
      <div role="alert" className="flex h-full">
        <EmptyState
          page
          title={t.errors.pageMissing}
          text={t.errors.pageMissingText}
          action={
            <Button kind="primary" onClick={tryAgain}>
              {t.common.retry}
            </Button>
          }
        />
      </div>
    );
  }
  // The router waits for it, so that the page before stays until this one can be shown. A failure is the page's to tell.
  // Code that is here is not waited for: even an import that has been made takes a task, and the page before is painted again.
  return Object.assign(Page, { preload: () => (Loaded ? undefined : fetchCode().catch(() => undefined)) });
}
