// The quiet page around everything that happens before there is a session.
import { type FormEvent, type ReactNode, useEffect, useRef } from "react";
import { t } from "@/lib/text";

export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" className="fill-accent-solid" />
      <path
        d="M16 6v10M16 16c-5 0-7 3-7 9M16 16c5 0 7 3 7 9M16 16v9"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
      <circle cx="16" cy="7" r="2.4" fill="#fff" />
    </svg>
  );
}

export function AuthFrame({
  title,
  lead,
  children,
  footer,
}: {
  title: string;
  lead?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · ${t.appName}`;
  }, [title]);
  return (
    <div className="h-full overflow-y-auto bg-panel">
      <div className="flex min-h-full flex-col items-center px-4 pt-[12vh] pb-12 max-sm:pt-10">
        <header className="mb-6 flex items-center gap-2.5 font-semibold text-md">
          <Mark />
          {t.appName}
        </header>
        <main className="w-full max-w-[23.5rem] rounded-lg border border-line bg-raised p-7 max-sm:p-5">
          <h1 className="font-semibold text-lg tracking-tight">{title}</h1>
          {lead && <div className="mt-1 text-ink-2">{lead}</div>}
          {children && <div className="mt-5">{children}</div>}
        </main>
        {footer && (
          <footer className="mt-4 text-ink-2 text-sm [&_a]:hover:text-ink [&_a]:hover:underline">{footer}</footer>
        )}
      </div>
    </div>
  );
}

export function AuthForm({
  onSubmit,
  refused,
  children,
}: {
  onSubmit: () => void;
  /** What the server refused it with. */
  refused?: unknown;
  children: ReactNode;
}) {
  const form = useRef<HTMLFormElement>(null);
  // To what it refused, wherever the focus was when it was sent.
  useEffect(() => {
    if (refused) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refused]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    onSubmit();
    // To where something is missing, once the form says so.
    requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  return (
    <form ref={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
      {children}
    </form>
  );
}
