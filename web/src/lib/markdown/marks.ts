// What a message holds besides Markdown: people, addresses of pages, addresses of mail. The server reads them by the same
// rules (crates/apps/chat/src/message/grammar/marks.rs); tests/cases/message-text.json holds for both.

export type Mark =
  | { kind: "mention"; handle: string; end: number }
  | { kind: "url"; href: string; end: number }
  | { kind: "mail"; href: string; end: number };

/** These address everybody in the channel. Until there is presence, @here means the same. */
export const EVERYBODY: ReadonlySet<string> = new Set(["all", "channel", "everyone", "here"]);

const HANDLE = /@([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)/y;
const LONGEST_HANDLE = 32;

// Scripts that are written without spaces between words: there a mention needs none before or after it.
const UNSPACED =
  /[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u2E80-\uA4CF\uAC00-\uD7AF\uF900-\uFAFF\uFF00-\uFFEF\u{20000}-\u{3FFFF}]/u;
const WORD = /[\p{Alphabetic}\p{N}]|[\u0300-\u036F]/u;

const joinsWord = (char: string): boolean => WORD.test(char) && !UNSPACED.test(char);

/** The character that ends before `at`, whole even where it takes two units. */
function before(src: string, at: number): string {
  if (at <= 0) return "";
  const low = src.charCodeAt(at - 1);
  return low >= 0xdc00 && low <= 0xdfff && at > 1 ? src.slice(at - 2, at) : src.charAt(at - 1);
}

const after = (src: string, at: number): string => {
  const point = src.codePointAt(at);
  return point === undefined ? "" : String.fromCodePoint(point);
};

/** Whether what stands before an `@` lets it begin a mention; of a slash it depends on what stands before that. */
export const mayBegin = (src: string, at: number): boolean => {
  const prior = before(src, at);
  return prior !== "@" && !joinsWord(prior);
};

/** `spoken`: a mention ends where this one begins, or one character before it, as in @ada/@bob. */
export function mentionAt(src: string, at: number, spoken: number): Mark | null {
  HANDLE.lastIndex = at;
  const handle = HANDLE.exec(src)?.[1];
  if (!handle || handle.length > LONGEST_HANDLE) return null;
  if (!mayBegin(src, at) || (before(src, at) === "/" && spoken !== at - 1)) return null;
  const end = at + 1 + handle.length;
  const next = after(src, end);
  if (next === "@" || joinsWord(next)) return null;
  return { kind: "mention", handle: handle.toLowerCase(), end };
}

// Spelt out: with the flags i and u, a long s (ſ) would be an s.
const URL_START = /(?:[Hh][Tt][Tt][Pp][Ss]?:\/\/|[Ww][Ww][Ww]\.)[\p{L}\p{N}]/uy;
// Ends an address: space and control, what Markdown needs for itself, and the punctuation of scripts that put no space
// after it.
const URL_END =
  /[\s\p{Cc}<>"`[\]\\|{}^\u00AB\u00BB\u060C\u061B\u061F\u06D4\u0964\u0965\u2000-\u206F\u3000-\u3004\u3008-\u3020\u3030\u303D\uFE30-\uFE6F\uFEFF\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65]/gu;

export function urlAt(src: string, at: number): Mark | null {
  URL_START.lastIndex = at;
  const start = URL_START.exec(src);
  if (!start || /[A-Za-z0-9]/.test(before(src, at))) return null;
  URL_END.lastIndex = at + start[0].length;
  const end = trimmed(src, at, URL_END.exec(src)?.index ?? src.length);
  if (end < at + start[0].length) return null;
  const text = src.slice(at, end);
  return { kind: "url", href: /^www/i.test(text) ? `http://${text}` : text, end };
}

/** An address does not end in punctuation, in an entity, or in a bracket that it has not opened (GFM). */
function trimmed(src: string, start: number, stop: number): number {
  let end = stop;
  let open = 0;
  for (let i = start; i < end; i++) open += src[i] === "(" ? 1 : src[i] === ")" ? -1 : 0;
  for (;;) {
    const last = src.charAt(end - 1);
    if (last === ";") {
      let i = end - 2;
      while (i > start && /[A-Za-z0-9]/.test(src.charAt(i))) i--;
      end = src[i] === "&" && i < end - 2 ? i : end - 1;
    } else if (last === ")" && open < 0) {
      open++;
      end--;
    } else if (last !== "" && "?!.,:*_~'".includes(last)) end--;
    else return end;
    if (end <= start) return end;
  }
}

const MAIL = /[A-Za-z0-9][A-Za-z0-9.+_-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/y;

export function mailAt(src: string, at: number): Mark | null {
  if (/[A-Za-z0-9.+_-]/.test(before(src, at))) return null;
  MAIL.lastIndex = at;
  const found = MAIL.exec(src)?.[0];
  if (!found || found.endsWith("-") || found.length > 254) return null;
  return { kind: "mail", href: `mailto:${found}`, end: at + found.length };
}
