// A message's text. A long one is shown as it was typed until it is on the screen and there is time to read it.
import { memo, useEffect, useMemo, useRef, useState } from "react";
import type { Message } from "@/api/types";
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
  handles,
  mentionsAll = true,
}: {
  source: string;
  directory: Directory;
  me: string;
  /** The people whom the server found called, and by which handle each; absent: it has not said yet. */
  mentions?: Message["mentions"];
  handles?: Message["handles"];
  mentionsAll?: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const blocks = useBlocks(source, box);
  const whom = useMemo(
    () =>
      (handle: string): Call | null => {
        if (EVERYBODY.has(handle)) return mentionsAll ? { name: handle, mine: true } : null;
        // Handles change hands: whoever had it when the message was written is meant, not whoever has it today.
        const id = mentions && handles ? mentions[handles.indexOf(handle)] : directory.byHandle.get(handle)?.id;
        return id === undefined ? null : { name: directory.nameOf(id) || handle, mine: id === me };
      },
    [mentions, handles, mentionsAll, directory, me],
  );
  return (
    <div
      ref={box}
      className={cx("prose max-w-[48rem] text-md", !blocks && "whitespace-pre-wrap [unicode-bidi:plaintext]")}
    >
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
