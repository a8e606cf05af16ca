// Modal dialogs: a general one and the question before something that cannot be taken back.
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, type RefObject, useRef, useState } from "react";
import { isComposing } from "@/lib/composition";
import { cx } from "@/lib/cx";
import { t } from "@/lib/text";
import { Banner } from "./Banner";
import { Button } from "./Button";
import { useOpener } from "./useOpener";

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: string | undefined;
  wide?: boolean;
  /** What has the focus when it opens; else the first thing in it, not the cross that closes it. */
  initialFocus?: RefObject<HTMLElement | null>;
  children: ReactNode;
}

const FOCUSABLE = "input, select, textarea, button, a[href], [tabindex='0']";

export function Dialog({ open, onClose, title, description, wide, initialFocus, children }: DialogProps) {
  const content = useRef<HTMLDivElement>(null);
  const opener = useOpener(open);
  const first = (by: string) => {
    // A finger's keyboard would slide over the dialog.
    if (by === "touch") return true;
    const inside = [...(content.current?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])];
    return (
      inside.find((element) => element.autofocus) ?? inside.find((element) => !element.matches(":disabled")) ?? true
    );
  };
  // Whatever has the focus, a list to choose from for instance.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || isComposing(event.nativeEvent)) return;
    const form = content.current?.querySelector("form");
    if (!form) return;
    event.preventDefault();
    form.requestSubmit();
  };
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-shade transition-opacity duration-150 data-[ending-style]:opacity-0 data-[starting-style]:opacity-0" />
        <Base.Popup
          initialFocus={initialFocus ?? first}
          finalFocus={opener}
          onKeyDown={onKeyDown}
          className={cx(
            "fixed inset-x-0 bottom-0 z-40 flex max-h-[88dvh] flex-col rounded-t-lg bg-raised shadow-lift transition-[opacity,transform] duration-150 data-[ending-style]:translate-y-2 data-[starting-style]:translate-y-2 data-[ending-style]:opacity-0 data-[starting-style]:opacity-0 sm:inset-x-auto sm:top-[12vh] sm:bottom-auto sm:left-1/2 sm:max-h-[76dvh] sm:-translate-x-1/2 sm:rounded-lg",
            wide ? "sm:w-[40rem]" : "sm:w-[27rem]",
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <Base.Title className="truncate font-semibold text-md">{title}</Base.Title>
              {description && <Base.Description className="text-ink-2 text-sm">{description}</Base.Description>}
            </div>
            <Base.Close
              aria-label={t.common.close}
              className="-mr-1.5 flex size-7 items-center justify-center rounded-md text-ink-2 hover:bg-hover"
            >
              <X size={16} aria-hidden="true" />
            </Base.Close>
          </header>
          <div ref={content} className="-mt-1 min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-5">
            {children}
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  title: string;
  text: string;
  confirm: string;
  /** Rejecting keeps the dialog open and shows why. */
  onConfirm: () => Promise<unknown>;
  explain: (error: unknown) => string;
  /** What it is about, shown below the text. */
  children?: ReactNode;
}

export function Confirm({ open, onClose, title, text, confirm, onConfirm, explain, children }: ConfirmProps) {
  // The safe answer has the focus: Enter and Escape both leave everything as it is.
  const safe = useRef<HTMLButtonElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const close = () => {
    setProblem(null);
    onClose();
  };
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      close();
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open={open} onClose={close} title={title} initialFocus={safe}>
      <p className="text-ink-2">{text}</p>
      {children}
      {problem && (
        <Banner tone="danger" className="mt-3">
          {problem}
        </Banner>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button ref={safe} onClick={close}>
          {t.common.cancel}
        </Button>
        <Button kind="danger" busy={busy} onClick={run}>
          {confirm}
        </Button>
      </div>
    </Dialog>
  );
}
