// Markdown source → HTML string. The result is still untrusted: only ui/SafeHtml puts it into the page, after
// sanitising. Raw HTML in the source is shown as the text it is, and images become links (loading them would tell their
// host who reads the channel).
import { Marked, type Tokens } from "marked";

export interface MentionLookup {
  /** Display name for a handle, or null when nobody has it. */
  nameOf(handle: string): string | null;
  /** Does this handle (or @channel / @here) call the reader? */
  isMe(handle: string): boolean;
}

const escapeText = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c] ?? c);

const EVERYONE = new Set(["channel", "here"]);

// One parser; the lookup of the running call is handed over in a variable because marked's renderers take no context.
let lookup: MentionLookup | null = null;

const marked = new Marked({ gfm: true, breaks: true, async: false });
marked.use({
  renderer: {
    html: (token: Tokens.HTML | Tokens.Tag) => escapeText(token.text),
    image: (token: Tokens.Image) => `<a href="${escapeText(token.href)}">${escapeText(token.text || token.href)}</a>`,
    checkbox: (token: Tokens.Checkbox) => (token.checked ? "☑ " : "☐ "),
  },
  extensions: [
    {
      name: "mention",
      level: "inline",
      start: (src: string) => {
        const at = src.search(/(?:^|[^\p{L}\p{N}_])@[a-z0-9]/iu);
        if (at < 0) return undefined;
        return src[at] === "@" ? at : at + 1;
      },
      tokenizer(src: string) {
        const match = /^@([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)/i.exec(src);
        const handle = match?.[1]?.toLowerCase();
        if (!match || !handle || !lookup) return undefined;
        const name = EVERYONE.has(handle) ? handle : lookup.nameOf(handle);
        if (name === null) return undefined;
        return { type: "mention", raw: match[0], handle, name };
      },
      renderer(token) {
        const me = lookup?.isMe(String(token.handle)) ? " mention-me" : "";
        return `<span class="mention${me}">@${escapeText(String(token.name))}</span>`;
      },
    },
  ],
});

export function renderMarkdown(source: string, mentions: MentionLookup | null = null): string {
  lookup = mentions;
  try {
    return marked.parse(source) as string;
  } catch {
    // A parser's bug must not hide what somebody wrote.
    return `<p>${escapeText(source)}</p>`;
  } finally {
    lookup = null;
  }
}
