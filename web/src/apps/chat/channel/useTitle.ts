// The conversation's name, for the tab.
import { useParams } from "@tanstack/react-router";
import { useDirectory } from "@/platform/members/queries";
import { useChat } from "../context";
import { channelTitle, useChannel } from "./queries";

export function useTitle(): string | null {
  const { org, me } = useChat();
  const { channel } = useParams({ strict: false });
  const directory = useDirectory(org);
  const current = useChannel(org, me, channel ?? "");
  return current ? channelTitle(current, directory, me) : null;
}
