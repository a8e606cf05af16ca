// Where messages are written. Its text lives here alone, so a keystroke renders nothing but this component.
import { SendHorizontal, Smile } from "lucide-react";
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { flushSync } from "react-dom";
import type { Member } from "@/api/types";
import { t } from "@/apps/chat/text";
import { cx } from "@/lib/cx";
import { findEmoji } from "@/lib/emoji";
import { isTouch } from "@/lib/touch";
import { arriveAt } from "@/lib/typeahead";
import { isWritten, writeOver } from "@/lib/writeOver";
import { beyond, shows, written } from "@/lib/written";
import { findMembers, type Near } from "@/platform/members/find";
import { noteOf } from "@/platform/members/note";
import type { Directory } from "@/platform/members/queries";
import { Avatar } from "@/ui/Bits";
import { IconButton } from "@/ui/Button";
import { Popover } from "@/ui/Menu";
import { closeEmoji, complete, type Replacement, triggerAt } from "./autocomplete";
import { EmojiPicker } from "./EmojiPicker";
import { useAutosize } from "./useAutosize";
import { useDraft } from "./useDraft";

export const MAX_BODY = 8000;

export interface ComposerHandle {
  focus: () => void;
  /** Takes no text while it is being held. */
  hold: (held: boolean) => void;
  /** Takes a text back that could not be sent, before what stands there. */
  takeBack: (text: string) => void;
}

export interface ComposerProps {
  user: string;
  channel: string;
  label: string;
  directory: Directory;
  /** Who comes first among those whose names fit. */
  near?: Near;
  /** Somebody is about to be mentioned. */
  onMention?: () => void;
  handle: RefObject<ComposerHandle | null>;
  onSend: (body: string) => void;
  /** Up in an empty composer. */
  onEditLast: () => void;
  onMarkRead: () => void;
}

interface Suggestion {
  key: string;
  insert: string;
  title: string;
  note: string;
  member?: Member;
}

