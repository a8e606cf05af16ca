// One message. Memoised: typing in the composer or a message elsewhere must not render it again. The toolbar exists only
// in the row that is hovered or focused.
import { Copy, History, MailOpen, Pencil, SmilePlus, Trash2 } from "lucide-react";
import { memo } from "react";
import type { Message } from "@/api/types";
import { t } from "@/apps/chat/text";
import { cx } from "@/lib/cx";
import { clockTime, fullTime, tinyTime } from "@/lib/time";
import type { Directory } from "@/platform/members/queries";
import { Avatar } from "@/ui/Bits";
import { IconButton } from "@/ui/Button";
import { Menu, Popover } from "@/ui/Menu";
import { Skeleton } from "@/ui/Spinner";
import { EmojiPicker } from "./EmojiPicker";
import { MessageBody } from "./MessageBody";
import { MessageEditor } from "./MessageEditor";
import { MoreIcon } from "./MoreIcon";
import { Reactions } from "./Reactions";

export interface MessageActions {
  react: (message: Message, emoji: string, on: boolean) => void;
  edit: (message: Message) => void;
  /** Editing is over, one way or the other. */
  edited: (message: Message) => void;
  markUnread: (message: Message) => void;
  remove: (message: Message) => void;
  history: (message: Message) => void;
  copy: (written: { body: string }) => void;
}

/** What of a row's toolbar is open. */
export type Tool = "react" | "more";

export interface MessageRowProps {
  rowKey: string;
  message: Message;
  grouped: boolean;
  /** Of another day than its surroundings. */
  stray: boolean;
  active: boolean;
  tool: Tool | null;
  onTool: (key: string, tool: Tool | null) => void;
  editing: boolean;
  tabbable: boolean;
  highlighted: boolean;
  canWrite: boolean;
  canMark: boolean;
  canModerate: boolean;
  me: string;
  directory: Directory;
  actions: MessageActions;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, grouped, active, editing, tabbable, highlighted, me, directory, actions } = props;
  const name = directory.nameOf(message.author);
  const deleted = message.deletedAt !== null;
  const callsMe = !deleted && message.author !== me && (message.mentionsAll || message.mentions.includes(me));
  return (
    <article
      aria-label={t.chat.messageRow(name, fullTime(message.createdAt))}
      data-message={message.id}
      data-seq={message.seq}
      tabIndex={tabbable ? 0 : -1}
      className={cx(
        "group relative flex gap-3 px-5 max-md:px-3",
        grouped ? "py-0.5" : "pt-2.5 pb-0.5",
        callsMe && "pb-1.5 before:absolute before:inset-y-0 before:left-0 before:w-0.5 before:bg-warn",
        highlighted ? "bg-accent-soft" : callsMe ? "bg-mention-soft" : active && "bg-hover/60",
        "-outline-offset-2 transition-colors",
      )}
    >
      <Gutter grouped={grouped} author={message.author} name={name} at={message.createdAt} />
      <div className="min-w-0 flex-1">
        {!grouped && <Byline name={name} at={message.createdAt} dated={props.stray} />}
        {editing ? (
          <MessageEditor
            message={message}
            onDone={() => actions.edited(message)}
            onCopy={actions.copy}
            onResume={() => actions.edit(message)}
          />
        ) : deleted ? (
          <p className="text-ink-3 italic">{t.chat.deleted}</p>
        ) : (
          <>
            <MessageBody
              source={message.body}
              directory={directory}
              me={me}
              mentions={message.mentions}
              handles={message.handles}
              mentionsAll={message.mentionsAll}
            />
            {message.editedAt !== null && (
              <button
                type="button"
                aria-label={t.chat.editedAt(fullTime(message.editedAt))}
                onClick={() => actions.history(message)}
                className="rounded-sm text-ink-3 text-xs hover:text-ink hover:underline"
              >
                ({t.chat.edited})
              </button>
            )}
          </>
        )}
        {message.reactions.length > 0 && (
          <Reactions
            message={message}
            me={me}
            nameOf={directory.nameOf}
            onToggle={(emoji, on) => actions.react(message, emoji, on)}
          />
        )}
      </div>
      {active && !editing && !deleted && <Toolbar {...props} />}
    </article>
  );
});

