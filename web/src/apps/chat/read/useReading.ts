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

/** While it lasts, something is on the screen that has not been read. */
interface Moment {
  timer: ReturnType<typeof setTimeout>;
  /** What was on the screen without a gap. */
  seen: number;
  atEnd: boolean;
}

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
  const moment = useRef<Moment | null>(null);
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

  const stop = useCallback(() => {
    clearTimeout(moment.current?.timer);
    moment.current = null;
  }, []);
  const see = useCallback(() => {
    const now = latest.current.timeline;
    const { shown: started, atEnd } = shown.current;
    const running = moment.current;
    const watching = now && joined && !paused.current && looking();
    // What comes passes before a reader at the end, however fast; who scrolls begins anew.
    if (watching && running?.atEnd && atEnd) {
      running.seen = seenTo(running.seen, started, now, me);
      return;
    }
    stop();
    if (!watching) return;
    // What was shown when the moment began; a reader who scrolls on has passed it all the same.
    const seen = seenTo(position.current, started, now, me);
    if (seen === position.current) return;
    const begun: Moment = {
      seen,
      atEnd,
      timer: setTimeout(() => {
        moment.current = null;
        const { timeline } = latest.current;
        if (!timeline || paused.current || !looking()) return;
        position.current = Math.max(position.current, seenTo(begun.seen, shown.current.shown, timeline, me));
        markRead(client, at, position.current, (now) => leftAfter(position.current, timeline, now, me));
        count();
      }, MOMENT),
    };
    moment.current = begun;
  }, [client, at, me, joined, count, stop]);

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
    window.addEventListener("focus", see);
    window.addEventListener("blur", stop);
    document.addEventListener("visibilitychange", see);
    return () => {
      stop();
      window.removeEventListener("focus", see);
      window.removeEventListener("blur", stop);
      document.removeEventListener("visibilitychange", see);
    };
  }, [see, stop]);

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
        stop();
        position.current = from.seq - 1;
        setNewAfter(from.seq - 1);
        const now = latest.current.timeline;
        void markUnread(client, at, from.seq - 1, (channel) =>
          now ? leftAfter(from.seq - 1, now, channel, me) : null,
        );
      },
      [client, at, me, stop],
    ),
  };
}
