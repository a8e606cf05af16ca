// Ties chat's topics to the query cache for one organisation: which to listen to, and where each event goes.
import type { QueryClient } from "@tanstack/react-query";
import { asNotice } from "@/api/events";
import type { NoticeName } from "@/api/events.gen";
import type { ChannelSummary } from "@/api/types";
import { t } from "@/apps/chat/text";
import { nameIn } from "@/platform/members/queries";
import type { TopicHub, Wanted } from "@/platform/realtime/hub";
import { toast } from "@/ui/Toast";
import { applyToSummary, needsRecount } from "./channel/events";
import { channelMembersQuery, channelsKey } from "./channel/queries";
import { forget, record } from "./log";
import { applyToTimeline } from "./message/events";
import { timelineKey } from "./message/queries";
import { type Cursor, followed, type Timeline } from "./message/timeline";
import { hintElsewhere } from "./read/elsewhere";
import { setReadState } from "./read/mark";

/** From where to take a topic's log up: from what is known of it. The list may be newer than the messages kept of a channel
 * that nobody listened to for a while, and what lies between would never come; or it may be the older one. */
function cursorOf(client: QueryClient, org: string, { id, head, epoch }: ChannelSummary): Cursor {
  const kept = client.getQueryData<Timeline>(timelineKey(org, id));
  if (!kept) return { epoch, seq: head };
  const { cursor } = kept;
  // Nobody can tell what is kept, or it is of another history than the list: the server is asked from before both.
  if (!cursor) return { epoch, seq: 0 };
  return cursor.epoch === epoch && head < cursor.seq ? { epoch, seq: head } : cursor;
}

function wantedOf(client: QueryClient, org: string, channel: ChannelSummary): Wanted {
  const path = { org, channel: channel.id };
  return { topic: channel.id, op: "chat.channel.subscribe", path, ...cursorOf(client, org, channel) };
}

/** A public channel may be read, and listened to, without having joined it: while it is open, it is watched. */
export function watch(client: QueryClient, hub: TopicHub, org: string, channel: ChannelSummary): () => void {
  const hold = hub.hold();
  hold.want(wantedOf(client, org, channel));
  return hold.end;
}

export interface FeedOptions {
  client: QueryClient;
  hub: TopicHub;
  org: string;
  me: string;
  onGone: (channel: string) => void;
  onOpened: () => void;
}

export function startFeed({ client, hub, org, me, onGone, onOpened }: FeedOptions): () => void {
  // The first connection brings nothing that the first fetch does not.
  let first = !hub.socket.isOpen;
  const hold = hub.hold();
  let recount: ReturnType<typeof setTimeout> | null = null;

  const refetchSoon = () => {
    if (recount) return;
    recount = setTimeout(() => {
      recount = null;
      void client.invalidateQueries({ queryKey: channelsKey(org) });
    }, 400);
  };

  const listen = () => {
    const joined = client.getQueryData<ChannelSummary[]>(channelsKey(org))?.filter((channel) => channel.joined) ?? [];
    hold.keep(new Set(joined.map((channel) => channel.id)));
    for (const channel of joined) hold.want(wantedOf(client, org, channel));
  };

  const stopListening = hub.listen("chn", {
    event(topic, raw) {
      const event = record(topic, raw);
      if (!event) {
        client.setQueryData<Timeline>(timelineKey(org, topic), (now) => now && followed(now, raw.seq));
        return;
      }
      client.setQueryData<Timeline>(timelineKey(org, topic), (now) => now && applyToTimeline(now, event));
      client.setQueryData<ChannelSummary[]>(channelsKey(org), (all) =>
        all?.map((summary) => {
          if (summary.id !== topic) return summary;
          if (needsRecount(summary, event)) refetchSoon();
          return applyToSummary(summary, event, me);
        }),
      );
      if (event.event === "chat.channel.joined" || event.event === "chat.channel.left") {
        void client.invalidateQueries({ queryKey: channelMembersQuery(org, topic).queryKey });
      }
    },
    reset(topic, history) {
      forget(topic);
      if (history === "same") void client.invalidateQueries({ queryKey: timelineKey(org, topic) });
      // The server was restored: nothing that was shown need be true any more, except what is still to be sent.
      else void client.resetQueries({ queryKey: timelineKey(org, topic) });
      refetchSoon();
    },
    gone(topic) {
      forget(topic);
      client.removeQueries({ queryKey: timelineKey(org, topic) });
      refetchSoon();
      onGone(topic);
    },
    notice(raw) {
      const notice = asNotice(raw);
      if (!notice) return;
      if (notice.org !== org) {
        // What waits there is counted anew.
        if (notice.event !== "chat.channel.taken_out") hintElsewhere(client, notice.org);
        return;
      }
      switch (notice.event) {
        case "chat.channels.changed":
          return refetchSoon();
        case "chat.read.marked": {
          const { channel, ...read } = notice.data;
          return setReadState(client, { org, me, channel }, read);
        }
        case "chat.channel.taken_out": {
          // Stays until it is dismissed: whoever is away reads it when they come back.
          const by = nameIn(client, org, notice.data.by);
          toast(t.channel.takenOut(by, notice.data.name), { tone: "danger", about: notice.data.channel });
          return;
        }
        default:
          // Every notice of chat is dealt with above; what is left is the platform's.
          return void (notice.event satisfies Exclude<NoticeName, `chat.${string}`>);
      }
    },
    opened() {
      // Notices are hints that nobody repeats: what they may have said meanwhile is fetched after a gap.
      if (!first) refetchSoon();
      first = false;
      onOpened();
    },
  });

  const stopCache = client.getQueryCache().subscribe((event) => {
    const { queryKey } = event.query;
    if (event.type === "updated" && queryKey[1] === org && queryKey[2] === "channels") listen();
  });
  listen();
  // Back from another organisation: the topics resume from where they were, the lists may have changed unseen.
  if (client.getQueryData(channelsKey(org))) refetchSoon();

  return () => {
    stopListening();
    stopCache();
    if (recount) clearTimeout(recount);
    hold.end();
  };
}
