// What every part of chat needs: whose eyes, which organisation, the outbox, and the dialogs that any part may open.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef } from "react";
import { useMembership } from "@/platform/me/org";
import { hub } from "@/platform/realtime/hub";
import type { Session } from "@/platform/session/scope";
import { channelsQuery } from "./channel/queries";
import { startFeed } from "./feed";
import { Outbox } from "./message/outbox";
import { postMessage } from "./message/post";
import { timelineKey } from "./message/queries";
import { insert, type Timeline } from "./message/timeline";

export interface Chat {
  org: string;
  slug: string;
  /** The reader's member id. */
  me: string;
  user: string;
  outbox: Outbox;
  open: (dialog: ChatDialog) => void;
}

/** Dialogs that any part of chat may open. */
export type ChatDialog = "channel" | "direct";

const ChatContext = createContext<Chat | null>(null);

export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error("useChat outside of ChatProvider");
  return chat;
}

export function ChatProvider({
  session,
  onGone,
  open,
  children,
}: {
  session: Session;
  onGone: (channel: string) => void;
  open: (dialog: ChatDialog) => void;
  children: ReactNode;
}) {
  const client = useQueryClient();
  const membership = useMembership();
  const org = membership.org.id;
  const slug = membership.org.slug;
  const me = membership.member.id;
  const user = session.user;
  const outbox = useMemo(() => {
    const made = new Outbox(user, {
      post: postMessage,
      onSent: (entry, message) =>
        client.setQueryData<Timeline>(timelineKey(entry.org, entry.channel), (now) => now && insert(now, message)),
    });
    session.own(() => made.stop());
    return made;
  }, [client, session, user]);
  // Kept alive for the whole time, so that events always find a list to be applied to.
  useQuery(channelsQuery(org, me));
  // The feed outlives every page: a new callback must not make it listen to all rooms anew.
  const gone = useRef(onGone);
  gone.current = onGone;
  useEffect(() => {
    const stop = startFeed({
      client,
      hub,
      org,
      me,
      onGone: (channel) => gone.current(channel),
      onOpened: () => void outbox.flush(),
    });
    void outbox.flush();
    const online = () => void outbox.flush();
    window.addEventListener("online", online);
    session.own(stop);
    return () => {
      stop();
      window.removeEventListener("online", online);
    };
  }, [client, session, org, me, outbox]);
  const chat = useMemo(() => ({ org, slug, me, user, outbox, open }), [org, slug, me, user, outbox, open]);
  return <ChatContext value={chat}>{children}</ChatContext>;
}
