// Marking read: shown at once, told to the server after a short pause so that a burst of messages is one call.
import type { QueryClient } from "@tanstack/react-query";
import { body, http } from "@/api/http";
import { socket } from "@/api/socket/socket";
import type { ChannelSummary, ReadState } from "@/api/types";
import { sessionOf } from "@/platform/session/scope";
import { channelsKey } from "../channel/queries";

interface Position {
  seq: number;
  /** The `readRevision` that it was made with: once that is older than the present one, the server ignores it. */
  revision: number;
}

const waiting = new Map<string, { seq: number; timer: ReturnType<typeof setTimeout> }>();

/** Whether a position is older than another: set back since, or not as far. */
const older = (a: ReadState, b: ReadState) =>
  a.readRevision < b.readRevision || (a.readRevision === b.readRevision && a.readSeq < b.readSeq);

/** Takes a position that the server tells, unless a newer one is known: answers and frames overtake each other. */
export function setReadState(client: QueryClient, org: string, channel: string, read: ReadState): void {
  client.setQueryData<ChannelSummary[]>(channelsKey(org), (all) =>
    all?.map((summary) => (summary.id === channel && !older(read, summary) ? { ...summary, ...read } : summary)),
  );
}

export function markRead(client: QueryClient, org: string, channel: string, seq: number): void {
  const summary = client.getQueryData<ChannelSummary[]>(channelsKey(org))?.find((item) => item.id === channel);
  if (!summary?.joined || (summary.readSeq >= seq && summary.unread === 0)) return;
  const { readRevision } = summary;
  setReadState(client, org, channel, { readSeq: Math.max(seq, summary.readSeq), readRevision, unread: 0, mentions: 0 });
  const known = waiting.get(channel);
  if (known) clearTimeout(known.timer);
  const reader = sessionOf(client)?.user;
  const timer = setTimeout(() => {
    // What one person has read is not told in another's name.
    if (sessionOf(client)?.user === reader) void tell(client, org, channel, { seq, revision: readRevision });
  }, 300);
  waiting.set(channel, { seq, timer });
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
