// What counts as written. The server has the last word (crates/base/kernel/src/text); this is the same rule, so that
// nothing is sent which it can only refuse, and nothing is lost on the way which it would keep.

/** All but blanks, what leaves no mark, and marks with nothing to stand on. Braille's and the hieroglyphs' blanks, a note
 * without a head, the place of an object and annotation's marks count as letters and symbols, and show nothing. */
const SHOWN =
  /[^\s\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Mn}\p{Me}\p{Cc}\u2800\u{13441}\u{13442}\u{1D159}\uFFF9-\uFFFC]/u;

/** Whether a text shows anything at all. */
export const shows = (text: string): boolean => SHOWN.test(text);

/** Without blank lines before it and blanks after it. The first line keeps its indent: four spaces make it code. */
export const written = (text: string): string => text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();

/** How many characters a text has beyond a limit, counted as the server does: an emoji's two halves are one. */
export const beyond = (text: string, limit: number): number =>
  text.length <= limit ? 0 : Math.max(0, [...text].length - limit);
