// What can be done with conversations from everywhere. They are read from the cache when a key is pressed, so that no
// message makes anything here anew.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Hash, MessageSquarePlus, Telescope } from "lucide-react";
import { useMemo } from "react";
import type { ChannelSummary } from "@/api/types";
import { moveTo } from "@/lib/typeahead";
import type { Scope } from "@/platform/app/commands";
import { usePermission } from "@/platform/me/queries";
import { arrange, channelsKey } from "./channel/queries";
import { useChat } from "./context";
import { markRead } from "./read/mark";
import { t } from "./text";

export function useChatCommands(): Scope {
  const { org, me, slug, open } = useChat();
  const { channel } = useParams({ strict: false });
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayCreate = usePermission("chat.channel.create", org);
  const mayDirect = usePermission("chat.direct.open", org);
  return useMemo(() => {
    const known = () => {
      const { channels, directs } = arrange(client.getQueryData<ChannelSummary[]>(channelsKey(org)) ?? []);
      return [...channels, ...directs];
    };
    const current = () => known().find((item) => item.id === channel);
    const move = (step: 1 | -1, unreadOnly: boolean) => () => {
      const all = known();
      const from = all.findIndex((item) => item.id === channel);
      for (let i = 1; i <= all.length; i++) {
        const next = all[(from + step * i + all.length * 2) % all.length];
        if (!next || (unreadOnly && (next.unread === 0 || next.id === channel))) continue;
        moveTo(next.id);
        return void navigate({ to: "/o/$org/c/$channel", params: { org: slug, channel: next.id } });
      }
    };
    const byKey = (id: string, title: string, key: string, run: () => void, when?: () => boolean) =>
      ({ id, title, keys: [key], only: "keys", run, ...(when ? { when } : {}) }) as const;
    return {
      level: "app",
      title: t.keys.title,
      commands: [
        {
          id: "chat.direct.new",
          title: t.nav.newDirect,
          icon: <MessageSquarePlus size={16} />,
          when: () => mayDirect,
          run: () => open("direct"),
        },
        {
          id: "chat.channel.new",
          title: t.nav.newChannel,
          icon: <Hash size={16} />,
          when: () => mayCreate,
          run: () => open("channel"),
        },
        {
          id: "chat.channel.browse",
          title: t.nav.browse,
          icon: <Telescope size={16} />,
          run: () => void navigate({ to: "/o/$org/channels", params: { org: slug } }),
        },
        byKey("chat.conversation.next", t.keys.next, "Alt+ArrowDown", move(1, false)),
        byKey("chat.conversation.previous", t.keys.previous, "Alt+ArrowUp", move(-1, false)),
        byKey("chat.conversation.nextUnread", t.keys.nextUnread, "Alt+Shift+ArrowDown", move(1, true)),
        byKey("chat.conversation.previousUnread", t.keys.previousUnread, "Alt+Shift+ArrowUp", move(-1, true)),
        byKey(
          "chat.conversation.markRead",
          t.keys.markRead,
          "Escape",
          () => {
            const read = current();
            if (read) markRead(client, { org, me, channel: read.id }, read.head);
          },
          () => current() !== undefined,
        ),
      ],
      notes: [
        { title: t.keys.editLast, keys: ["ArrowUp"] },
        { title: t.keys.send, keys: ["Enter"] },
        { title: t.keys.newLine, keys: ["Shift+Enter"] },
        { title: t.keys.rows, keys: ["ArrowUp", "ArrowDown"] },
        { title: t.keys.actions, keys: ["R", "E", "U", "Delete"] },
      ],
    };
  }, [channel, client, mayCreate, mayDirect, me, navigate, open, org, slug]);
}
