// Says a new message of somebody else once; the virtualised list itself is no live region.
import { useEffect, useRef, useState } from "react";
import type { Message } from "@/api/types";
import type { Directory } from "@/platform/members/queries";

export interface AnnouncerProps {
  /** The last message that is loaded. */
  last: Message | undefined;
  /** Whether the reader is at the end: what comes elsewhere is counted, not read out. */
  atEnd: boolean;
  me: string;
  directory: Directory;
}

export function Announcer({ last, atEnd, me, directory }: AnnouncerProps) {
  const known = useRef(last?.seq ?? 0);
  const [said, say] = useState("");
  useEffect(() => {
    if (!last || last.seq <= known.current) return;
    known.current = last.seq;
    if (atEnd && last.author !== me && last.deletedAt === null)
      say(`${directory.nameOf(last.author)}: ${last.body.slice(0, 300)}`);
  }, [last, atEnd, me, directory]);
  return (
    <p aria-live="polite" className="sr-only">
      {said}
    </p>
  );
}
