// Whom a text calls, as the grammar sees it: for tests and the stand-in for the server.
import { type Block, type Inline, parse } from "@/lib/markdown/parse";

/** Sees every piece of text in order, also those inside others. */
export function eachInline(blocks: readonly Block[], see: (node: Inline) => void): void {
  const inline = (nodes: readonly Inline[]) => {
    for (const node of nodes) {
      see(node);
      if ("children" in node) inline(node.children);
    }
  };
  for (const block of blocks) {
    if (block.kind === "list") for (const item of block.items) eachInline(item.children, see);
    else if (block.kind === "table") block.rows.flat().forEach(inline);
    else if (block.kind === "quote") eachInline(block.children, see);
    else if ("children" in block) inline(block.children);
  }
}

/** The handles in a text, each once, those for everybody among them. */
export function calledIn(source: string): Set<string> {
  const called = new Set<string>();
  eachInline(parse(source), (node) => {
    if (node.kind === "mention") called.add(node.handle);
  });
  return called;
}
