// Marking read: shown at once, told to the server after a short pause so that a burst of messages is one call. By itself
// a tab only ever marks more as read; going back is an act of the person.
import type { QueryClient } from "@tanstack/react-query";
import { body, http } from "@/api/http";
import { socket } from "@/api/socket/socket";
import type { ChannelSummary, ReadState } from "@/api/types";
import { ofPerson } from "@/lib/person";
import { sessionOf } from "@/platform/session/scope";
import { channelsKey } from "../channel/queries";

type Left = Pick<ReadState, "unread" | "mentions">;
/** `revision`: the `readRevision` that it was made with; once that is older than the present one, the server ignores it. */
type Position = { seq: number; revision: number } | { seq: number; back: true };

const waiting = ofPerson(new Map<string, ReturnType<typeof setTimeout>>());

/** Whether a position is older than another: set back since, or not as far. */
const older = (a: ReadState, b: ReadState) =>
  a.readRevision < b.readRevision || (a.readRevision === b.readRevision && a.readSeq < b.readSeq);

function change(client: QueryClient, org: string, channel: string, to: (now: ChannelSummary) => ChannelSummary): void {
  client.setQueryData<ChannelSummary[]>(channelsKey(org), (all) =>
    all?.map((summary) => (summary.id === channel ? to(summary) : summary)),
  );
}

/** Takes a position that the server tells, unless a newer one is known: answers and frames overtake each other. */
export function setReadState(client: QueryClient, org: string, channel: string, read: ReadState): void {
  change(client, org, channel, (now) => (older(read, now) ? now : { ...now, ...read }));
}

/** `left`: what is unread after that, where it is known; else the server's answer says it. */
export function markRead(
  client: QueryClient,
  org: string,
  channel: string,
  seq: number,
  left: Left | null = { unread: 0, mentions: 0 },
): void {
  const summary = client.getQueryData<ChannelSummary[]>(channelsKey(org))?.find((item) => item.id === channel);
  if (!summary?.joined || seq < summary.readSeq || (summary.readSeq === seq && summary.unread === 0)) return;
  change(client, org, channel, (now) => ({ ...now, readSeq: seq, ...left }));
  clearTimeout(waiting.get(channel));
  const reader = sessionOf(client)?.user;
  const timer = setTimeout(() => {
    // What one person has read is not told in another's name.
    if (sessionOf(client)?.user === reader) void tell(client, org, channel, { seq, revision: summary.readRevision });
  }, 300);
  waiting.set(channel, timer);
}

/** From the message after this one on, everything counts as unread. */
export async function markUnread(
  client: QueryClient,
  org: string,
  channel: string,
  seq: number,
  left: Left | null,
): Promise<void> {
  clearTimeout(waiting.get(channel));
  change(client, org, channel, (now) => ({ ...now, readSeq: seq, ...left }));
  await tell(client, org, channel, { seq, back: true });
}

async function tell(client: QueryClient, org: string, channel: string, input: Position): Promise<void> {
  waiting.delete(channel);
  try {
    const path = { org, channel };
    const read = socket.isOpen
      ? await socket.call("chat.read.mark", path, input)
      : await body(http.PUT("/api/v1/orgs/{org}/channels/{channel}/read", { params: { path }, body: input }));
    if (!waiting.has(channel)) setReadState(client, org, channel, read);
  } catch {
    // Not worth a word to the person: the list is fetched anew after a reconnect and shows the truth again.
    void client.invalidateQueries({ queryKey: channelsKey(org) });
  }
}
