// What the platform's own events are a reason to fetch: the person, the organisation, its members and invitations. Apps
// have feeds of their own.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { asNotice } from "@/api/events";
import type { NoticeName } from "@/api/events.gen";
import type { RealtimeSocket } from "@/api/socket/socket";
import { meQuery } from "../me/queries";
import { invitationsQuery, membersQuery } from "../members/queries";
import { useSession } from "../session/scope";
import { hub } from "./hub";

/** An app's events begin with its name, `chat.message.posted`; the platform's with what has changed, `member.changed`. */
type Own = Extract<NoticeName, "member.changed" | "invitation.changed" | "me.changed" | "org.changed">;

export function startPlatformFeed(client: QueryClient, socket: RealtimeSocket, org: string): () => void {
  // The first connection brings nothing that the first fetch does not.
  let first = !socket.isOpen;
  const members = () => void client.invalidateQueries({ queryKey: membersQuery(org).queryKey });
  const invitations = () => void client.invalidateQueries({ queryKey: invitationsQuery(org).queryKey });
  const me = () => void client.invalidateQueries({ queryKey: meQuery.queryKey });
  const stale: Record<Own, () => void> = {
    "member.changed": members,
    "invitation.changed": invitations,
    "me.changed": me,
    "org.changed": me,
  };
  const isOwn = (event: NoticeName): event is Own => Object.hasOwn(stale, event);
  // Back from another organisation: the list may have changed unseen.
  members();
  return socket.listen({
    notice(raw) {
      const notice = asNotice(raw);
      if (!notice || !isOwn(notice.event)) return;
      // Another organisation's name and one's place in it show here, too.
      if (notice.org === org || stale[notice.event] === me) stale[notice.event]();
    },
    reset(_, history) {
      // The server was restored: nothing that was known need be true any more.
      if (history === "same") return;
      members();
      me();
    },
    gone(topic) {
      // The organisation itself: one is no member of it any more.
      if (topic.startsWith("org_")) me();
    },
    opened() {
      // Notices are hints that nobody repeats: what they may have said meanwhile is fetched after a gap.
      if (!first) {
        members();
        me();
      }
      first = false;
    },
  });
}

/** Below a session; draws nothing. */
export function PlatformFeed(): null {
  const client = useQueryClient();
  const session = useSession();
  useEffect(() => {
    const stop = startPlatformFeed(client, hub.socket, session.org);
    session.own(stop);
    return stop;
  }, [client, session]);
  return null;
}
