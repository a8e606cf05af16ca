// Where one is signed in; ending one session, or all others.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Monitor, Smartphone } from "lucide-react";
import { useState } from "react";
import { explain } from "@/api/error";
import { body, http } from "@/api/http";
import type { Session } from "@/api/types";
import { t } from "@/lib/text";
import { ago, fullTime } from "@/lib/time";
import { Badge, EmptyState, Page } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { SkeletonRows } from "@/ui/Spinner";
import { toast } from "@/ui/Toast";

const KEY = ["me", "sessions"] as const;

export function SessionsPage() {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await body(http.GET("/api/v1/me/sessions", { signal }))).items,
    staleTime: 0,
  });
  const [asking, setAsking] = useState(false);
  const sessions = [...(query.data ?? [])].sort(
    (a, b) => Number(b.current) - Number(a.current) || b.lastSeenAt - a.lastSeenAt,
  );
  const endOthers = async () => {
    const { ended } = await body(http.POST("/api/v1/me/sessions/revoke-others", { body: {} }));
    await client.invalidateQueries({ queryKey: KEY });
    toast(t.sessions.ended(ended));
  };
  return (
    <Page
      title={t.sessions.title}
      lead={t.sessions.lead}
      actions={
        sessions.length > 1 && (
          <Button className="max-md:hidden" onClick={() => setAsking(true)}>
            {t.sessions.endOthers}
          </Button>
        )
      }
    >
      {query.isPending && <SkeletonRows count={3} />}
      {query.isError && (
        <EmptyState
          title={t.errors.loadFailed}
          text={explain(query.error)}
          action={<Button onClick={() => query.refetch()}>{t.common.retry}</Button>}
        />
      )}
      <ul className="divide-y divide-line">
        {sessions.map((session) => (
          <Row key={session.id} session={session} />
        ))}
      </ul>
      {sessions.length > 1 && (
        <Button className="mt-3 h-11 w-full md:hidden" onClick={() => setAsking(true)}>
          {t.sessions.endOthers}
        </Button>
      )}
      {sessions.length === 1 && <p className="mt-3 text-ink-3">{t.sessions.onlyThis}</p>}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={t.sessions.endOthersTitle}
        text={t.sessions.endOthersText}
        confirm={t.sessions.endOthers}
        explain={explain}
        onConfirm={endOthers}
      />
    </Page>
  );
}

function Row({ session }: { session: Session }) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const device = session.device || t.sessions.unknownDevice;
  const end = async () => {
    setBusy(true);
    try {
      await http.DELETE("/api/v1/me/sessions/{session}", { params: { path: { session: session.id } }, body: {} });
      toast(t.sessions.endedOne);
      await client.invalidateQueries({ queryKey: KEY });
    } catch (error) {
      toast(explain(error), { tone: "danger" });
    }
    setBusy(false);
  };
  const phone = /iphone|android|mobile|ipad/i.test(device);
  return (
    <li className="flex items-center gap-3 py-3.5">
      <span className="text-ink-3">
        {phone ? <Smartphone size={20} aria-hidden="true" /> : <Monitor size={20} aria-hidden="true" />}
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2">
          <span className="truncate font-medium">{device}</span>
          {session.current && <Badge tone="accent">{t.sessions.current}</Badge>}
        </p>
        <p className="truncate text-ink-3 text-sm" title={t.sessions.started(fullTime(session.createdAt))}>
          {session.address} · {t.sessions.seen(ago(session.lastSeenAt))}
        </p>
      </div>
      {!session.current && (
        <Button size="small" busy={busy} aria-label={t.sessions.endOf(device)} onClick={end}>
          {t.sessions.end}
        </Button>
      )}
    </li>
  );
}
