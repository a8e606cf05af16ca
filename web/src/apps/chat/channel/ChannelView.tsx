// One conversation: header, messages, composer, and what connects them (new line, reading position, editing).
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { ApiError, explain, requestIdOf } from "@/api/error";
import { socket } from "@/api/socket/socket";
import type { ChannelSummary, Message } from "@/api/types";
import { t } from "@/lib/text";
import { useMembership } from "@/platform/me/org";
import { may } from "@/platform/me/queries";
import { useDirectory } from "@/platform/members/queries";
import { reportCrash } from "@/platform/report";
import { Banner } from "@/ui/Banner";
import { EmptyState } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { SkeletonRows } from "@/ui/Spinner";
import { toast } from "@/ui/Toast";
import { useChat } from "../context";
import { watch } from "../feed";
import { Composer, type ComposerHandle } from "../message/Composer";
import { deleteMessage, react } from "../message/change";
import { HistoryDialog } from "../message/HistoryDialog";
import { type ListHandle, MessageList } from "../message/MessageList";
import type { MessageActions } from "../message/MessageRow";
import { loadAround, loadLatest, loadNewer, loadOlder, timelineQuery } from "../message/queries";
import { markRead } from "../read/mark";
import { ChannelHeader } from "./ChannelHeader";
import { joinChannel } from "./change";
import { channelName, channelsQuery, channelTitle, nobodyLeft, useChannel } from "./queries";

export interface ChannelViewProps {
  channel: string;
  /** Opened at this message (a link to it). */
  at?: number | undefined;
  start?: ReactNode;
}

export function ChannelView({ channel: id, at, start }: ChannelViewProps) {
  const { org, me } = useChat();
  const list = useQuery(channelsQuery(org, me));
  const channel = useChannel(org, me, id);
  if (channel) return <Conversation key={id} channel={channel} at={at} start={start} />;
  if (list.isPending) {
    return (
      <div className="px-5">
        <SkeletonRows avatar />
      </div>
    );
  }
  if (list.isError) {
    return (
      <EmptyState
        page
        title={t.errors.loadFailed}
        text={explain(list.error)}
        action={<Button onClick={() => list.refetch()}>{t.common.retry}</Button>}
      />
    );
  }
  return <EmptyState page title={t.notFound.title} text={t.channel.notFound} />;
}

function Conversation({ channel, at, start }: { channel: ChannelSummary; at?: number | undefined; start: ReactNode }) {
  const { org, me, user, outbox } = useChat();
  const membership = useMembership();
  const client = useQueryClient();
  const directory = useDirectory(org);
  const query = useQuery(timelineQuery(client, org, channel.id));
  const getPending = useCallback(() => outbox.of(channel.id), [outbox, channel.id]);
  const pending = useSyncExternalStore(outbox.subscribe, getPending);
  const list = useRef<ListHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const [editing, setEditing] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Message | null>(null);
  const [showHistory, setShowHistory] = useState<Message | null>(null);
  const [highlighted, setHighlighted] = useState<number | null>(null);
  const reading = useReading(channel);

  // biome-ignore lint/correctness/useExhaustiveDependencies: where to start from matters only when it starts.
  useEffect(() => {
    if (!channel.joined) return watch(client, socket, org, channel);
  }, [client, org, channel.id, channel.joined]);

  const left = nobodyLeft(channel, directory, me);
  const canWrite = left === null && channel.joined && !channel.archived && may(membership, "chat.message.post");
  const canModerate = membership.member.role === "owner" || membership.member.role === "admin";
  const title = channelTitle(channel, directory, me);
  const timeline = query.data;

  const onOlder = useCallback(() => loadOlder(client, org, channel.id).catch(toastError), [client, org, channel.id]);
  const onNewer = useCallback(() => loadNewer(client, org, channel.id).catch(toastError), [client, org, channel.id]);

  const toLatest = useCallback(async () => {
    if (timeline?.hasAfter) await loadLatest(client, org, channel.id).catch(toastError);
    requestAnimationFrame(() => list.current?.toEnd());
  }, [client, org, channel.id, timeline?.hasAfter]);

  const toSeq = useCallback(
    async (seq: number) => {
      const loaded = timeline && (timeline.items[0]?.seq ?? Number.POSITIVE_INFINITY) <= seq;
      if (!loaded || !list.current?.toSeq(seq)) {
        await loadAround(client, org, channel.id, seq).catch(toastError);
        requestAnimationFrame(() => requestAnimationFrame(() => list.current?.toSeq(seq)));
      }
    },
    [client, org, channel.id, timeline],
  );

  // A link to a message: go there once it can be shown.
  const wentTo = useRef<number | null>(null);
  const ready = timeline !== undefined;
  useEffect(() => {
    if (at === undefined || !ready || wentTo.current === at) return;
    wentTo.current = at;
    setHighlighted(at);
    void toSeq(at);
    const timer = setTimeout(() => setHighlighted(null), 3000);
    return () => clearTimeout(timer);
  }, [at, ready, toSeq]);

  const closeEditor = useCallback((message: Message | null) => {
    setEditing(message?.id ?? null);
    if (!message) requestAnimationFrame(() => composer.current?.focus());
  }, []);

  const actions = useMemo<MessageActions>(
    () => ({
      react: (message, emoji, on) => void react(client, org, message, me, emoji, on).catch(toastError),
      edit: closeEditor,
      remove: setRemoving,
      history: setShowHistory,
      copy: (message) => void navigator.clipboard.writeText(message.body).then(() => toast(t.chat.copied), toastError),
    }),
    [client, org, me, closeEditor],
  );

  const editLast = () => {
    const mine = timeline?.items.findLast((message) => message.author === me && message.deletedAt === null);
    if (mine) setEditing(mine.id);
  };
  const send = (body: string) => {
    outbox.send(org, channel.id, body);
    reading.dismissLine();
    void toLatest();
  };

  return (
    <div className="flex h-full min-w-0 flex-col">
      <ChannelHeader channel={channel} title={title} start={start} />
      <div className="flex min-h-0 flex-1 flex-col">
        {query.isPending ? (
          <div className="flex min-h-0 flex-1 flex-col justify-end overflow-hidden px-5 max-md:px-3">
            <SkeletonRows avatar count={8} />
          </div>
        ) : !timeline ? (
          <LoadFailed error={query.error} onRetry={() => query.refetch()} />
        ) : (
          <ErrorBoundary level="widget" onError={reportCrash}>
            <MessageList
              timeline={timeline}
              pending={pending}
              me={me}
              directory={directory}
              label={t.chat.conversation(title)}
              intro={
                channel.kind === "direct"
                  ? t.chat.startDirect(channelName(channel, directory, me))
                  : t.chat.startOf(title)
              }
              newAfter={reading.newAfter}
              unread={reading.unreadAtOpen}
              editing={editing}
              highlighted={highlighted}
              canWrite={canWrite}
              canModerate={canModerate}
              actions={actions}
              handle={list}
              onOlder={onOlder}
              onNewer={onNewer}
              onLatest={() => void toLatest()}
              onFirstUnread={() => {
                reading.dismissPill();
                void toSeq((reading.newAfter ?? 0) + 1);
              }}
              onLineSeen={reading.dismissPill}
              onAtEnd={reading.onAtEnd}
            />
          </ErrorBoundary>
        )}
      </div>
      {canWrite ? (
        <ErrorBoundary level="widget" onError={reportCrash}>
          <Composer
            user={user}
            channel={channel.id}
            label={t.chat.composer(title)}
            directory={directory}
            handle={composer}
            onSend={send}
            onEditLast={editLast}
            onMarkRead={reading.markAll}
          />
        </ErrorBoundary>
      ) : (
        <ReadOnly channel={channel} left={left} />
      )}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={t.chat.deleteTitle}
        text={t.chat.deleteText}
        confirm={t.chat.delete}
        explain={explain}
        onConfirm={() => (removing ? deleteMessage(client, org, removing) : Promise.resolve())}
      />
      {showHistory && (
        <HistoryDialog message={showHistory} directory={directory} onClose={() => setShowHistory(null)} />
      )}
    </div>
  );
}

