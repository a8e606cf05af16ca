// Catches a crash at some level (page, app, widget) so that the rest stays alive. It shows what to do and, where the
// error came from the server, the request id; never the content that was being rendered.
import { Component, type ReactNode } from "react";
import { t } from "@/lib/text";
import { Button } from "./Button";

export type Level = "global" | "app" | "widget";

interface Props {
  level: Level;
  /** A change of this (the address, say) is a fresh start. */
  resetKey?: string;
  onError?: (error: unknown, level: Level) => void;
  /** Before the part is shown again. */
  onRetry?: () => void;
  children: ReactNode;
}

const requestIdOf = (error: unknown): string | null =>
  typeof error === "object" && error !== null && "requestId" in error && typeof error.requestId === "string"
    ? error.requestId
    : null;

export class ErrorBoundary extends Component<Props, { error: unknown; failed: boolean }> {
  override state = { error: null as unknown, failed: false };

  static getDerivedStateFromError(error: unknown) {
    return { error, failed: true };
  }

  override componentDidCatch(error: unknown): void {
    this.props.onError?.(error, this.props.level);
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.failed && before.resetKey !== this.props.resetKey) this.retry();
  }

  retry = () => {
    this.props.onRetry?.();
    this.setState({ error: null, failed: false });
  };

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return <CrashNote level={this.props.level} requestId={requestIdOf(this.state.error)} onRetry={this.retry} />;
  }
}

export function CrashNote({
  level,
  requestId,
  onRetry,
}: {
  level: Level;
  requestId: string | null;
  onRetry: () => void;
}) {
  const small = level === "widget";
  // Where the page has gone, its heading has gone with it.
  const Title = small ? "p" : "h1";
  return (
    <div
      role="alert"
      className={
        small
          ? "flex flex-wrap items-center gap-3 p-3"
          : "mx-auto flex max-w-md flex-col items-start gap-3 p-8 pt-[20vh]"
      }
    >
      <div>
        <Title className="font-semibold">{small ? t.crash.widget : t.crash.title}</Title>
        {!small && <p className="mt-1 text-ink-2">{t.crash.text}</p>}
        {requestId && <p className="mt-1 font-mono text-ink-3 text-xs">{t.crash.requestId(requestId)}</p>}
      </div>
      <div className="flex gap-2">
        <Button size={small ? "small" : "normal"} kind={small ? "plain" : "primary"} onClick={onRetry}>
          {t.common.retry}
        </Button>
        {!small && <Button onClick={() => window.location.assign("/")}>{t.crash.home}</Button>}
      </div>
    </div>
  );
}