export function Gutter({ grouped, author, name, at }: { grouped: boolean; author: string; name: string; at: number }) {
  return (
    <div className="flex w-9 shrink-0 justify-center">
      {grouped ? (
        <span className="select-none whitespace-nowrap pt-0.5 text-[10px] text-ink-3 tabular-nums opacity-0 group-hover:opacity-100 group-focus-within:opacity-100">
          {tinyTime(at)}
        </span>
      ) : (
        <Avatar id={author} name={name} size={36} />
      )}
    </div>
  );
}

export function Byline({ name, at, dated }: { name: string; at: number; dated?: boolean }) {
  return (
    <div className="flex items-baseline gap-2">
      <span className="min-w-0 truncate font-semibold">{name || <Skeleton className="h-3 w-24" />}</span>
      <time dateTime={new Date(at / 1000).toISOString()} title={fullTime(at)} className="shrink-0 text-ink-3 text-xs">
        {dated ? fullTime(at) : clockTime(at)}
      </time>
    </div>
  );
}

function Toolbar({ rowKey, tool, onTool, message, me, canWrite, canMark, canModerate, actions }: MessageRowProps) {
  const toggle = (what: Tool) => (open: boolean) => onTool(rowKey, open ? what : null);
  const mine = message.author === me;
  const items = [
    [
      { label: t.chat.copyText, icon: <Copy size={15} />, onSelect: () => actions.copy(message) },
      ...(mine && canWrite
        ? [{ label: t.chat.edit, icon: <Pencil size={15} />, keys: "E", onSelect: () => actions.edit(message) }]
        : []),
      ...(canMark
        ? [
            {
              label: t.chat.markUnread,
              icon: <MailOpen size={15} />,
              keys: "U",
              onSelect: () => actions.markUnread(message),
            },
          ]
        : []),
      ...(message.editedAt === null
        ? []
        : [{ label: t.chat.history, icon: <History size={15} />, onSelect: () => actions.history(message) }]),
    ],
    (mine && canWrite) || canModerate
      ? [
          {
            label: t.chat.remove,
            icon: <Trash2 size={15} />,
            danger: true,
            keys: "Del",
            onSelect: () => actions.remove(message),
          },
        ]
      : [],
  ];
  return (
    <div
      role="toolbar"
      aria-label={t.chat.actions}
      className="absolute -top-3.5 right-5 z-10 flex rounded-md border border-line bg-raised p-0.5 shadow-sm max-md:right-2"
    >
      {canWrite && (
        <Popover
          label={t.chat.emojiPicker}
          open={tool === "react"}
          onOpenChange={toggle("react")}
          trigger={
            <IconButton small label={t.chat.react} icon={<SmilePlus size={16} aria-hidden="true" />} data-act="react" />
          }
        >
          <EmojiPicker
            onPick={(emoji) => {
              onTool(rowKey, null);
              const mineAlready = message.reactions.some((item) => item.emoji === emoji && item.members.includes(me));
              actions.react(message, emoji, !mineAlready);
            }}
          />
        </Popover>
      )}
      {mine && canWrite && (
        <IconButton
          small
          label={t.chat.edit}
          icon={<Pencil size={15} aria-hidden="true" />}
          onClick={() => actions.edit(message)}
        />
      )}
      <Menu
        align="end"
        items={items}
        open={tool === "more"}
        onOpenChange={toggle("more")}
        trigger={<IconButton small label={t.chat.moreActions} icon={<MoreIcon />} data-act="more" />}
      />
    </div>
  );
}
