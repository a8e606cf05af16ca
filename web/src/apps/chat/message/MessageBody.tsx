// A message's text. A long one is shown as it was typed until it is on the screen and there is time to read it.
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { cx } from "@/lib/cx";
import { EVERYBODY } from "@/lib/markdown/marks";
import type { Block } from "@/lib/markdown/parse";
import { readLater, readNow } from "@/lib/markdown/reading";
import type { Directory } from "@/platform/members/queries";
import { type Call, Markdown } from "./Markdown";

export const MessageBody = memo(function MessageBody({
  source,
  directory,
  me,
  mentions,
  mentionsAll = true,
}: {
  source: string;
  directory: Directory;
  me: string;
  /** The people whom the server found called; absent: it has not said yet. */
  mentions?: readonly string[];
  mentionsAll?: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const blocks = useBlocks(source, box);
  const whom = useMemo(
    () =>
      (handle: string): Call | null => {
        if (EVERYBODY.has(handle)) return mentionsAll ? { name: handle, mine: true } : null;
        const member = directory.byHandle.get(handle);
        if (!member || (mentions && !mentions.includes(member.id))) return null;
        return { name: member.name, mine: member.id === me };
      },
    [mentions, mentionsAll, directory, me],
  );
  return (
    <div ref={box} className={cx("prose max-w-[48rem] text-md", !blocks && "whitespace-pre-wrap")} dir="auto">
      {blocks ? <Markdown blocks={blocks} whom={whom} /> : source}
    </div>
  );
});

function useBlocks(source: string, box: React.RefObject<HTMLDivElement | null>): Block[] | null {
  const [late, setLate] = useState<{ source: string; blocks: Block[] } | null>(null);
  const blocks = late?.source === source ? late.blocks : readNow(source);
  const waits = blocks === null;
  useEffect(() => {
    const element = box.current;
    if (!waits || !element) return;
    let forget = () => {};
    const seen = new IntersectionObserver((entries) => {
      forget();
      if (entries.some((entry) => entry.isIntersecting))
        forget = readLater(source, (blocks) => setLate({ source, blocks }));
    });
    seen.observe(element);
    return () => {
      seen.disconnect();
      forget();
    };
  }, [source, waits, box]);
  return blocks;
}
