// One conversation: header, messages, composer, and what connects them (new line, reading position, editing).
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { ApiError, explain, requestIdOf } from "@/api/error";
import type { ChannelSummary, Message } from "@/api/types";
import { t } from "@/apps/chat/text";
import { endMove } from "@/lib/typeahead";
import { useMembership } from "@/platform/me/org";
import { may } from "@/platform/me/queries";
import { useDirectory } from "@/platform/members/queries";
import { hub } from "@/platform/realtime/hub";
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
import { MessageQuote } from "../message/MessageQuote";
import type { MessageActions } from "../message/MessageRow";
import type { Outbox, OutboxEntry } from "../message/outbox";
import { covers, type Place } from "../message/place";
import { keepPlace, placeOf, placeOfVisit } from "../message/places";
import { loadAround, loadDay, loadLatest, loadNewer, loadOlder, timelineQuery } from "../message/queries";
import { useEditing } from "../message/useEditing";
import { useReading } from "../read/useReading";
import { ChannelHeader } from "./ChannelHeader";
import { joinChannel } from "./change";
import { KeptDraft } from "./KeptDraft";
import { useNear } from "./near";
import { channelName, channelsQuery, channelTitle, mayModerate, nobodyLeft, useChannel } from "./queries";

export interface ChannelViewProps {
  channel: string;
  /** Opened at this message (a link to it). */
  at?: number | undefined;
  /** Names this visit: coming Back to it leads to where one was. */
  visit: string;
}

