// Everything that changes a channel. Each call refreshes the list, so that the sidebar is right before any event comes.
import type { QueryClient } from "@tanstack/react-query";
import { body, http } from "@/api/http";
import type { Channel } from "@/api/types";
import { channelMembersQuery, channelsKey } from "./queries";

const CHANNEL = "/api/v1/orgs/{org}/channels/{channel}" as const;

const refresh = (client: QueryClient, org: string) => client.invalidateQueries({ queryKey: channelsKey(org) });

export interface NewChannel {
  name: string;
  topic: string;
  kind: "public" | "private";
}

export async function createChannel(client: QueryClient, org: string, input: NewChannel): Promise<Channel> {
  const channel = await body(http.POST("/api/v1/orgs/{org}/channels", { params: { path: { org } }, body: input }));
  await refresh(client, org);
  return channel;
}

export async function openDirect(client: QueryClient, org: string, members: string[]): Promise<Channel> {
  const channel = await body(http.POST("/api/v1/orgs/{org}/direct", { params: { path: { org } }, body: { members } }));
  await refresh(client, org);
  return channel;
}

export async function updateChannel(
  client: QueryClient,
  org: string,
  channel: string,
  input: { name?: string; topic?: string },
): Promise<void> {
  await http.PATCH(CHANNEL, { params: { path: { org, channel } }, body: input });
  await refresh(client, org);
}

export async function joinChannel(client: QueryClient, org: string, channel: string): Promise<void> {
  await http.POST(`${CHANNEL}/join`, { params: { path: { org, channel } }, body: {} });
  await refresh(client, org);
}

export async function leaveChannel(client: QueryClient, org: string, channel: string): Promise<void> {
  await http.POST(`${CHANNEL}/leave`, { params: { path: { org, channel } }, body: {} });
  await refresh(client, org);
}

export async function setArchived(client: QueryClient, org: string, channel: string, archived: boolean): Promise<void> {
  const params = { path: { org, channel } };
  if (archived) await http.POST(`${CHANNEL}/archive`, { params, body: {} });
  else await http.POST(`${CHANNEL}/unarchive`, { params, body: {} });
  await refresh(client, org);
}

export async function addToChannel(client: QueryClient, org: string, channel: string, member: string): Promise<void> {
  await http.PUT(`${CHANNEL}/members/{member}`, { params: { path: { org, channel, member } }, body: {} });
  await client.invalidateQueries({ queryKey: channelMembersQuery(org, channel).queryKey });
  await refresh(client, org);
}

export async function removeFromChannel(
  client: QueryClient,
  org: string,
  channel: string,
  member: string,
): Promise<void> {
  await http.DELETE(`${CHANNEL}/members/{member}`, { params: { path: { org, channel, member } }, body: {} });
  await client.invalidateQueries({ queryKey: channelMembersQuery(org, channel).queryKey });
  await refresh(client, org);
}