function toastError(error: unknown): void {
  const id = requestIdOf(error);
  toast(explain(error), { tone: "danger", detail: id ? t.errors.requestId(id) : null });
}

function LoadFailed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const id = requestIdOf(error);
  const hidden = error instanceof ApiError && (error.status === 404 || error.status === 403);
  return (
    <EmptyState
      title={hidden ? t.notFound.title : t.chat.loadFailed}
      text={
        <>
          {hidden ? t.channel.notFound : explain(error)}
          {id && <span className="mt-1 block font-mono text-ink-3 text-xs">{t.errors.requestId(id)}</span>}
        </>
      }
      action={<Button onClick={onRetry}>{t.common.retry}</Button>}
    />
  );
}

function ReadOnly({ channel, left }: { channel: ChannelSummary; left: string | null }) {
  const { org } = useChat();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const membership = useMembership();
  const canJoin = !channel.joined && !channel.archived && may(membership, "chat.channel.join");
  const join = async () => {
    setBusy(true);
    await joinChannel(client, org, channel.id).catch(toastError);
    setBusy(false);
  };
  return (
    <div className="shrink-0 px-5 pb-4 max-md:px-2">
      <Banner
        action={
          canJoin ? (
            <Button kind="primary" size="small" busy={busy} onClick={join}>
              {t.chat.join}
            </Button>
          ) : undefined
        }
      >
        {left ?? (channel.archived ? t.chat.archivedNote : channel.joined ? t.chat.readOnly : t.chat.notJoined)}
      </Banner>
    </div>
  );
}

/** The line before what is new stays where it was when the channel was opened; the reading position moves on. */
function useReading(channel: ChannelSummary) {
  const { org } = useChat();
  const client = useQueryClient();
  const [opened, setOpened] = useState(() => ({
    newAfter: channel.unread > 0 ? channel.readSeq : null,
    unread: channel.unread,
  }));
  const atEnd = useRef(false);
  const { id, head } = channel;

  const see = useCallback(() => {
    if (atEnd.current && document.visibilityState === "visible" && document.hasFocus()) markRead(client, org, id, head);
  }, [client, org, id, head]);

  useEffect(() => {
    see();
    window.addEventListener("focus", see);
    document.addEventListener("visibilitychange", see);
    return () => {
      window.removeEventListener("focus", see);
      document.removeEventListener("visibilitychange", see);
    };
  }, [see]);

  // Came while the reader was elsewhere (another window, further up): the line goes before the first of them.
  const { unread, readSeq } = channel;
  useEffect(() => {
    if (unread > 0 && !(atEnd.current && document.hasFocus())) {
      setOpened((now) => (now.newAfter === null ? { newAfter: readSeq, unread: 0 } : now));
    }
  }, [unread, readSeq]);

  return {
    newAfter: opened.newAfter,
    unreadAtOpen: opened.unread,
    dismissPill: useCallback(() => setOpened((now) => (now.unread === 0 ? now : { ...now, unread: 0 })), []),
    dismissLine: () => setOpened({ newAfter: null, unread: 0 }),
    markAll: () => {
      setOpened({ newAfter: null, unread: 0 });
      markRead(client, org, id, head);
    },
    onAtEnd: useCallback(
      (end: boolean) => {
        atEnd.current = end;
        if (end) see();
      },
      [see],
    ),
  };
}
