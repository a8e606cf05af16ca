// The bar above a conversation: name, topic, how many people; it opens the details.
import { Users } from "lucide-react";
import { useContext, useState } from "react";
import type { ChannelSummary } from "@/api/types";
import { t } from "@/apps/chat/text";
import { useDirectory } from "@/platform/members/queries";
import { Avatar, Badge, PageStart } from "@/ui/Bits";
import { Tip } from "@/ui/Tooltip";
import { useChat } from "../context";
import { ChannelIcon } from "./ChannelIcon";
import { DetailsDialog } from "./DetailsDialog";
import { channelName, headCount } from "./queries";

export function ChannelHeader({ channel, title }: { channel: ChannelSummary; title: string }) {
  const { org, me } = useChat();
  const directory = useDirectory(org);
  const [open, setOpen] = useState(false);
  const name = channelName(channel, directory, me);
  const direct = channel.kind === "direct";
  const people = headCount(channel, directory);
  const other = channel.members.find((id) => id !== me) ?? me;
  return (
    <div className="flex h-13 shrink-0 items-center gap-2 border-line border-b px-5 max-md:px-2">
      {useContext(PageStart)}
      <span className="flex text-ink-2">
        {direct ? <Avatar id={other} name={name} size={24} /> : <ChannelIcon kind={channel.kind} size={17} />}
      </span>
      <h1 className="min-w-0 truncate font-semibold text-md" title={title}>
        {name}
      </h1>
      {channel.archived && <Badge>{t.nav.archived}</Badge>}
      <p className="min-w-0 flex-1 truncate text-ink-3 text-sm max-md:hidden" title={channel.topic}>
        {channel.topic}
      </p>
      <span className="flex-1 md:hidden" />
      <Tip text={t.channel.details}>
        <button
          type="button"
          aria-label={t.channel.membersButton(people)}
          onClick={() => setOpen(true)}
          className="flex h-8 shrink-0 items-center gap-1.5 rounded-md px-2 text-ink-2 text-sm tabular-nums hover:bg-hover max-md:h-10"
        >
          <Users size={16} aria-hidden="true" />
          {people.toLocaleString()}
        </button>
      </Tip>
      {open && <DetailsDialog channel={channel} title={title} onClose={() => setOpen(false)} />}
    </div>
  );
}
