// A message's tree as elements. Text becomes text nodes and addresses are checked, so no sanitiser is needed and Trusted
// Types need no policy. Lists and quotes take the direction of their text (their signs stand on that side); every line of
// text inside has its own (index.css).
import { Fragment, memo, type ReactNode } from "react";
import { t } from "@/apps/chat/text";
import { cx } from "@/lib/cx";
import { isLargeEmoji } from "@/lib/emoji";
import { type Block, hrefOf, type Inline, type Item } from "@/lib/markdown/parse";
import { ownPlace } from "../own";
import { CodeBlock } from "./CodeBlock";

/** Who is called by a handle. */
export interface Call {
  name: string;
  /** Is it the reader? */
  mine: boolean;
}
type Whom = (handle: string) => Call | null;

export const Markdown = memo(function Markdown({ blocks, whom }: { blocks: readonly Block[]; whom: Whom }) {
  const [first] = blocks;
  const large = blocks.length === 1 && first?.kind === "paragraph" && isLargeEmoji(first.children);
  return large ? <div className="text-[2rem] leading-[2.75rem]">{all(blocks, whom)}</div> : all(blocks, whom);
});

// Nothing inside a text moves, so a node's place is its name.
const all = (blocks: readonly Block[], whom: Whom): ReactNode[] =>
  // biome-ignore lint/suspicious/noArrayIndexKey: see above.
  blocks.map((block, at) => <Fragment key={at}>{show(block, whom)}</Fragment>);
const text = (nodes: readonly Inline[], whom: Whom): ReactNode[] =>
  // biome-ignore lint/suspicious/noArrayIndexKey: see above.
  nodes.map((node, at) => <Fragment key={at}>{showInline(node, whom)}</Fragment>);

function show(block: Block, whom: Whom): ReactNode {
  switch (block.kind) {
    case "paragraph":
      return block.tight ? <div>{text(block.children, whom)}</div> : <p>{text(block.children, whom)}</p>;
    case "heading": {
      const Heading = `h${block.level}` as "h1";
      return <Heading>{text(block.children, whom)}</Heading>;
    }
    case "quote":
      return <blockquote dir="auto">{all(block.children, whom)}</blockquote>;
    case "list": {
      // biome-ignore lint/suspicious/noArrayIndexKey: nothing inside a text moves.
      const items = block.items.map((item, at) => <ListItem key={at} item={item} whom={whom} />);
      return block.start === null ? (
        <ul dir="auto">{items}</ul>
      ) : (
        <ol dir="auto" start={block.start}>
          {items}
        </ol>
      );
    }
    case "code":
      return <CodeBlock language={block.language} text={block.text} />;
    case "table":
      return <Table block={block} whom={whom} />;
    case "rule":
      return <hr />;
  }
}

function ListItem({ item, whom }: { item: Item; whom: Whom }) {
  if (item.done === null) return <li>{all(item.children, whom)}</li>;
  return (
    <li className="task">
      <input type="checkbox" checked={item.done} disabled aria-label={item.done ? t.chat.taskDone : t.chat.taskOpen} />
      <div>{all(item.children, whom)}</div>
    </li>
  );
}

function Table({ block, whom }: { block: Block & { kind: "table" }; whom: Whom }) {
  const [head = [], ...rows] = block.rows;
  const cell = (at: number) =>
    cx(block.align[at] === "center" && "text-center", block.align[at] === "right" && "text-right");
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must reach it.
    <section className="table-box" tabIndex={0} aria-label={t.chat.table}>
      <table>
        <thead>
          <tr>
            {head.map((nodes, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: nothing inside a text moves.
              <th key={at} className={cell(at)}>
                {text(nodes, whom)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, line) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: nothing inside a text moves.
            <tr key={line}>
              {row.map((nodes, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: nothing inside a text moves.
                <td key={at} className={cell(at)}>
                  {text(nodes, whom)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function showInline(node: Inline, whom: Whom): ReactNode {
  switch (node.kind) {
    case "text":
      return node.text;
    case "break":
      return <br />;
    case "code":
      return <code>{node.text}</code>;
    case "mention": {
      const call = whom(node.handle);
      return call ? <bdi className={cx("mention", call.mine && "mention-me")}>@{call.name}</bdi> : node.text;
    }
    case "link": {
      const href = hrefOf(node.href);
      const children = text(node.children, whom);
      if (!href) return children;
      // Within the installation a link is followed here; elsewhere it must not take the page away.
      return (
        <a href={href} target={ownPlace(href) ? undefined : "_blank"} rel="noopener noreferrer nofollow">
          {children}
        </a>
      );
    }
    case "em":
      return <em>{text(node.children, whom)}</em>;
    case "strong":
      return <strong>{text(node.children, whom)}</strong>;
    case "del":
      return <del>{text(node.children, whom)}</del>;
  }
}