export function Composer({
  user,
  channel,
  label,
  directory,
  near,
  onMention,
  handle,
  onSend,
  onEditLast,
  onMarkRead,
}: ComposerProps) {
  const { text, setText, clear } = useDraft(user, channel);
  const [caret, setCaret] = useState(-1);
  const [chosen, setChosen] = useState(0);
  const [closed, setClosed] = useState<number | null>(null);
  const [picking, setPicking] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  useAutosize(field, text);
  const [held, setHeld] = useState(false);
  // Opening a conversation means to write in it. On a touch device a keyboard would slide over what is to be read.
  useEffect(() => {
    if (!isTouch() && !document.querySelector('[role="dialog"]')) focusAtEnd(field.current);
  }, []);

  // What was typed on the way here goes on from the draft; an Enter in it sends what was there by then.
  const latest = useRef({ text, onSend });
  latest.current = { text, onSend };
  useLayoutEffect(
    () =>
      arriveAt(channel, (typed) => {
        const lines = typed.split("\n");
        const rest = lines.pop() ?? "";
        lines.forEach((line, index) => {
          const body = written(index === 0 ? latest.current.text + line : line);
          if (shows(body)) latest.current.onSend(body);
        });
        if (typed !== "") setText(lines.length > 0 ? rest : latest.current.text + rest);
        if (typed !== "" || !isTouch()) focusAtEnd(field.current);
      }),
    [channel, setText],
  );

  const trigger = useMemo(() => (caret < 0 ? null : triggerAt(text, caret)), [text, caret]);
  const suggestions = useMemo(
    () => (trigger && trigger.start !== closed ? suggest(trigger.kind, trigger.typed, directory, near) : []),
    [trigger, closed, directory, near],
  );
  const mentioning = trigger?.kind === "mention";
  useEffect(() => {
    if (mentioning) onMention?.();
  }, [mentioning, onMention]);
  const current = Math.min(chosen, suggestions.length - 1);

  const put = ({ start, end, text: insert, skip }: Replacement) => {
    const element = field.current;
    if (!element) return;
    const next = element.value.slice(0, start) + insert + element.value.slice(end);
    const at = start + insert.length + skip;
    writeOver(element, start, end, insert);
    // In the field before the next key, which would otherwise land wherever the browser left the caret.
    flushSync(() => {
      setText(next);
      setCaret(at);
      setChosen(0);
    });
    element.setSelectionRange(at, at);
  };
  useImperativeHandle(handle, () => ({
    focus: () => field.current?.focus(),
    hold: setHeld,
    takeBack: (refused) => {
      const insert = text === "" ? refused : `${refused}\n`;
      put({ start: 0, end: 0, text: insert, skip: refused.length - insert.length });
    },
  }));
  const choose = (suggestion: Suggestion | undefined) => {
    if (suggestion && trigger) put(complete(text, trigger, suggestion.insert));
  };
  const over = beyond(written(text), MAX_BODY);
  const unseen = text.trim() !== "" && !shows(text);
  const send = () => {
    const body = written(text);
    if (!shows(body) || over > 0) return;
    onSend(body);
    clear();
    setCaret(-1);
    field.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (suggestions.length > 0) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) setChosen((current + step + suggestions.length) % suggestions.length);
      else if (event.key === "Enter" || event.key === "Tab") choose(suggestions[current]);
      else if (event.key === "Escape") setClosed(trigger?.start ?? null);
      else return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (held) return;
    if (event.key === "Enter" && !event.shiftKey && !isTouch()) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && text === "" && !event.altKey) {
      event.preventDefault();
      onEditLast();
    } else if (event.key === "Escape") {
      event.preventDefault();
      onMarkRead();
    }
  };

  return (
    <div className="relative shrink-0 px-5 pb-1.5 max-md:px-2 max-md:pb-[max(0.5rem,env(safe-area-inset-bottom))]">
      {suggestions.length > 0 && (
        <div
          id={listId}
          role="listbox"
          aria-label={trigger?.kind === "emoji" ? t.chat.emojiSuggestions : t.chat.mentionSuggestions}
          className="absolute bottom-full left-5 z-30 mb-1 w-96 max-w-[calc(100%-2.5rem)] rounded-lg bg-raised p-1 shadow-lift max-md:left-2"
        >
          {suggestions.map((suggestion, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the text field that owns the list.
            <div
              key={suggestion.key}
              id={`${listId}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === current}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(suggestion)}
              className={cx("flex h-8 items-center gap-2 rounded-md px-2 max-md:h-10", index === current && "bg-hover")}
            >
              {suggestion.member ? (
                <Avatar id={suggestion.member.id} name={suggestion.member.name} size={18} />
              ) : (
                <span className="w-[18px] text-center">{suggestion.key.startsWith("@") ? "@" : suggestion.key}</span>
              )}
              <span className="min-w-0 truncate">{suggestion.title}</span>
              <span className="min-w-24 flex-1 truncate text-ink-3 text-sm">{suggestion.note}</span>
            </div>
          ))}
        </div>
      )}
      <div className="flex items-end gap-1 rounded-lg border border-line-strong/60 bg-raised pr-1.5 pl-1 focus-within:border-ring focus-within:ring-1 focus-within:ring-ring">
        <textarea
          ref={field}
          data-composer=""
          aria-label={label}
          placeholder={label}
          rows={1}
          value={text}
          readOnly={held}
          aria-haspopup="listbox"
          aria-controls={suggestions.length > 0 ? listId : undefined}
          aria-autocomplete="list"
          aria-activedescendant={suggestions.length > 0 ? `${listId}-${current}` : undefined}
          aria-invalid={over > 0 || undefined}
          onChange={(event) => {
            const next = event.target.value;
            const at = event.target.selectionStart;
            // Undone, a name stays a name.
            const emoji = isWritten(event.nativeEvent) ? closeEmoji(next, at) : null;
            setChosen(0);
            setClosed(null);
            if (emoji) put(emoji);
            else {
              setText(next);
              setCaret(at);
            }
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
          onBlur={() => setCaret(-1)}
          onKeyDown={onKeyDown}
          className="field-sizing-content max-h-[40vh] min-h-11 w-full min-w-0 flex-1 resize-none bg-transparent px-2.5 py-2.5 text-md outline-none placeholder-shown:truncate placeholder:text-ink-3 max-md:text-[16px]"
        />
        <div className="flex items-center pb-1.5 max-md:pb-0.5">
          <Popover
            label={t.chat.emojiPicker}
            open={picking}
            onOpenChange={setPicking}
            trigger={<IconButton label={t.chat.emojiPicker} icon={<Smile size={18} aria-hidden="true" />} />}
          >
            <EmojiPicker
              onPick={(emoji) => {
                setPicking(false);
                // A field keeps its selection while the focus is in the picker.
                const { selectionStart: start = 0, selectionEnd: end = 0 } = field.current ?? {};
                put({ start, end, text: emoji, skip: 0 });
                // The picker gives the focus back to its button when it has closed.
                requestAnimationFrame(() => field.current?.focus());
              }}
            />
          </Popover>
          <IconButton
            label={t.chat.send}
            icon={<SendHorizontal size={18} aria-hidden="true" />}
            disabled={!shows(text) || over > 0}
            onClick={send}
            className="text-accent disabled:text-ink-3"
          />
        </div>
      </div>
      <p className={cx("mt-1 flex h-4 gap-4 px-1 text-ink-3 text-xs", over === 0 && !unseen && "max-md:hidden")}>
        {over > 0 ? (
          <span role="alert" className="text-danger">
            {t.chat.tooLong(over)}
          </span>
        ) : unseen ? (
          <span role="alert">{t.chat.showsNothing}</span>
        ) : (
          text !== "" && (
            <>
              <span>{t.chat.hints}</span>
              <span className="ml-auto">{t.chat.newLineHint}</span>
            </>
          )
        )}
      </p>
    </div>
  );
}

/** Who comes back to a draft goes on from its end; a browser would put the caret before it. */
function focusAtEnd(field: HTMLTextAreaElement | null): void {
  field?.focus();
  field?.setSelectionRange(field.value.length, field.value.length);
}

function suggest(kind: "mention" | "emoji", typed: string, directory: Directory, near?: Near): Suggestion[] {
  if (kind === "emoji") {
    return findEmoji(typed, 7).map((emoji) => ({
      key: emoji.char,
      insert: emoji.char,
      title: `:${emoji.name}:`,
      note: "",
    }));
  }
  const everyone = (["channel", "here"] as const)
    .filter((word) => typed !== "" && word.startsWith(typed.toLowerCase()))
    .map((word) => ({
      key: `@${word}`,
      insert: `@${word}`,
      title: `@${word}`,
      note: word === "here" ? t.chat.everyoneHere : t.chat.everyone,
    }));
  return [
    ...findMembers(directory.active, typed, 7, near).map((member) => ({
      key: member.id,
      insert: `@${member.handle}`,
      title: member.name,
      note: noteOf(member),
      member,
    })),
    ...everyone,
  ];
}
