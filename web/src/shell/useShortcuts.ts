// The keys that work everywhere. Keys of the composer and of messages live with them.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useConversations } from "@/apps/chat/channel/queries";
import { useChat } from "@/apps/chat/context";
import { markRead } from "@/apps/chat/read/mark";
import { keyOf } from "@/lib/keys";
import { moveTo } from "@/lib/typeahead";
import type { OpenDialog } from "./shellContext";

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function useShortcuts({
  slug,
  channel,
  open,
}: {
  slug: string;
  channel: string | undefined;
  open: (dialog: OpenDialog) => void;
}): void {
  const { org, me } = useChat();
  const { channels, directs } = useConversations(org, me);
  const client = useQueryClient();
  const navigate = useNavigate();
  useEffect(() => {
    const all = [...channels, ...directs];
    const move = (step: 1 | -1, unreadOnly: boolean) => {
      const from = all.findIndex((item) => item.id === channel);
      for (let i = 1; i <= all.length; i++) {
        const next = all[(from + step * i + all.length * 2) % all.length];
        if (!next || (unreadOnly && (next.unread === 0 || next.id === channel))) continue;
        moveTo(next.id);
        return void navigate({ to: "/o/$org/c/$channel", params: { org: slug, channel: next.id } });
      }
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      // What is being filled in there would be thrown away.
      const dialog = document.querySelector('[role="dialog"]') !== null;
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && keyOf(event) === "k") {
        event.preventDefault();
        return dialog ? undefined : open("palette");
      }
      if (dialog) return;
      if (event.altKey && !event.ctrlKey && !event.metaKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        return move(event.key === "ArrowUp" ? -1 : 1, event.shiftKey);
      }
      if (isTyping(event.target)) return;
      if (event.key === "?") {
        event.preventDefault();
        return open("shortcuts");
      }
      // Just start to type: the composer takes it.
      if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
        document.querySelector<HTMLElement>("[data-composer]")?.focus();
        return;
      }
      if (event.key === "Escape" && channel) {
        const current = all.find((item) => item.id === channel);
        if (current) markRead(client, { org, me, channel }, current.head);
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [channels, directs, channel, client, navigate, open, org, me, slug]);
}
