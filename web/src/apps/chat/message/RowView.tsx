// One row of a conversation, whatever it is.
import { t } from "@/apps/chat/text";
import { dayLabel } from "@/lib/time";
import { Spinner } from "@/ui/Spinner";
import type { MessageListProps } from "./MessageList";
import { MessageRow, type Tool } from "./MessageRow";
import { PendingRow } from "./PendingRow";
import type { Row } from "./rows";

export interface RowViewProps {
  row: Row;
  active: boolean;
  tool: Tool | null;
  onTool: (key: string, tool: Tool | null) => void;
  lastId: string | null;
  props: MessageListProps;
}

export function RowView({ row, active, tool, onTool, lastId, props }: RowViewProps) {
  const { me, directory } = props;
  switch (row.kind) {
    case "message":
      return (
        <MessageRow
          rowKey={row.key}
          message={row.message}
          grouped={row.grouped}
          stray={row.stray}
          active={active}
          tool={tool}
          onTool={onTool}
          editing={props.editing === row.message.id}
          tabbable={row.message.id === lastId}
          highlighted={props.highlighted === row.message.seq}
          canWrite={props.canWrite}
          canMark={props.canMark}
          canModerate={props.canModerate}
          me={me}
          directory={directory}
          actions={props.actions}
        />
      );
    case "pending":
      return (
        <PendingRow
          entry={row.entry}
          grouped={row.grouped}
          me={me}
          directory={directory}
          onEdit={props.canWrite ? props.onEditPending : null}
          onCopy={props.actions.copy}
        />
      );
    case "day":
      return (
        <div className="flex items-center gap-3 px-5 pt-4 pb-1 max-md:px-3">
          <span className="h-px flex-1 bg-line" />
          <h2 className="font-medium text-ink-3 text-xs">{dayLabel(row.at)}</h2>
          <span className="h-px flex-1 bg-line" />
        </div>
      );
    case "new":
      return (
        <div className="flex items-center gap-2 px-5 pt-2 max-md:px-3">
          <span className="h-px flex-1 bg-danger/50" />
          <span className="font-medium text-danger text-xs">{t.chat.newMessages}</span>
        </div>
      );
    case "loading":
      return (
        <div role="status" className="flex h-14 items-center justify-center text-ink-3">
          <Spinner />
          <span className="sr-only">{row.side === "before" ? t.chat.older : t.chat.newer}</span>
        </div>
      );
    case "start":
      return (
        <div className="px-5 pt-10 pb-3 max-md:px-3">
          <p className="font-semibold text-lg">{props.intro}</p>
          {props.timeline.items.length === 0 && props.canWrite && <p className="text-ink-2">{t.chat.emptyHint}</p>}
        </div>
      );
  }
}
