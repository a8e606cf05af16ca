// Ctrl K: jump to a conversation or person, or run a command. Commands are data.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Hash, Keyboard, LogOut, MessageSquarePlus, Monitor, Moon, Server, Sun, Telescope } from "lucide-react";
import { useMemo, useState } from "react";
import { explain } from "@/api/error";
import type { ChannelSummary } from "@/api/types";
import { ChannelIcon } from "@/apps/chat/channel/ChannelIcon";
import { openDirect } from "@/apps/chat/channel/change";
import { countText } from "@/apps/chat/channel/events";
import { writtenWith } from "@/apps/chat/channel/near";
import { channelName, channelsQuery, useConversations } from "@/apps/chat/channel/queries";
import { useChat } from "@/apps/chat/context";
import { byName, plain } from "@/lib/names";
import { t } from "@/lib/text";
import { setTheme } from "@/lib/theme";
import { endMove, moveTo } from "@/lib/typeahead";
import { type AppPage, addressOf, pagesFor } from "@/platform/app/page";
import { useMembership } from "@/platform/me/org";
import { useMe, usePermission } from "@/platform/me/queries";
import { findMembers } from "@/platform/members/find";
import { useDirectory } from "@/platform/members/queries";
import { Avatar, Badge } from "@/ui/Bits";
import { CommandBox, type CommandGroup, type CommandItem } from "@/ui/CommandBox";
import { toast } from "@/ui/Toast";
import { pages } from "./apps";
import type { OpenDialog } from "./shellContext";
import { useSignOut } from "./useSignOut";

const failed = (error: unknown) => toast(explain(error), { tone: "danger" });

export function Palette({ onClose, onOpen }: { onClose: () => void; onOpen: (dialog: OpenDialog) => void }) {
  const { org, me, slug } = useChat();
  const client = useQueryClient();
  const navigate = useNavigate();
  const directory = useDirectory(org);
  const { channels, directs } = useConversations(org, me);
  const { data: all } = useQuery(channelsQuery(org, me));
  const [query, setQuery] = useState("");
  const commands = useCommands(onOpen);
  const needle = plain(query.trim().replace(/^[#@]/, ""));

  const groups = useMemo<CommandGroup[]>(() => {
    const goTo = (channel: string) => () => {
      moveTo(channel);
      void navigate({ to: "/o/$org/c/$channel", params: { org: slug, channel } });
    };
    const toItem = (channel: ChannelSummary): CommandItem => {
      const name = channelName(channel, directory, me);
      const other = channel.members.find((id) => id !== me) ?? me;
      return {
        key: channel.id,
        label: name,
        note: channel.topic,
        icon:
          channel.kind === "direct" ? <Avatar id={other} name={name} size={18} /> : <ChannelIcon kind={channel.kind} />,
        badge: channel.unread > 0 ? <Badge>{countText(channel.unread)}</Badge> : undefined,
        onSelect: goTo(channel.id),
      };
    };
    // 0: it is called so; 1: it begins so; 2: it is in there. Nothing typed: what is unread comes first.
    const rank = (channel: ChannelSummary): number => {
      const name = plain(channelName(channel, directory, me));
      if (!needle) return channel.unread > 0 ? 0 : 1;
      return name === needle ? 0 : name.startsWith(needle) ? 1 : name.includes(needle) ? 2 : 9;
    };
    const best = (list: readonly ChannelSummary[]) =>
      list
        .map((channel) => ({ channel, at: rank(channel) }))
        .filter(({ at }) => at < 9)
        .sort((one, other) => one.at - other.at)
        .map(({ channel }) => toItem(channel));
    const conversations = best([...channels, ...directs]);
    const joinable = needle
      ? best((all ?? []).filter((channel) => !channel.joined && !channel.archived).sort(byName))
      : [];
    const near = { here: new Set<string>(), recent: writtenWith(directs, me) };
    const others = directory.active.filter((member) => member.id !== me);
    const people = needle
      ? findMembers(others, needle, 7, near).map((member) => ({
          key: member.id,
          label: member.name,
          note: member.imported ? t.members.importedNote(member.handle) : `@${member.handle}`,
          icon: <Avatar id={member.id} name={member.name} size={18} />,
          onSelect: () => {
            moveTo(null);
            void openDirect(client, org, [member.id]).then(
              (channel) => goTo(channel.id)(),
              (error: unknown) => {
                endMove();
                failed(error);
              },
            );
          },
        }))
      : [];
    return [
      { title: t.palette.channels, items: conversations.slice(0, needle ? 8 : 7) },
      { title: t.palette.joinable, items: joinable.slice(0, 6) },
      { title: t.palette.people, items: people },
      { title: t.palette.commands, items: commands.filter((item) => plain(item.label).includes(needle)) },
    ];
  }, [needle, all, channels, directs, directory, me, org, slug, client, navigate, commands]);

  return (
    <CommandBox
      title={t.palette.title}
      placeholder={t.palette.placeholder}
      empty={t.palette.none}
      hint={t.palette.hint}
      query={query}
      onQuery={setQuery}
      groups={groups}
      onClose={onClose}
    />
  );
}

function useCommands(onOpen: (dialog: OpenDialog) => void): CommandItem[] {
  const { org, slug } = useChat();
  const navigate = useNavigate();
  const mayCreate = usePermission("chat.channel.create", org);
  const mayDirect = usePermission("chat.direct.open", org);
  const person = useMe();
  const membership = useMembership();
  const leave = useSignOut();
  return useMemo(() => {
    const params = { org: slug };
    // The palette closes itself first; the next dialog opens after it.
    const open = (dialog: OpenDialog) => () => setTimeout(() => onOpen(dialog), 0);
    const toPage = (page: AppPage) => ({
      label: page.title,
      icon: <page.icon size={16} />,
      onSelect: () => void navigate({ href: addressOf(page, slug) }),
    });
    const commands: Array<Omit<CommandItem, "key"> & { shown?: boolean }> = [
      { label: t.shell.newDirect, icon: <MessageSquarePlus size={16} />, onSelect: open("direct"), shown: mayDirect },
      { label: t.shell.newChannel, icon: <Hash size={16} />, onSelect: open("channel"), shown: mayCreate },
      {
        label: t.shell.browse,
        icon: <Telescope size={16} />,
        onSelect: () => void navigate({ to: "/o/$org/channels", params }),
      },
      ...pagesFor(pages, "organisation", person, membership).map(toPage),
      {
        label: t.shell.installation,
        icon: <Server size={16} />,
        onSelect: () => void navigate({ to: "/installation" }),
        shown: person.superAdmin,
      },
      ...pagesFor(pages, "personal", person, membership).map(toPage),
      { label: t.shell.themeLight, icon: <Sun size={16} />, onSelect: () => setTheme("light") },
      { label: t.shell.themeDark, icon: <Moon size={16} />, onSelect: () => setTheme("dark") },
      { label: t.shell.themeSystem, icon: <Monitor size={16} />, onSelect: () => setTheme("system") },
      { label: t.shell.shortcuts, icon: <Keyboard size={16} />, onSelect: open("shortcuts") },
      { label: t.shell.signOut, icon: <LogOut size={16} />, onSelect: () => setTimeout(leave, 0) },
    ];
    return commands
      .filter((command) => command.shown !== false)
      .map(({ shown: _, ...command }) => ({ ...command, key: command.label }));
  }, [slug, navigate, onOpen, mayCreate, mayDirect, person, membership, leave]);
}
