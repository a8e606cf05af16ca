// One reader in one conversation: the line before what is new, how much of it is above and below the screen, and the
// reading position, which follows what has really been looked at.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { ChannelSummary, Message } from "@/api/types";
import { useChat } from "../context";
import type { Shown } from "../message/place";
import type { Timeline } from "../message/timeline";
import { markRead, markUnread } from "./mark";
import { type Known, leftAfter, NONE, newsAround, seenTo } from "./seen";

/** What is on the screen for so long has been seen. */
const MOMENT = 300;

const same = (a: Known, b: Known) => a.count === b.count && a.more === b.more;

const looking = () => document.visibilityState === "visible" && document.hasFocus();

export function useReading(channel: ChannelSummary, timeline: Timeline | undefined) {
  const { org, me } = useChat();
  const client = useQueryClient();
  const { id, head, unread, readSeq, readRevision, joined } = channel;
  const [newAfter, setNewAfter] = useState(unread > 0 ? readSeq : null);
  const [counts, setCounts] = useState({ above: NONE, below: NONE });

  // Where nothing is unread, everything there is has been read.
  const position = useRef(unread > 0 ? readSeq : Math.max(readSeq, head));
  const shown = useRef<{ shown: Shown | null; atEnd: boolean }>({ shown: null, atEnd: false });
  /** Said to be unread: nothing is marked by itself until the conversation is opened again. */
  const paused = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef({ timeline, channel });
  latest.current = { timeline, channel };
  const at = useMemo(() => ({ org, me, channel: id }), [org, me, id]);

  const count = useCallback(() => {
    const { timeline, channel } = latest.current;
    const now = shown.current.shown;
    const none = { above: NONE, below: NONE };
    const next =
      timeline && now && channel.unread > 0 ? newsAround(now, position.current, timeline, channel, me) : none;
    setCounts((was) => (same(was.above, next.above) && same(was.below, next.below) ? was : next));
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
      markRead(client, at, position.current, (now) => leftAfter(position.current, timeline, now, me));
      count();
    }, MOMENT);
  }, [client, at, me, joined, count]);

  // Read, here or on another device: what is new is after that.
  const before = useRef(unread);
  useEffect(() => {
    position.current = Math.max(position.current, readSeq);
    if (unread > 0 && before.current === 0 && !(shown.current.atEnd && looking())) setNewAfter(readSeq);
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

  // biome-ignore lint/correctness/useExhaustiveDependencies: what comes is a reason to look again.
  useEffect(() => {
    count();
    see();
  }, [timeline, channel, count, see]);

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
      markRead(client, at, head);
      count();
    }, [client, at, head, count]),
    markUnread: useCallback(
      (from: Message) => {
        paused.current = true;
        clearTimeout(timer.current);
        position.current = from.seq - 1;
        setNewAfter(from.seq - 1);
        const now = latest.current.timeline;
        void markUnread(client, at, from.seq - 1, (channel) =>
          now ? leftAfter(from.seq - 1, now, channel, me) : null,
        );
      },
      [client, at, me],
    ),
  };
}
