// A search box over grouped choices, worked by keyboard: the palette's shape without its content.
import { Dialog as Base } from "@base-ui/react/dialog";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { cx } from "@/lib/cx";
import { Kbd } from "./Bits";
import { useOpener } from "./useOpener";

export interface CommandItem {
  key: string;
  label: string;
  note?: string | undefined;
  icon: ReactNode;
  badge?: ReactNode;
  /** The keys that do the same. */
  caps?: readonly string[];
  onSelect: () => void;
}
export interface CommandGroup {
  title: string;
  items: readonly CommandItem[];
}

export interface CommandBoxProps {
  title: string;
  placeholder: string;
  empty: string;
  hint: string;
  query: string;
  onQuery: (query: string) => void;
  groups: readonly CommandGroup[];
  onClose: () => void;
}

export function CommandBox({ title, placeholder, empty, hint, query, onQuery, groups, onClose }: CommandBoxProps) {
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const opener = useOpener(true);
  const items = groups.flatMap((group) => group.items);
  const current = Math.min(chosen, items.length - 1);
  const select = (item: CommandItem | undefined) => {
    if (!item) return;
    onClose();
    item.onSelect();
  };
  useEffect(() => {
    list.current?.querySelector(`[id="${id}-${current}"]`)?.scrollIntoView({ block: "nearest" });
  }, [current, id]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length > 0) setChosen((current + step + items.length) % items.length);
    else if (event.key === "Enter") select(items[current]);
    else return;
    event.preventDefault();
  };

  let index = -1;
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-shade" />
        <Base.Popup
          initialFocus={input}
          finalFocus={opener}
          aria-label={title}
          className="fixed top-[12vh] left-1/2 z-40 flex max-h-[70dvh] w-[36rem] max-w-[calc(100vw-1.5rem)] -translate-x-1/2 animate-fade flex-col overflow-hidden rounded-lg bg-raised shadow-lift max-sm:top-3"
        >
          <input
            ref={input}
            type="text"
            role="combobox"
            aria-label={title}
            aria-expanded={items.length > 0}
            aria-controls={`${id}-list`}
            aria-activedescendant={items.length > 0 ? `${id}-${current}` : undefined}
            aria-autocomplete="list"
            autoComplete="off"
            spellCheck={false}
            placeholder={placeholder}
            value={query}
            onChange={(event) => {
              onQuery(event.target.value);
              setChosen(0);
            }}
            onKeyDown={onKeyDown}
            className="h-13 shrink-0 border-line border-b bg-transparent px-4 text-md outline-none placeholder:text-ink-3 max-md:text-[16px]"
          />
          <div
            ref={list}
            id={`${id}-list`}
            role="listbox"
            aria-label={title}
            className="min-h-0 flex-1 overflow-y-auto p-1.5"
          >
            {groups
              .filter((group) => group.items.length > 0)
              .map((group) => (
                // biome-ignore lint/a11y/useSemanticElements: a group of options, not a fieldset.
                <div key={group.title} role="group" aria-label={group.title}>
                  <div aria-hidden="true" className="px-2.5 pt-2 pb-1 font-medium text-ink-3 text-xs">
                    {group.title}
                  </div>
                  {group.items.map((item) => {
                    index += 1;
                    const at = index;
                    return (
                      // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the text field.
                      <div
                        key={item.key}
                        id={`${id}-${at}`}
                        role="option"
                        tabIndex={-1}
                        aria-selected={at === current}
                        onMouseMove={() => at !== current && setChosen(at)}
                        onMouseDown={(event) => event.preventDefault()}
                        onClick={() => select(item)}
                        className={cx(
                          "flex h-9 items-center gap-2.5 rounded-md px-2.5 max-md:h-11",
                          at === current && "bg-hover",
                        )}
                      >
                        <span className="flex w-5 shrink-0 justify-center text-ink-2">{item.icon}</span>
                        <span className="min-w-0 truncate">{item.label}</span>
                        <span className={cx("flex-1 truncate text-ink-3 text-sm", item.note ? "min-w-24" : "min-w-0")}>
                          {item.note}
                        </span>
                        {item.badge}
                        {item.caps?.map((cap) => (
                          <Kbd key={cap}>{cap}</Kbd>
                        ))}
                      </div>
                    );
                  })}
                </div>
              ))}
          </div>
          {items.length === 0 && (
            <p role="status" className="px-4 pt-2 pb-6 text-center text-ink-2">
              {empty}
            </p>
          )}
          <p className="border-line border-t px-4 py-2 text-ink-3 text-xs max-sm:hidden">{hint}</p>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
