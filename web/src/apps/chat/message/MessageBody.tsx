// A message's text: Markdown with mentions, sanitised by SafeHtml.
import { memo, useMemo } from "react";
import { renderMarkdown } from "@/lib/markdown";
import type { Directory } from "@/platform/members/queries";
import { SafeHtml } from "@/ui/SafeHtml";

export const MessageBody = memo(function MessageBody({
  source,
  directory,
  me,
}: {
  source: string;
  directory: Directory;
  me: string;
}) {
  const html = useMemo(
    () =>
      renderMarkdown(source, {
        nameOf: (handle) => directory.byHandle.get(handle)?.name ?? null,
        isMe: (handle) => handle === "channel" || handle === "here" || directory.byHandle.get(handle)?.id === me,
      }),
    [source, directory, me],
  );
  return <SafeHtml html={html} className="max-w-[48rem] text-md" />;
});
