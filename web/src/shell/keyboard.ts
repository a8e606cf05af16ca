// The keyboard of the frame: runs what the commands on the screen say of a key. Keys of fields and lists live with them.
import { useEffect } from "react";
import { strokeOf } from "@/lib/keys";
import type { CommandStack } from "@/platform/app/commands";

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

const isCommand = (event: KeyboardEvent): boolean => event.ctrlKey || event.metaKey || event.altKey;

export function useKeyboard(stack: CommandStack): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const typing = isTyping(event.target);
      const command = typing && !isCommand(event) ? undefined : stack.at(strokeOf(event));
      // What is being filled in in a dialog would be thrown away. The browser does not take the key instead.
      const dialog = document.querySelector('[role="dialog"]') !== null;
      if (command) {
        if (!dialog || event.ctrlKey || event.metaKey) event.preventDefault();
        if (!dialog) command.run();
        return;
      }
      if (dialog || typing) return;
      // Just start to type: what nothing else takes is for the composer.
      if (event.key.length === 1 && event.key !== " " && !isCommand(event))
        document.querySelector<HTMLElement>("[data-composer]")?.focus();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [stack]);
}
