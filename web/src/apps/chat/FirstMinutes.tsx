// In no conversation yet: what to do first. On a phone it stands below the conversations, elsewhere it is the page.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";
import { useMembership } from "@/platform/me/org";
import { may } from "@/platform/me/queries";
import { EmptyState } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { channelsQuery, useConversations } from "./channel/queries";
import { useChat } from "./context";
import { t } from "./text";

/** In no conversation yet: the channels that there are, or the first one, as far as one may. */
export function FirstMinutes({ page = false }: { page?: boolean }) {
  const { org, me, slug, open } = useChat();
  const membership = useMembership();
  const navigate = useNavigate();
  const { data } = useQuery(channelsQuery(org, me));
  const there = (data ?? []).filter((channel) => channel.kind !== "direct" && !channel.archived).length;
  const mayJoin = may(membership, "chat.channel.join");
  const mayCreate = may(membership, "chat.channel.create");
  const browse = () => void navigate({ to: "/o/$org/channels", params: { org: slug } });
  return (
    <div className={page ? "flex h-full" : "flex shrink-0"}>
      <EmptyState
        page={page}
        icon={<MessagesSquare size={32} aria-hidden="true" />}
        title={there > 0 ? t.channel.toJoin(there, mayJoin) : t.channel.browseEmpty}
        text={
          there > 0 ? t.channel.toJoinText(mayJoin) : mayCreate ? t.channel.browseEmptyText : t.channel.browseEmptyWait
        }
        action={
          <div className="flex flex-wrap justify-center gap-2">
            {there > 0 && (
              <Button kind="primary" onClick={browse}>
                {t.channel.seeAll}
              </Button>
            )}
            {mayCreate && (
              <Button kind={there > 0 ? "plain" : "primary"} onClick={() => open("channel")}>
                {t.nav.newChannel}
              </Button>
            )}
          </div>
        }
      />
    </div>
  );
}

/** Below an empty list of conversations. */
export function FirstMinutesBelow() {
  const { org, me } = useChat();
  const { channels, directs, pending, failed } = useConversations(org, me);
  return pending || failed || channels.length + directs.length > 0 ? null : <FirstMinutes />;
}
