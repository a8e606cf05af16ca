// Editing in place. Enter saves, Escape cancels; a refused save keeps the text and says why.
import { useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { explain } from "@/api/error";
import type { Message } from "@/api/types";
import { t } from "@/lib/text";
import { isTouch } from "@/lib/touch";
import { Button } from "@/ui/Button";
import { useChat } from "../context";
import { editMessage } from "./change";

export function MessageEditor({ message, onDone }: { message: Message; onDone: () => void }) {
  const { org } = useChat();
  const client = useQueryClient();
  const [text, setText] = useState(message.body);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    const element = field.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, []);

  const save = async () => {
    const next = text.trim();
    if (!next || next === message.body) return onDone();
    setBusy(true);
    setProblem(null);
    try {
      await editMessage(client, org, message, next);
      onDone();
    } catch (error) {
      setProblem(explain(error));
      setBusy(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") onDone();
    if (event.key === "Enter" && !event.shiftKey && !isTouch() && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void save();
    }
  };
  return (
    <div className="my-1">
      <textarea
        ref={field}
        aria-label={t.chat.editLabel}
        value={text}
        disabled={busy}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        rows={Math.min(10, text.split("\n").length + 1)}
        className="field-sizing-content max-h-72 w-full resize-none rounded-md border border-line-strong bg-canvas px-3 py-2 text-md outline-offset-0"
      />
      <div className="mt-1 flex flex-wrap items-center gap-2">
        <Button size="small" kind="primary" busy={busy} onClick={save}>
          {t.chat.saveEdit}
        </Button>
        <Button size="small" kind="quiet" onClick={onDone}>
          {t.common.cancel}
        </Button>
        {problem ? (
          <span role="alert" className="text-danger text-sm">
            {problem}
          </span>
        ) : (
          <span className="text-ink-3 text-xs max-md:hidden">{t.chat.editHint}</span>
        )}
      </div>
    </div>
  );
}
