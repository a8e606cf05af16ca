// One reader in one conversation: the line before what is new, how much of it is above and below the screen, and the
// reading position, which follows what has really been looked at.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import type { ChannelSummary, Message } from "@/api/types";
import { useChat } from "../context";
import type { Shown } from "../message/place";
import type { Timeline } from "../message/timeline";
import { markRead, markUnread } from "./mark";
import { isNews, newsAfter, seenTo } from "./seen";

/** What is on the screen for so long has been seen. */
const MOMENT = 300;

const looking = () => document.visibilityState === "visible" && document.hasFocus();

export function useReading(channel: ChannelSummary, timeline: Timeline | undefined) {
  const { org, me } = useChat();
  const client = useQueryClient();
  const { id, head, unread, readSeq, readRevision, joined } = channel;
  const [newAfter, setNewAfter] = useState(unread > 0 ? readSeq : null);
  const [counts, setCounts] = useState({ above: 0, below: 0 });

  // Where nothing is unread, everything there is has been read.
  const position = useRef(unread > 0 ? readSeq : Math.max(readSeq, head));
  const shown = useRef<{ shown: Shown | null; atEnd: boolean }>({ shown: null, atEnd: false });
  /** Said to be unread: nothing is marked by itself until the conversation is opened again. */
  const paused = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef({ timeline, unread });
  latest.current = { timeline, unread };

  const count = useCallback(() => {
    const { timeline, unread } = latest.current;
    const now = shown.current.shown;
    if (!timeline || !now || unread === 0) {
      setCounts((was) => (was.above + was.below === 0 ? was : { above: 0, below: 0 }));
      return;
    }
    const news = timeline.items.filter((message) => message.seq > position.current && isNews(message, me));
    const last = now.last?.seq ?? now.first.seq;
    const first = timeline.items[0];
    const unknown = timeline.hasBefore && first !== undefined && first.seq > position.current + 1;
    const above = unknown ? unread : news.filter((message) => message.seq < now.first.seq).length;
    const below = timeline.hasAfter ? unread : news.filter((message) => message.seq > last).length;
    setCounts((was) => (was.above === above && was.below === below ? was : { above, below }));
  }, [me]);

  const see = useCallback(() => {
    clearTimeout(timer.current);
    const now = latest.current.timeline;
    if (!now || !joined || paused.current || !looking()) return;
    const started = shown.current.shown;
    if (seenTo(position.current, started, now, me) === position.current) return;
    timer.current = setTimeout(() => {
      const { timeline } = latest.current;
      if (!timeline || paused.current || !looking()) return;
      // What was shown when the moment began; a reader who scrolls on has passed it all the same.
      const to = seenTo(position.current, started, timeline, me);
      position.current = Math.max(to, seenTo(to, shown.current.shown, timeline, me));
      markRead(client, org, id, position.current, newsAfter(position.current, timeline, me));
      count();
    }, MOMENT);
  }, [client, org, id, me, joined, count]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what comes is a reason to look again.
  useEffect(() => {
    count();
    see();
  }, [timeline, unread, head, count, see]);

  useEffect(() => {
    const blur = () => clearTimeout(timer.current);
    window.addEventListener("focus", see);
    window.addEventListener("blur", blur);
    document.addEventListener("visibilitychange", see);
    return () => {
      clearTimeout(timer.current);
      window.removeEventListener("focus", see);
      window.removeEventListener("blur", blur);
      document.removeEventListener("visibilitychange", see);
    };
  }, [see]);

  // Read, here or on another device: what comes from now on is after that.
  const before = useRef(unread);
  useEffect(() => {
    if (unread === 0) position.current = Math.max(position.current, readSeq);
    else if (before.current === 0 && !(shown.current.atEnd && looking())) setNewAfter(readSeq);
    before.current = unread;
  }, [unread, readSeq]);

  // Set back, here or on another device: somebody wants it to stay unread, so this view marks nothing by itself.
  const revision = useRef(readRevision);
  useEffect(() => {
    if (revision.current === readRevision) return;
    revision.current = readRevision;
    paused.current = true;
    position.current = readSeq;
    setNewAfter(readSeq);
  }, [readRevision, readSeq]);

  return {
    newAfter,
    ...counts,
    position: () => position.current,
    onShown: useCallback(
      (now: Shown | null, atEnd: boolean) => {
        shown.current = { shown: now, atEnd };
        count();
        see();
      },
      [count, see],
    ),
    /** Everything; the line goes too. */
    markAll: useCallback(() => {
      paused.current = false;
      position.current = Math.max(position.current, head);
      setNewAfter(null);
      markRead(client, org, id, head, { unread: 0, mentions: 0 });
      count();
    }, [client, org, id, head, count]),
    markUnread: useCallback(
      (from: Message) => {
        paused.current = true;
        clearTimeout(timer.current);
        position.current = from.seq - 1;
        setNewAfter(from.seq - 1);
        const now = latest.current.timeline;
        void markUnread(client, org, id, from.seq - 1, now ? newsAfter(from.seq - 1, now, me) : null);
      },
      [client, org, id, me],
    ),
    dismissLine: useCallback(() => setNewAfter(null), []),
  };
}
