// The reactions below a message: one button per emoji, pressed when the reader's is among them.
import type { Message } from "@/api/types";
import { t } from "@/apps/chat/text";
import { cx } from "@/lib/cx";
import { Tip } from "@/ui/Tooltip";

export function Reactions({
  message,
  me,
  nameOf,
  onToggle,
}: {
  message: Message;
  me: string;
  nameOf: (id: string) => string;
  onToggle: (emoji: string, on: boolean) => void;
}) {
  return (
    <div className="mt-1 flex flex-wrap gap-1">
      {message.reactions.map(({ emoji, members }) => {
        const mine = members.includes(me);
        const names = members
          .slice(0, 12)
          .map((id) => (id === me ? t.chat.selfName(nameOf(id)) : nameOf(id)))
          .join(", ");
        return (
          <Tip key={emoji} text={t.chat.reactionBy(names + (members.length > 12 ? "…" : ""), emoji)}>
            <button
              type="button"
              aria-pressed={mine}
              aria-label={t.chat.reactionToggle(emoji, members.length, mine)}
              onClick={() => onToggle(emoji, !mine)}
              className={cx(
                "inline-flex h-6 items-center gap-1.5 rounded-full border px-2 text-xs tabular-nums transition-colors max-md:h-8",
                mine ? "border-accent/50 bg-accent-soft text-accent" : "border-line text-ink-2 hover:bg-hover",
              )}
            >
              <span className="text-[13px]">{emoji}</span>
              {members.length}
            </button>
          </Tip>
        );
      })}
    </div>
  );
}
