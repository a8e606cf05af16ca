// About a channel and who is in it: topic and name, adding and removing people, leaving, archiving.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useMemo, useState } from "react";
import { explain, fieldProblem, summarise } from "@/api/error";
import type { ChannelSummary, Member } from "@/api/types";
import { t } from "@/apps/chat/text";
import { shortDate } from "@/lib/time";
import { useMembership } from "@/platform/me/org";
import { may } from "@/platform/me/queries";
import { findMembers } from "@/platform/members/find";
import { noteOf } from "@/platform/members/note";
import { useDirectory } from "@/platform/members/queries";
import { Banner } from "@/ui/Banner";
import { Avatar } from "@/ui/Bits";
import { Button, IconButton } from "@/ui/Button";
import { Confirm, Dialog } from "@/ui/Dialog";
import { TextField } from "@/ui/Field";
import { SkeletonRows, Spinner } from "@/ui/Spinner";
import { toast } from "@/ui/Toast";
import { useChat } from "../context";
import { addToChannel, leaveChannel, removeFromChannel, setArchived, updateChannel } from "./change";
import { PersonPicker } from "./PersonPicker";
import { channelMembersQuery } from "./queries";

interface Props {
  channel: ChannelSummary;
  title: string;
  onClose: () => void;
}

export function DetailsDialog({ channel, title, onClose }: Props) {
  const direct = channel.kind === "direct";
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={
        direct
          ? t.channel.kindDirect
          : `${channel.kind === "private" ? t.channel.private : t.channel.public}. ${t.channel.created(shortDate(channel.createdAt))}`
      }
      wide
    >
      <div className="flex flex-col gap-6">
        {!direct && <About channel={channel} />}
        <People channel={channel} />
        {!direct && <Endings channel={channel} title={title} onClose={onClose} />}
      </div>
    </Dialog>
  );
}

function About({ channel }: { channel: ChannelSummary }) {
  const { org } = useChat();
  const membership = useMembership();
  const client = useQueryClient();
  const [name, setName] = useState(channel.name);
  const [topic, setTopic] = useState(channel.topic);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const mayChange = channel.joined && !channel.archived && may(membership, "chat.channel.update");
  if (!mayChange) return <p className="text-ink-2">{channel.topic || t.channel.noTopic}</p>;

  const changed = name.trim() !== channel.name || topic.trim() !== channel.topic;
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await updateChannel(client, org, channel.id, {
        ...(name.trim() === channel.name ? {} : { name: name.trim() }),
        ...(topic.trim() === channel.topic ? {} : { topic: topic.trim() }),
      });
      toast(t.common.saved);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-label={t.channel.about} className="flex flex-col gap-3">
      {error !== null && <Banner tone="danger">{summarise(error)}</Banner>}
      <TextField
        label={t.channel.name}
        value={name}
        onChange={(event) => setName(event.target.value)}
        problem={fieldProblem(error, "name")}
      />
      <TextField
        label={t.channel.topic}
        placeholder={t.channel.topicHint}
        value={topic}
        onChange={(event) => setTopic(event.target.value)}
        problem={fieldProblem(error, "topic")}
      />
      {changed && (
        <Button kind="primary" busy={busy} onClick={save} className="self-start">
          {t.channel.saveChanges}
        </Button>
      )}
    </section>
  );
}

const SHOWN = 60;

