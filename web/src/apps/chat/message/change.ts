// Edit, delete, react: HTTP calls whose result goes into the cache at once; the event that follows changes nothing more.
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { body, http } from "@/api/http";
import type { Message } from "@/api/types";
import { nowMicros } from "@/lib/time";
import { tombstone, withReaction } from "./events";
import { timelineKey } from "./queries";
import { newer, replace, type Timeline } from "./timeline";

const PATH = "/api/v1/orgs/{org}/channels/{channel}/messages/{message}" as const;

function patch(client: QueryClient, org: string, message: Message, change: (known: Message) => Message): void {
  client.setQueryData<Timeline>(timelineKey(org, message.channel), (now) => now && replace(now, message.id, change));
}

export async function editMessage(client: QueryClient, org: string, message: Message, text: string): Promise<void> {
  const path = { org, channel: message.channel, message: message.id };
  const edited = await body(http.PATCH(PATH, { params: { path }, body: { body: text } }));
  patch(client, org, message, (known) => newer(known, edited));
}

export async function deleteMessage(client: QueryClient, org: string, message: Message): Promise<void> {
  await http.DELETE(PATH, { params: { path: { org, channel: message.channel, message: message.id } }, body: {} });
  patch(client, org, message, (known) => tombstone(known, nowMicros()));
}

/** Shown at once, taken back when the server refuses. */
export async function react(
  client: QueryClient,
  org: string,
  message: Message,
  me: string,
  emoji: string,
  on: boolean,
): Promise<void> {
  patch(client, org, message, (known) => withReaction(known, me, emoji, on));
  try {
    await http.PUT(`${PATH}/reactions`, {
      params: { path: { org, channel: message.channel, message: message.id } },
      body: { emoji, on },
    });
  } catch (error) {
    patch(client, org, message, (known) => withReaction(known, me, emoji, !on));
    throw error;
  }
}

export const revisionsQuery = (org: string, message: Message) =>
  queryOptions({
    queryKey: ["org", org, "revisions", message.id, message.editedAt],
    queryFn: async ({ signal }) =>
      (
        await body(
          http.GET(`${PATH}/revisions`, {
            params: { path: { org, channel: message.channel, message: message.id } },
            signal,
          }),
        )
      ).items,
  });
