// Every channel the reader may see: find, join, open. Archived ones are listed last.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Hash, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { explain } from "@/api/error";
import type { ChannelSummary } from "@/api/types";
import { t } from "@/apps/chat/text";
import { byName, plain } from "@/lib/names";
import { usePermission } from "@/platform/me/queries";
import { Badge, EmptyState, Page } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { SkeletonRows } from "@/ui/Spinner";
import { toast } from "@/ui/Toast";
import { useChat } from "../context";
import { ChannelIcon } from "./ChannelIcon";
import { joinChannel } from "./change";
import { channelsQuery } from "./queries";

export function BrowseChannels({
  onCreate,
  linkTo,
}: {
  onCreate: () => void;
  linkTo: (channel: string, children: ReactNode, className: string) => ReactNode;
}) {
  const { org, me } = useChat();
  const query = useQuery(channelsQuery(org, me));
  const mayCreate = usePermission("chat.channel.create", org);
  const [typed, setTyped] = useState("");
  const needle = plain(typed.trim());
  const channels = (query.data ?? [])
    .filter((channel) => channel.kind !== "direct")
    .filter((channel) => plain(`${channel.name} ${channel.topic}`).includes(needle))
    .sort((a, b) => Number(a.archived) - Number(b.archived) || byName(a, b));
  const create = mayCreate && (
    <Button kind="primary" onClick={onCreate}>
      <Plus size={15} aria-hidden="true" /> {t.nav.newChannel}
    </Button>
  );
  const nothing = query.isSuccess && channels.length === 0;
  return (
    <Page title={t.channel.browseTitle} lead={t.channel.browseLead} actions={create}>
      <TextField
        label={t.channel.browseSearch}
        hideLabel
        type="search"
        placeholder={t.channel.browseSearch}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {query.isPending && <SkeletonRows />}
      {query.isError && (
        <EmptyState
          title={t.errors.loadFailed}
          text={explain(query.error)}
          action={<Button onClick={() => query.refetch()}>{t.common.retry}</Button>}
        />
      )}
      {nothing && (
        <EmptyState
          icon={<Hash size={28} aria-hidden="true" />}
          title={typed ? t.channel.browseNone : t.channel.browseEmpty}
          text={typed ? undefined : t.channel.browseEmptyText}
          action={!typed && create}
        />
      )}
      <ul className="mt-3 divide-y divide-line">
        {channels.map((channel) => (
          <Row key={channel.id} channel={channel} linkTo={linkTo} />
        ))}
      </ul>
    </Page>
  );
}

function Row({
  channel,
  linkTo,
}: {
  channel: ChannelSummary;
  linkTo: (channel: string, children: ReactNode, className: string) => ReactNode;
}) {
  const { org } = useChat();
  const client = useQueryClient();
  const mayJoin = usePermission("chat.channel.join", org);
  const [busy, setBusy] = useState(false);
  const join = async () => {
    setBusy(true);
    try {
      await joinChannel(client, org, channel.id);
    } catch (error) {
      toast(explain(error), { tone: "danger" });
    }
    setBusy(false);
  };
  return (
    <li className="flex items-center gap-3 py-3">
      <div className="min-w-0 flex-1">
        {linkTo(
          channel.id,
          <>
            <ChannelIcon kind={channel.kind} />
            <span className="truncate">{channel.name}</span>
          </>,
          "inline-flex max-w-full items-center gap-1.5 rounded-sm font-medium hover:underline",
        )}
        <p className="truncate text-ink-3 text-sm">
          {t.chat.people(channel.memberCount)}
          {channel.topic && ` · ${channel.topic}`}
        </p>
      </div>
      {channel.archived ? (
        <Badge>{t.nav.archived}</Badge>
      ) : channel.joined ? (
        <span className="text-ink-3 text-sm">{t.channel.joined}</span>
      ) : (
        mayJoin && (
          <Button size="small" busy={busy} onClick={join}>
            {t.channel.join}
          </Button>
        )
      )}
    </li>
  );
}
