// # for public, a lock for private.
import { Hash, Lock } from "lucide-react";
import type { ChannelSummary } from "@/api/types";
import { t } from "@/apps/chat/text";

export function ChannelIcon({ kind, size = 15 }: { kind: ChannelSummary["kind"]; size?: number }) {
  if (kind === "private") return <Lock size={size} aria-label={t.channel.private} role="img" className="shrink-0" />;
  return <Hash size={size} aria-hidden="true" className="shrink-0" />;
}
