// How names are found and put in order, everywhere. Only for what is on the page: which texts are the same is the server's
// to say (crates/base/kernel/src/text).

/** Scripts whose marks people leave out when they look for something. Elsewhere a mark is as much as a letter: `कि` and `का`
 * are two syllables, `が` and `か` two sounds. With them Hangul, so that a syllable is found while it is being typed. */
const LEFT_OUT =
  /(?:[\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Hangul}]\p{M}*)+|\p{Default_Ignorable_Code_Point}+/gu;

/** Letters that are not taken apart, as who does not have them on the keyboard writes them. */
const WRITTEN: Readonly<Record<string, string>> = {
  æ: "ae",
  ð: "d",
  đ: "d",
  ħ: "h",
  ı: "i",
  ł: "l",
  ø: "o",
  œ: "oe",
  ŧ: "t",
  þ: "th",
  ς: "σ",
};

/** As people type it: without case, accents or forms of width. */
export const plain = (text: string): string =>
  // By way of capitals, of which there are the fewest: `ß` is `SS`.
  text
    .normalize("NFKC")
    .toUpperCase()
    .toLowerCase()
    .replace(LEFT_OUT, (part) => part.normalize("NFD").replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, ""))
    .replace(/[’‘ʼʻ´]/g, "'")
    .replace(/[æðđħıłøœŧþς]/g, (letter) => WRITTEN[letter] ?? letter);

// One for all comparisons: localeCompare makes a new one each time, which thousands of names would feel.
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** In the order in which people look for them: "channel 2" before "channel 10". */
export const byName = (a: { name: string }, b: { name: string }): number => collator.compare(a.name, b.name);
