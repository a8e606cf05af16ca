// Writing into a text field as its user would, so that undo takes it back: the browser forgets what can be undone as soon
// as a script sets a field's value.

/** Puts a text where this stretch is, and the focus there. A browser that cannot leaves the field as it was. */
export function writeOver(field: HTMLTextAreaElement, start: number, end: number, text: string): void {
  field.focus();
  field.setSelectionRange(start, end);
  // Deprecated, and all the same the one way into the field's own history, in every browser.
  if (document.activeElement === field) document.execCommand?.("insertText", false, text);
}

/** Whether that input put something there, rather than taking it away or back: only then is it looked at for what to make of it. */
export const isWritten = (event: Event): boolean =>
  !(event instanceof InputEvent && /^(history|delete)/.test(event.inputType));