function People({ channel }: { channel: ChannelSummary }) {
  const { org, me } = useChat();
  const membership = useMembership();
  const client = useQueryClient();
  const directory = useDirectory(org);
  const direct = channel.kind === "direct";
  const query = useQuery({ ...channelMembersQuery(org, channel.id), enabled: !direct });
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Member | null>(null);
  const ids = direct ? channel.members : query.data;
  const inside = useMemo(() => {
    const wanted = new Set(ids ?? []);
    return directory.active.filter((member) => wanted.has(member.id));
  }, [ids, directory]);
  const outside = useMemo(() => {
    const taken = new Set(ids ?? []);
    return directory.active.filter((member) => !taken.has(member.id));
  }, [ids, directory]);
  const canInvite = !direct && channel.joined && !channel.archived && may(membership, "chat.channel.invite");
  const canRemove = !direct && channel.joined && may(membership, "chat.channel.remove");
  const [adding, setAdding] = useState<string | null>(null);
  const add = async (member: Member) => {
    if (adding !== null) return;
    setProblem(null);
    setAdding(member.id);
    try {
      await addToChannel(client, org, channel.id, member.id);
      setTyped("");
    } catch (error) {
      setProblem(explain(error));
    }
    setAdding(null);
  };
  if (!direct && query.isPending) return <SkeletonRows count={3} avatar />;
  const found = findMembers(inside, typed, SHOWN);
  const addable = canInvite && typed ? findMembers(outside, typed, 6) : [];
  return (
    <section aria-label={t.channel.membersTab} className="flex flex-col gap-2">
      <h3 className="font-medium">{t.chat.people(inside.length)}</h3>
      {query.isError && <Banner tone="danger">{explain(query.error)}</Banner>}
      {problem && <Banner tone="danger">{problem}</Banner>}
      {canInvite ? (
        <PersonPicker
          label={t.channel.inviteSearch}
          typed={typed}
          onTyped={setTyped}
          found={addable}
          onTake={(member) => void add(member)}
          mark={(member) => (
            <span className="shrink-0 font-medium text-accent text-sm">
              {adding === member.id ? <Spinner /> : t.channel.add}
            </span>
          )}
          className="-mx-2"
        />
      ) : (
        inside.length > 8 && (
          <TextField
            label={t.common.search}
            hideLabel
            type="search"
            placeholder={t.members.search}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )
      )}
      <ul className="flex flex-col">
        {found.map((member) => (
          <Person key={member.id} member={member}>
            {canRemove && member.id !== me && (
              <IconButton
                small
                label={t.channel.removeMember(member.name)}
                icon={<X size={15} aria-hidden="true" />}
                onClick={() => setRemoving(member)}
              />
            )}
          </Person>
        ))}
      </ul>
      {found.length + addable.length === 0 && <p className="text-ink-3">{t.channel.nobodyMatches}</p>}
      {!typed && inside.length > SHOWN && (
        <p className="text-ink-3 text-sm">{t.channel.moreMembers(inside.length - SHOWN)}</p>
      )}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={t.channel.removeTitle(removing?.name ?? "", channel.name)}
        text={t.channel.removeText(removing?.name ?? "", channel.kind === "private")}
        confirm={t.common.remove}
        explain={explain}
        onConfirm={() => (removing ? removeFromChannel(client, org, channel.id, removing.id) : Promise.resolve())}
      />
    </section>
  );
}

function Person({ member, children }: { member: Member; children: React.ReactNode }) {
  return (
    <li className="flex h-10 items-center gap-2.5">
      <Avatar id={member.id} name={member.name} size={24} />
      <span className="min-w-0 truncate">{member.name}</span>
      <span className="min-w-24 flex-1 truncate text-ink-3 text-sm">{noteOf(member)}</span>
      {children}
    </li>
  );
}

const leaveText = (channel: ChannelSummary): string => {
  if (channel.kind !== "private") return t.channel.leavePublic;
  return channel.memberCount === 1 ? t.channel.leaveLast : t.channel.leavePrivate;
};

function Endings({ channel, title, onClose }: Props) {
  const { org } = useChat();
  const membership = useMembership();
  const client = useQueryClient();
  const [asking, setAsking] = useState<"leave" | "archive" | null>(null);
  const mayArchive = may(membership, "chat.channel.archive");
  const mayLeave = channel.joined && may(membership, "chat.channel.leave");
  if (!mayArchive && !mayLeave) return null;
  const restore = () =>
    setArchived(client, org, channel.id, false).catch((error: unknown) => toast(explain(error), { tone: "danger" }));
  return (
    <section aria-label={t.channel.settings} className="flex flex-wrap gap-2 border-line border-t pt-4">
      {mayLeave && <Button onClick={() => setAsking("leave")}>{t.channel.leave}</Button>}
      {mayArchive &&
        (channel.archived ? (
          <Button onClick={restore}>{t.channel.unarchive}</Button>
        ) : (
          <Button onClick={() => setAsking("archive")}>{t.channel.archive}</Button>
        ))}
      <Confirm
        open={asking === "leave"}
        onClose={() => setAsking(null)}
        title={t.channel.leaveTitle(title)}
        text={leaveText(channel)}
        confirm={t.channel.leaveConfirm}
        explain={explain}
        onConfirm={() => leaveChannel(client, org, channel.id).then(onClose)}
      />
      <Confirm
        open={asking === "archive"}
        onClose={() => setAsking(null)}
        title={t.channel.archiveTitle(title)}
        text={t.channel.archiveText}
        confirm={t.channel.archiveConfirm}
        explain={explain}
        onConfirm={() => setArchived(client, org, channel.id, true)}
      />
    </section>
  );
}
