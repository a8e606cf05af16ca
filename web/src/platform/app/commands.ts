// What can be done here, as data. The palette, the list of keys and tooltips show it, and the keyboard runs it. Whoever is
// on the screen adds a scope of commands; an inner scope's keys come before an outer one's.
import { createContext, type ReactNode, useContext, useEffect, useRef } from "react";

export interface Command {
  /** Unique; named as operations are: `chat.conversation.next`. */
  id: string;
  title: string;
  icon?: ReactNode;
  /** Any of these strokes runs it (lib/keys.ts). Those without Ctrl or Alt do not while somebody types. */
  keys?: readonly string[];
  /** Whether it can be run now. Asked when a key is pressed and when a list is shown, so it need not be kept up to date. */
  when?: () => boolean;
  /** `keys`: the palette leaves it out, since it makes sense only where one is. */
  only?: "keys";
  run: () => void;
}

/** Keys that a field or list handles by itself while it has the focus: for the list of keys only. */
export interface KeyNote {
  title: string;
  keys: readonly string[];
}

/** From the outermost to the innermost. */
const LEVELS = ["shell", "app", "page", "selection"] as const;

export interface Scope {
  level: (typeof LEVELS)[number];
  title: string;
  commands: readonly Command[];
  notes?: readonly KeyNote[];
}

const may = (command: Command): boolean => command.when?.() ?? true;

export class CommandStack {
  private slots: { scope: Scope }[] = [];

  /** Adds a scope; of one level, the one that came last is the innermost. */
  push(scope: Scope): { replace: (next: Scope) => void; remove: () => void } {
    const slot = { scope };
    this.slots.push(slot);
    return {
      replace: (next) => {
        slot.scope = next;
      },
      remove: () => {
        this.slots = this.slots.filter((other) => other !== slot);
      },
    };
  }

  /** From the innermost to the outermost. */
  get scopes(): readonly Scope[] {
    return this.slots
      .map(({ scope }) => scope)
      .reverse()
      .sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
  }

  /** What a key does now. */
  at(stroke: string): Command | undefined {
    for (const { commands } of this.scopes) {
      const found = commands.find((command) => command.keys?.includes(stroke) && may(command));
      if (found) return found;
    }
    return undefined;
  }

  /** What can be chosen from a list now. */
  get offered(): readonly Command[] {
    return this.scopes.flatMap(({ commands }) => commands).filter((command) => command.only !== "keys" && may(command));
  }

  /** The keys of a command, to be shown beside whatever else runs it. */
  keysOf(id: string): readonly string[] {
    for (const { commands } of this.scopes) {
      const found = commands.find((command) => command.id === id);
      if (found) return found.keys ?? [];
    }
    return [];
  }
}

export const CommandContext = createContext(new CommandStack());

export const useCommandStack = () => useContext(CommandContext);

/** Adds a scope for as long as the component is shown. */
export function useCommands(scope: Scope): void {
  const stack = useCommandStack();
  const latest = useRef(scope);
  const slot = useRef<ReturnType<CommandStack["push"]> | null>(null);
  useEffect(() => {
    latest.current = scope;
    slot.current?.replace(scope);
  });
  useEffect(() => {
    const pushed = stack.push(latest.current);
    slot.current = pushed;
    return () => {
      slot.current = null;
      pushed.remove();
    };
  }, [stack]);
}
