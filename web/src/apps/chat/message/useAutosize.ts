// A textarea that grows with its text, where the browser does not do it by itself (field-sizing: content).
import { type RefObject, useLayoutEffect } from "react";

const NATIVE = typeof CSS !== "undefined" && CSS.supports?.("field-sizing", "content");

export function useAutosize(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what changes the height.
  useLayoutEffect(() => {
    const element = field.current;
    if (NATIVE || !element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text, field]);
}
