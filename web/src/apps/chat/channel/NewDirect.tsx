// A new direct message: pick one person or up to eight.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { useState } from "react";
import { explain } from "@/api/error";
import type { Member } from "@/api/types";
import { t } from "@/apps/chat/text";
import { findMembers } from "@/platform/members/find";
import { useDirectory } from "@/platform/members/queries";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { useChat } from "../context";
import { openDirect } from "./change";
import { writtenWith } from "./near";
import { PersonPicker } from "./PersonPicker";
import { useConversations } from "./queries";

const MAX = 8;

export function NewDirect({ onClose, onOpened }: { onClose: () => void; onOpened: (channel: string) => void }) {
  const { org, me } = useChat();
  const client = useQueryClient();
  const directory = useDirectory(org);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState<readonly Member[]>([]);
  const open = useMutation({
    mutationFn: () =>
      openDirect(
        client,
        org,
        chosen.map((member) => member.id),
      ),
    onSuccess: (channel) => {
      onClose();
      onOpened(channel.id);
    },
  });
  const { directs } = useConversations(org, me);
  // Nobody can read what is written to a name that was imported.
  const others = directory.active.filter((member) => member.id !== me && !member.imported);
  const found = findMembers(others, typed, 40, { here: new Set(), recent: writtenWith(directs, me) });
  const toggle = (member: Member) => {
    setTyped("");
    setChosen((now) => (now.includes(member) ? now.filter((item) => item !== member) : [...now, member]));
  };
  const tooMany = chosen.length > MAX;
  return (
    <Dialog open onClose={onClose} title={t.channel.directTitle} description={t.channel.directLead}>
      <div className="flex flex-col gap-3">
        {open.error && <Banner tone="danger">{explain(open.error)}</Banner>}
        {chosen.length > 0 && (
          <ul aria-label={t.channel.chosen} className="flex flex-wrap gap-1.5">
            {chosen.map((member) => (
              <li key={member.id}>
                <button
                  type="button"
                  aria-label={t.channel.removeChosen(member.name)}
                  onClick={() => toggle(member)}
                  className="flex h-7 max-w-56 items-center gap-1.5 rounded-full bg-accent-soft px-2.5 text-accent text-sm"
                >
                  <span className="truncate">{member.name}</span>
                  <X size={13} aria-hidden="true" className="shrink-0" />
                </button>
              </li>
            ))}
          </ul>
        )}
        <PersonPicker
          label={t.channel.directSearch}
          typed={typed}
          onTyped={setTyped}
          found={found}
          onTake={toggle}
          onEnter={() => chosen.length > 0 && !tooMany && open.mutate()}
          isChosen={(member) => chosen.includes(member)}
          mark={(member) =>
            chosen.includes(member) && <Check size={16} aria-hidden="true" className="shrink-0 text-accent" />
          }
          autoFocus
          problem={tooMany ? t.channel.directTooMany : null}
          className={found.length > 0 ? "-mx-2 max-h-72 min-h-24 overflow-y-auto" : ""}
        />
        {found.length === 0 && (
          <p role="status" className="min-h-24 p-4 text-center text-ink-2">
            {others.length === 0 ? t.channel.directNobody : t.channel.nobodyMatches}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button
            kind="primary"
            busy={open.isPending}
            disabled={chosen.length === 0 || tooMany}
            onClick={() => open.mutate()}
          >
            {t.channel.directOpen}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