export function ChannelView({ channel: id, at, visit }: ChannelViewProps) {
  const { org, me } = useChat();
  const list = useQuery(channelsQuery(org, me));
  const channel = useChannel(org, me, id);
  if (channel) return <Conversation key={id} channel={channel} at={at} visit={visit} />;
  if (list.isPending) {
    return (
      <div className="px-5">
        <h1 className="sr-only">{t.common.loading}</h1>
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

interface ConversationProps {
  channel: ChannelSummary;
  at: number | undefined;
  visit: string;
}

/** Where one was on this visit, what a link names, where one was before, what is new; else the end. */
function placeToOpen(reader: string, channel: ChannelSummary, at: number | undefined, visit: string): Place {
  const visited = placeOfVisit(reader, visit);
  if (visited) return visited;
  if (at !== undefined) return { seq: at, offset: "centre" };
  const kept = placeOf(reader);
  if (kept && kept !== "end") return kept;
  if (channel.joined && channel.unread > 0) return { seq: channel.readSeq + 1, offset: "upper" };
  return "end";
}

/** Pixels above a day's first message: its heading, and nothing of the day before, by which the place would be called. */
const UNDER_DAY = 34;

function Conversation({ channel, at, visit }: ConversationProps) {
  const { org, me, user, outbox } = useChat();
  const membership = useMembership();
  const client = useQueryClient();
  const directory = useDirectory(org);
  const reader = `${user}.${channel.id}`;
  const [opening] = useState(() => placeToOpen(reader, channel, at, visit));
  const query = useQuery(timelineQuery(client, org, channel.id, opening, () => placeOf(reader) ?? opening));
  const getPending = useCallback(() => outbox.of(channel.id), [outbox, channel.id]);
  const pending = useSyncExternalStore(outbox.subscribe, getPending);
  const list = useRef<ListHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const [editing, setEditing] = useEditing(user, channel.id);
  const [removing, setRemoving] = useState<Message | null>(null);
  const [showHistory, setShowHistory] = useState<Message | null>(null);
  const [highlighted, highlight] = useHighlight();
  const timeline = query.data;
  const reading = useReading(channel, timeline);

  // biome-ignore lint/correctness/useExhaustiveDependencies: where to start from matters only when it starts.
  useEffect(() => {
    if (!channel.joined) return watch(client, hub, org, channel);
  }, [client, org, channel.id, channel.joined]);

  const { near, onMention } = useNear(channel);
  const left = nobodyLeft(channel, directory, me);
  const canWrite = left === null && channel.joined && !channel.archived && may(membership, "chat.message.post");
  const canModerate = mayModerate(channel, membership);
  const title = channelTitle(channel, directory, me);

  const onOlder = useCallback(() => loadOlder(client, org, channel.id).catch(toastError), [client, org, channel.id]);
  const onNewer = useCallback(() => loadNewer(client, org, channel.id).catch(toastError), [client, org, channel.id]);

  const latest = useRef({ timeline, pending });
  latest.current = { timeline, pending };
  /** The page around it first, if it is not loaded; the list goes there when the rows are there. */
  const goTo = useCallback(
    async (place: Place) => {
      const now = latest.current.timeline;
      if (now && !covers(now, place)) {
        try {
          await (place === "end"
            ? loadLatest(client, org, channel.id)
            : loadAround(client, org, channel.id, place.seq));
        } catch (error) {
          return toastError(error);
        }
      }
      list.current?.go(place);
    },
    [client, org, channel.id],
  );
  const toLatest = useCallback(() => void goTo("end"), [goTo]);
  const toStart = useCallback(() => void goTo({ seq: 1, offset: 0 }), [goTo]);
  const toDay = useCallback(
    async (day: Date) => {
      try {
        const seq = await loadDay(client, org, channel.id, day);
        if (seq !== null) list.current?.go({ seq, offset: UNDER_DAY });
      } catch (error) {
        toastError(error);
      }
    },
    [client, org, channel.id],
  );

  // Shown once what is loaded holds the place to open at: a stretch that was kept from an earlier visit may not.
  const [opened, setOpened] = useState(false);
  const ready = timeline !== undefined && (opened || covers(timeline, opening));
  const kept = timeline !== undefined;
  useEffect(() => {
    if (opened || !kept) return;
    if (ready) setOpened(true);
    else void goTo(opening).then(() => setOpened(true));
  }, [opened, ready, kept, goTo, opening]);

  // A link to a message here, or the way back from it.
  const visiting = useRef<{ visit: string; at: number | undefined } | null>(null);
  useEffect(() => {
    if (!ready || (visiting.current?.visit === visit && visiting.current.at === at)) return;
    const first = visiting.current === null;
    visiting.current = { visit, at };
    const visited = placeOfVisit(reader, visit);
    if (!first && visited) return void goTo(visited);
    if (at === undefined) return;
    highlight(at);
    if (!first) void goTo({ seq: at, offset: "centre" });
  }, [at, visit, ready, reader, goTo, highlight]);
  const onRest = useCallback(
    (place: Place) => {
      if (visiting.current) keepPlace(reader, visiting.current.visit, place);
    },
    [reader],
  );

  const edit = useCallback(
    (message: Message) => {
      // Open and focused before the next key is told: keys that come meanwhile must not land in the composer.
      flushSync(() => setEditing(message.id));
      list.current?.focusEditor(message.id);
    },
    [setEditing],
  );
  const editPending = useCallback(
    (entry: OutboxEntry) => {
      composer.current?.takeBack(entry.body);
      outbox.discard(entry.clientId);
    },
    [outbox],
  );
  const { markUnread } = reading;
  const actions = useMemo<MessageActions>(
    () => ({
      react: (message, emoji, on) => void react(client, org, message, me, emoji, on).catch(toastError),
      edit,
      edited: () => {
        setEditing(null);
        composer.current?.focus();
      },
      markUnread,
      remove: setRemoving,
      history: setShowHistory,
      copy,
    }),
    [client, org, me, edit, setEditing, markUnread],
  );

  const editLast = async () => {
    // What was just sent is the last one, even if it has not arrived: its correction waits for it, and so do the keys.
    if (latest.current.timeline?.hasAfter || latest.current.pending.length > 0) {
      composer.current?.hold(true);
      await goTo("end");
      await arrived(outbox, channel.id);
      // What was loaded is rendered in the next task.
      await new Promise((done) => setTimeout(done));
      composer.current?.hold(false);
    }
    const mine = latest.current.timeline?.items.findLast(
      (message) => message.author === me && message.deletedAt === null,
    );
    if (mine && latest.current.pending.length === 0) edit(mine);
  };
  const send = (body: string) => {
    outbox.send(org, channel.id, body);
    reading.markAll();
    toLatest();
  };

  return (
    <div className="flex h-full min-w-0 flex-col">
      <ChannelHeader channel={channel} title={title} />
      <div className="flex min-h-0 flex-1 flex-col">
        {query.isPending || (timeline && !ready) ? (
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
              initial={opening}
              newAfter={reading.newAfter}
              above={reading.above}
              below={reading.below}
              editing={editing}
              highlighted={highlighted}
              canWrite={canWrite}
              canMark={channel.joined}
              canModerate={canModerate}
              actions={actions}
              handle={list}
              onEditPending={editPending}
              onOlder={onOlder}
              onNewer={onNewer}
              onLatest={toLatest}
              onFirstUnread={() => void goTo({ seq: reading.position() + 1, offset: "upper" })}
              onMarkRead={reading.markAll}
              onDay={toDay}
              onStart={toStart}
              onShown={reading.onShown}
              onRest={onRest}
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
            near={near}
            onMention={onMention}
            handle={composer}
            onSend={send}
            onEditLast={() => void editLast()}
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
      >
        {removing && <MessageQuote message={removing} directory={directory} me={me} />}
      </Confirm>
      {showHistory && (
        <HistoryDialog message={showHistory} directory={directory} onClose={() => setShowHistory(null)} />
      )}
    </div>
  );
}

const copy = ({ body }: { body: string }) =>
  void navigator.clipboard.writeText(body).then(() => toast(t.chat.copied), toastError);

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
  const { org, user } = useChat();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const membership = useMembership();
  // Nothing can be written here: what was typed on the way has no composer to wait for.
  useEffect(() => endMove(), []);
  const canJoin = !channel.joined && !channel.archived && may(membership, "chat.channel.join");
  const join = async () => {
    setBusy(true);
    await joinChannel(client, org, channel.id).catch(toastError);
    setBusy(false);
  };
  return (
    <div className="shrink-0 px-5 pb-4 max-md:px-2">
      <KeptDraft user={user} channel={channel.id} onCopy={copy} />
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

/** A message that a link names stands out for a while. */
function useHighlight(): [number | null, (seq: number) => void] {
  const [seq, setSeq] = useState<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const highlight = useCallback((next: number) => {
    setSeq(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSeq(null), 3000);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return [seq, highlight];
}

/** Nothing is on its way to that channel any more; or it takes so long that nobody should wait. */
function arrived(outbox: Outbox, channel: string): Promise<void> {
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(timer);
      stop();
      done();
    };
    const check = () => outbox.of(channel).length === 0 && finish();
    const timer = setTimeout(finish, 2000);
    const stop = outbox.subscribe(check);
    check();
  });
}
