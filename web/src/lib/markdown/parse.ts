// Markdown → a tree of what is to be shown. CommonMark with GFM's tables, task lists, strikethrough (two tildes) and bare
// addresses; no HTML (it is text) and no reference definitions ("[9:30]: stand-up" is talk, not a definition). The tree
// holds text and addresses only, so nothing that is written can become markup.
import markdownIt, { type MarkdownIt, type StateBlock, type StateInline, type Token } from "markdown-it";
import { type Mark, mailAt, mentionAt, urlAt } from "./marks";

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "break" }
  | { kind: "code"; text: string }
  | { kind: "mention"; handle: string; text: string }
  | { kind: "link"; href: string; children: Inline[] }
  | { kind: "em" | "strong" | "del"; children: Inline[] };

export type Align = "left" | "center" | "right" | null;

export interface Item {
  /** A task list's box; null: an ordinary item. */
  done: boolean | null;
  children: Block[];
}

export type Block =
  /** `tight`: an item's text that stands without the distance of a paragraph. */
  | { kind: "paragraph"; tight: boolean; children: Inline[] }
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "quote"; children: Block[] }
  | { kind: "list"; start: number | null; items: Item[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "table"; align: Align[]; rows: Inline[][][] }
  | { kind: "rule" };

/** Quotes and lists inside one another. What is deeper is no longer talk: the whole message is shown as it was typed. */
const DEEPEST = 20;
/** Emphasis inside emphasis that is still shown as such. */
const DEEPEST_INLINE = 20;
/** Cells of a table. GFM fills up short rows, so that a few kilobytes could ask for millions. */
const MOST_CELLS = 2500;

/** Ends what is plain text: all that has a meaning, and where a word may be an address. */
const STOP = /[\n!&*<@[\]\\_`~]|(?<![A-Za-z0-9])(?:https?:\/\/|www\.)|(?<![A-Za-z0-9.+_-])[a-z0-9][a-z0-9.+_-]*@/gi;

function text(state: StateInline, silent: boolean): boolean {
  STOP.lastIndex = state.pos;
  const end = Math.min(STOP.exec(state.src)?.index ?? state.posMax, state.posMax);
  if (end === state.pos) return false;
  if (!silent) state.pending += state.src.slice(state.pos, end);
  state.pos = end;
  return true;
}

const markOf = (token: Token): Mark | null => (token.meta as { mark?: Mark } | null)?.mark ?? null;

function mark(state: StateInline, silent: boolean): boolean {
  if (state.linkLevel > 0) return false;
  const { src, pos } = state;
  const last = state.tokens.at(-1);
  const found =
    src[pos] === "@"
      ? mentionAt(src, pos, last ? (markOf(last)?.end ?? -1) : -1)
      : (urlAt(src, pos) ?? mailAt(src, pos));
  if (!found || found.end > state.posMax) return false;
  if (!silent) {
    const token = state.push("mark", "", 0);
    token.meta = { mark: found };
    token.content = src.slice(pos, found.end);
  }
  state.pos = found.end;
  return true;
}

/** Characters that mean something to the grammar, not counting the full stop of a list's number. */
const MEANT = /[*_~`#<>[\]()!|+\-@&]/;

function make(preset: "default" | "zero"): MarkdownIt {
  const md = markdownIt(preset, { html: false, linkify: false, breaks: true, maxNesting: 2 * DEEPEST + 4 });
  md.inline.ruler.at("text", text);
  md.inline.ruler.before("text", "mark", mark);
  // Addresses stay as they were written; which of them lead anywhere is decided in `hrefOf`.
  md.normalizeLink = (url) => url;
  md.normalizeLinkText = (url) => url;
  md.validateLink = () => true;
  return md;
}

const rich = make("default").disable(["reference", "lheading"]);
boundTables(rich);
endQuotes(rich);
keepBackslashes(rich);
const plain = make("zero").enable(["newline"]);

function boundTables(md: MarkdownIt): void {
  // The rule itself is asked for only where the table that it would make is of a bearable size.
  const rules = md.block.ruler.getRules("");
  const table = rules[0];
  if (!table) return;
  md.block.ruler.at(
    "table",
    (state: StateBlock, start: number, end: number, silent: boolean) => {
      const line = (n: number) => state.src.slice(state.bMarks[n], state.eMarks[n]);
      if (start + 1 >= end || !/^[\s>|:*+\-\d.)]*$/.test(line(start + 1)) || !line(start + 1).includes("-"))
        return false;
      const columns = line(start + 1).split("|").length;
      let rows = 1;
      while (start + rows + 1 < end && columns * rows <= MOST_CELLS && !state.isEmpty(start + rows + 1)) rows++;
      return columns * rows <= MOST_CELLS && table(state, start, end, silent);
    },
    { alt: ["paragraph", "reference"] },
  );
}

/** What stands under a quote without a `>` is an answer to it, not a part of it. */
function endQuotes(md: MarkdownIt): void {
  const quote = md.block.ruler.getRules("")[3];
  if (!quote) return;
  md.block.ruler.at(
    "blockquote",
    (state: StateBlock, start: number, end: number, silent: boolean) => {
      const quoted = (n: number) =>
        (state.sCount[n] ?? 0) <= 3 && state.src[(state.bMarks[n] ?? 0) + (state.tShift[n] ?? 0)] === ">";
      let last = start;
      while (state.level === 0 && last < end && quoted(last)) last++;
      return quote(state, start, state.level === 0 && last > start ? last : end, silent);
    },
    { alt: ["paragraph", "reference", "blockquote", "list"] },
  );
}

/** A backslash goes only where it takes a mark's meaning away: `C:\Users\.ssh`, `\\server` and `\"` stay as they were typed. */
function keepBackslashes(md: MarkdownIt): void {
  md.core.ruler.before("text_join", "backslash", ({ tokens }) => {
    for (const { children } of tokens) {
      children?.forEach((token, at) => {
        if (token.type !== "text_special" || token.info !== "escape") return;
        const number = token.content === "." && at === 1 && /^\d+$/.test(children[0]?.content ?? "");
        if (!number && !MEANT.test(token.content)) token.content = token.markup;
      });
    }
  });
}

/** What an address in a link leads to; none: nowhere that a message may send its reader. */
export function hrefOf(address: string): string | null {
  return /^(?:https?:|mailto:)/i.test(address) ? address : null;
}

export function parse(source: string): Block[] {
  const tokens = rich.parse(source, {});
  return build(tooDeep(tokens) ? plain.parse(source, {}) : tokens);
}

function tooDeep(tokens: readonly Token[]): boolean {
  let depth = 0;
  return tokens.some((token) => {
    if (token.type === "blockquote_open" || token.type === "list_item_open") depth += 1;
    else if (token.type === "blockquote_close" || token.type === "list_item_close") depth -= 1;
    return depth > DEEPEST;
  });
}

function build(tokens: readonly Token[]): Block[] {
  const root: Block[] = [];
  const open: Block[][] = [root];
  const lists: Item[][] = [];
  let table: (Block & { kind: "table" }) | null = null;
  const put = (block: Block) => open.at(-1)?.push(block);
  for (const [at, token] of tokens.entries()) {
    switch (token.type) {
      case "inline": {
        const before = tokens[at - 1];
        const children = inline(token.children ?? []);
        if (table) table.rows.at(-1)?.push(children);
        else if (before?.type === "heading_open") put({ kind: "heading", level: Number(before.tag[1]), children });
        else put({ kind: "paragraph", tight: before?.hidden ?? false, children });
        break;
      }
      case "blockquote_open": {
        const children: Block[] = [];
        put({ kind: "quote", children });
        open.push(children);
        break;
      }
      case "bullet_list_open":
      case "ordered_list_open": {
        const items: Item[] = [];
        const start = token.type === "ordered_list_open" ? Number(token.attrGet("start") ?? 1) : null;
        put({ kind: "list", start, items });
        lists.push(items);
        break;
      }
      case "list_item_open": {
        const children: Block[] = [];
        lists.at(-1)?.push({ done: null, children });
        open.push(children);
        break;
      }
      case "list_item_close": {
        open.pop();
        const item = lists.at(-1)?.at(-1);
        if (item) takeBox(item);
        break;
      }
      case "blockquote_close":
        open.pop();
        break;
      case "bullet_list_close":
      case "ordered_list_close":
        lists.pop();
        break;
      case "fence":
      case "code_block":
        put({ kind: "code", language: token.info.trim().split(/\s+/)[0] ?? "", text: token.content });
        break;
      case "hr":
        put({ kind: "rule" });
        break;
      case "table_open":
        table = { kind: "table", align: [], rows: [] };
        put(table);
        break;
      case "table_close":
        table = null;
        break;
      case "tr_open":
        table?.rows.push([]);
        break;
      case "th_open":
        table?.align.push(alignOf(token));
        break;
    }
  }
  return root;
}

const alignOf = (token: Token): Align => {
  const align = /text-align:(left|center|right)/.exec(String(token.attrGet("style") ?? ""))?.[1];
  return align === "left" || align === "center" || align === "right" ? align : null;
};

/** `[ ] ` and `[x] ` at an item's beginning are its box. */
function takeBox(item: Item): void {
  const [first] = item.children;
  if (first?.kind !== "paragraph") return;
  const [lead] = first.children;
  const box = lead?.kind === "text" ? /^\[([ xX])\]\s/.exec(lead.text) : null;
  if (lead?.kind !== "text" || !box) return;
  item.done = box[1] !== " ";
  lead.text = lead.text.slice(box[0].length);
}

function inline(tokens: readonly Token[]): Inline[] {
  const root: Inline[] = [];
  const open: Inline[][] = [root];
  let linked = false;
  const put = (node: Inline) => open.at(-1)?.push(node);
  const enter = (node: Inline & { children: Inline[] }) => {
    // Too deep: what is inside goes on in the text around it.
    if (open.length <= DEEPEST_INLINE) put(node);
    open.push(open.length <= DEEPEST_INLINE ? node.children : (open.at(-1) ?? root));
  };
  for (const token of tokens) {
    switch (token.type) {
      case "text":
        if (token.content) put({ kind: "text", text: token.content });
        break;
      case "softbreak":
      case "hardbreak":
        put({ kind: "break" });
        break;
      case "code_inline":
        put({ kind: "code", text: token.content });
        break;
      case "mark": {
        const found = markOf(token);
        if (!found) break;
        if (found.kind === "mention") put({ kind: "mention", handle: found.handle, text: token.content });
        else put({ kind: "link", href: found.href, children: [{ kind: "text", text: token.content }] });
        break;
      }
      case "image": {
        // A picture would tell its host who reads here: it is a link.
        const href = String(token.attrGet("src") ?? "");
        const label: Inline = { kind: "text", text: token.content || href };
        put(linked ? label : { kind: "link", href, children: [label] });
        break;
      }
      case "link_open":
        linked = true;
        enter({ kind: "link", href: String(token.attrGet("href") ?? ""), children: [] });
        break;
      case "em_open":
        enter({ kind: "em", children: [] });
        break;
      case "strong_open":
        enter({ kind: "strong", children: [] });
        break;
      case "s_open":
        enter({ kind: "del", children: [] });
        break;
      case "link_close":
        linked = false;
        open.pop();
        break;
      case "em_close":
      case "strong_close":
      case "s_close":
        open.pop();
        break;
    }
  }
  return root;
}
