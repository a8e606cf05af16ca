// The table of cases that the server runs, too: what is written, and whom it calls, where it leads, how it is shown.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { calledIn, eachInline } from "@/testing/called";
import { EVERYBODY } from "./marks";
import { type Block, hrefOf, type Inline, type Item, parse } from "./parse";

interface Case {
  why: string;
  text: string;
  mentions?: string[];
  all?: boolean;
  links?: string[];
  html: string;
}

const FILE = resolve(import.meta.dirname, "../../../../tests/cases/message-text.json");
const CASES: Case[] = JSON.parse(readFileSync(FILE, "utf8"));

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function inlineHtml(nodes: readonly Inline[]): string {
  return nodes
    .map((node): string => {
      switch (node.kind) {
        case "text":
          return escaped(node.text);
        case "break":
          return "<br>";
        case "code":
          return `<code>${escaped(node.text)}</code>`;
        case "mention":
          return `<b>${escaped(node.text)}</b>`;
        case "link": {
          const href = hrefOf(node.href);
          return href ? `<a href="${escaped(href)}">${inlineHtml(node.children)}</a>` : inlineHtml(node.children);
        }
        default:
          return `<${node.kind}>${inlineHtml(node.children)}</${node.kind}>`;
      }
    })
    .join("");
}

function itemHtml({ done, children }: Item): string {
  return `<li>${done === null ? "" : done ? "[x]" : "[ ]"}${html(children)}</li>`;
}

function html(blocks: readonly Block[]): string {
  return (
    blocks
      // biome-ignore lint/suspicious/useIterableCallbackReturn: every kind of block returns; the compiler sees to it.
      .map((block): string => {
        switch (block.kind) {
          case "paragraph":
            return block.tight ? inlineHtml(block.children) : `<p>${inlineHtml(block.children)}</p>`;
          case "heading":
            return `<h${block.level}>${inlineHtml(block.children)}</h${block.level}>`;
          case "quote":
            return `<blockquote>${html(block.children)}</blockquote>`;
          case "list":
            return block.start === null
              ? `<ul>${block.items.map(itemHtml).join("")}</ul>`
              : `<ol start=${block.start}>${block.items.map(itemHtml).join("")}</ol>`;
          case "code":
            return `<pre${block.language ? ` lang=${block.language}` : ""}>${escaped(block.text)}</pre>`;
          case "rule":
            return "<hr>";
          case "table":
            return `<table>${block.rows
              .map(
                (row) =>
                  `<tr>${row.map((cell, at) => `<td${block.align[at] ? ` ${block.align[at]}` : ""}>${inlineHtml(cell)}</td>`).join("")}</tr>`,
              )
              .join("")}</table>`;
        }
      })
      .join("")
  );
}

function read(text: string) {
  const blocks = parse(text);
  const called = [...calledIn(text)];
  const links: string[] = [];
  eachInline(blocks, (node) => {
    if (node.kind === "link" && hrefOf(node.href)) links.push(node.href);
  });
  return {
    mentions: called.filter((handle) => !EVERYBODY.has(handle)),
    all: called.some((handle) => EVERYBODY.has(handle)),
    links,
    html: html(blocks),
  };
}

// REQ COMMS-12
describe("the grammar of messages", () => {
  it.each(CASES)("$why: $text", ({ text, mentions = [], all = false, links = [], html }) => {
    expect(read(text)).toEqual({ mentions, all, links, html });
  });
});
