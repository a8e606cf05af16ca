// The latest events of each channel, kept so that an answer which was on its way while they came can be brought up to date:
// fetch, then replay what arrived meanwhile. Without it an edit could be lost between a page and its channel.
import { asEntry } from "@/api/events";
import type { TopicEvent } from "@/api/socket/frames";
import type { ChannelEvent } from "@/api/types";
import { ofPerson } from "@/lib/person";
import { applyToSummary, type Summary } from "./channel/events";
import { applyToTimeline } from "./message/events";
import type { Timeline } from "./message/timeline";

const KEEP = 500;
const events = ofPerson(new Map<string, { position: number; event: ChannelEvent }[]>());
let position = 0;

export function record(channel: string, raw: TopicEvent): ChannelEvent | null {
  const event = asEntry(raw);
  if (!event) return null;
  position += 1;
  const log = events.get(channel) ?? [];
  log.push({ position, event });
  if (log.length > KEEP) log.splice(0, log.length - KEEP);
  events.set(channel, log);
  return event;
}

export function forget(channel: string): void {
  events.delete(channel);
}

/** Taken before a fetch, given to `replay` after it. */
export const mark = (): number => position;

export function replay(channel: string, timeline: Timeline, since: number): Timeline {
  return (events.get(channel) ?? [])
    .filter((entry) => entry.position > since)
    .reduce((state, entry) => applyToTimeline(state, entry.event), timeline);
}

export function replaySummary(summary: Summary, me: string): Summary {
  return (events.get(summary.id) ?? []).reduce((state, { event }) => applyToSummary(state, event, me), summary);
}
