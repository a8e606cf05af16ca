// Marking read: shown at once, told to the server after a short pause so that a burst of messages is one call. By itself
// a tab only ever marks more as read; going back is an act of the person.
import type { QueryClient } from "@tanstack/react-query";
import { body, http } from "@/api/http";
import { socket } from "@/api/socket/socket";
import type { ChannelSummary, ReadState } from "@/api/types";
import { ofPerson } from "@/lib/person";
import { sessionOf } from "@/platform/session/scope";
import type { Summary } from "../channel/events";
import { channelsKey } from "../channel/queries";
import { replaySummary } from "../log";
import { hold, moved, older } from "./position";
import type { Left } from "./seen";

/** `revision`: the `readRevision` that it was made with; once that is older than the present one, the server ignores it. */
type Position = { seq: number; revision: number } | { seq: number; back: true };
/** One member's reading in one channel. */
export interface Reading {
  org: string;
  me: string;
  channel: string;
}
/** What is unread after a move, where that can be told; else the server's answer says it. */
type LeftAfter = (now: ChannelSummary) => Left | null;

const nothing: LeftAfter = () => ({ unread: 0, mentions: 0 });

const waiting = ofPerson(new Map<string, { timer: ReturnType<typeof setTimeout>; told: () => void }>());

const summaryOf = (client: QueryClient, { org, channel }: Reading) =>
  client.getQueryData<ChannelSummary[]>(channelsKey(org))?.find((summary) => summary.id === channel);

function change(client: QueryClient, { org, channel }: Reading, to: (now: Summary) => Summary): void {
  moved(channel);
  client.setQueryData<ChannelSummary[]>(channelsKey(org), (all) =>
    all?.map((summary) => (summary.id === channel ? to(summary) : summary)),
  );
}

/** Takes a position that the server tells, unless a newer one is known: answers and frames overtake each other. What has
 * happened since it was counted is counted on. */
export function setReadState(client: QueryClient, at: Reading, { head, ...read }: ReadState): void {
  const now = summaryOf(client, at);
  if (!now || older(read, now)) return;
  change(client, at, (summary) => replaySummary({ ...summary, ...read, counted: head }, at.me));
}

export function markRead(client: QueryClient, at: Reading, seq: number, left: LeftAfter = nothing): void {
  const { channel } = at;
  const summary = summaryOf(client, at);
  if (!summary?.joined || seq < summary.readSeq || (summary.readSeq === seq && summary.unread === 0)) return;
  const told = hold(channel);
  change(client, at, (now) => ({ ...now, readSeq: seq, ...left(now) }));
  stopWaiting(channel);
  const reader = sessionOf(client)?.user;
  const timer = setTimeout(() => {
    waiting.delete(channel);
    // What one person has read is not told in another's name.
    if (sessionOf(client)?.user === reader) void tell(client, at, { seq, revision: summary.readRevision }, told);
    else told();
  }, 300);
  waiting.set(channel, { timer, told });
}

/** From the message after this one on, everything counts as unread. */
export async function markUnread(client: QueryClient, at: Reading, seq: number, left: LeftAfter): Promise<void> {
  const told = hold(at.channel);
  stopWaiting(at.channel);
  // The server counts it so, too: what was said before it went back is older from now on.
  change(client, at, (now) => ({ ...now, readSeq: seq, readRevision: now.readRevision + 1, ...left(now) }));
  await tell(client, at, { seq, back: true }, told);
}

function stopWaiting(channel: string): void {
  const last = waiting.get(channel);
  waiting.delete(channel);
  clearTimeout(last?.timer);
  last?.told();
}

async function tell(client: QueryClient, at: Reading, input: Position, told: () => void): Promise<void> {
  try {
    const path = { org: at.org, channel: at.channel };
    const read = socket.isOpen
      ? await socket.call("chat.read.mark", path, input)
      : await body(http.PUT("/api/v1/orgs/{org}/channels/{channel}/read", { params: { path }, body: input }));
    told();
    setReadState(client, at, read);
  } catch {
    told();
    // Not worth a word to the person: the list is fetched anew and shows the truth again.
    void client.invalidateQueries({ queryKey: channelsKey(at.org) });
  }
}
