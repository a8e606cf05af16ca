// Where one is in chat, for the tab's title.
import { useMatch, useParams } from "@tanstack/react-router";
import { useMembership } from "@/platform/me/org";
import { useDirectory } from "@/platform/members/queries";
import { useChat } from "../context";
import { t } from "../text";
import { channelTitle, useChannel } from "./queries";

export function useTitle(): string | null {
  const { org, me } = useChat();
  const { channel } = useParams({ strict: false });
  const directory = useDirectory(org);
  const current = useChannel(org, me, channel ?? "");
  const { org: here } = useMembership();
  const browsing = useMatch({ from: "/o/$org/channels", shouldThrow: false }) !== undefined;
  if (browsing) return `${t.channel.browseTitle} · ${here.name}`;
  return current ? channelTitle(current, directory, me) : null;
}
