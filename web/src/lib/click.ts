// What a click on a link asks for.
interface Click {
  button: number;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** Whether a click on a link follows it here: another button or a held key asks the browser for a tab, a window or a file. */
export const isPlainClick = (click: Click): boolean =>
  click.button === 0 && !(click.ctrlKey || click.metaKey || click.shiftKey || click.altKey);
