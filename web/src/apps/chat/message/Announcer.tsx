// Says a new message of somebody else once; the virtualised list itself is no live region.
import { useRef } from "react";
import type { Message } from "@/api/types";
import type { Directory } from "@/platform/members/queries";

export function Announcer({
  message,
  me,
  directory,
}: {
  message: Message | undefined;
  me: string;
  directory: Directory;
}) {
  const first = useRef(message?.id);
  const say =
    message && message.id !== first.current && message.author !== me && message.deletedAt === null
      ? `${directory.nameOf(message.author)}: ${message.body.slice(0, 300)}`
      : "";
  return (
    <p aria-live="polite" className="sr-only">
      {say}
    </p>
  );
}
