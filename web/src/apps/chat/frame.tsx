// Chat around everything in an organisation: what it keeps for the session, the dialogs that any part of it may open, and
// where it leads when a channel is gone.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { type ReactNode, useCallback, useState } from "react";
import { moveTo } from "@/lib/typeahead";
import type { Question } from "@/platform/app/app";
import { useMembership } from "@/platform/me/org";
import { useSession } from "@/platform/session/scope";
import { toast } from "@/ui/Toast";
import { CreateChannel } from "./channel/CreateChannel";
import { NewDirect } from "./channel/NewDirect";
import { type ChatDialog, ChatProvider, useChat } from "./context";
import { timelineKey } from "./message/queries";
import { t } from "./text";
import { useOwnLinks } from "./useOwnLinks";

export function ChatFrame({ children }: { children: ReactNode }) {
  const { org } = useMembership();
  const { channel } = useParams({ strict: false });
  const client = useQueryClient();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<ChatDialog | null>(null);
  useOwnLinks(channel);
  const onGone = (room: string) => {
    if (room !== channel) return;
    client.removeQueries({ queryKey: timelineKey(org.id, room) });
    toast(t.channel.gone, { about: room });
    void navigate({ to: "/o/$org", params: { org: org.slug } });
  };
  const close = () => setDialog(null);
  const goTo = (id: string) => {
    moveTo(id);
    void navigate({ to: "/o/$org/c/$channel", params: { org: org.slug, channel: id } });
  };
  return (
    <ChatProvider session={useSession()} onGone={onGone} open={setDialog}>
      {children}
      {dialog === "channel" && <CreateChannel onClose={close} onCreated={goTo} />}
      {dialog === "direct" && <NewDirect onClose={close} onOpened={goTo} />}
    </ChatProvider>
  );
}

/** Messages that signing out would discard. */
export function useUnsent(): () => Question | null {
  const { outbox } = useChat();
  return useCallback(() => (outbox.size > 0 ? { title: t.nav.unsentTitle, text: t.nav.unsentText } : null), [outbox]);
}
