// The audit log for administrators: filtered on the server, page by page, newest first. An organisation's own, or the
// installation's.
import { useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useState } from "react";
import { ApiError, explain, requestIdOf } from "@/api/error";
import { body, http } from "@/api/http";
import type { AuditEntry } from "@/api/types";
import { t } from "@/lib/text";
import { exactTime } from "@/lib/time";
import { Badge, EmptyState, Page } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { SkeletonRows } from "@/ui/Spinner";
import { type Column, Table } from "@/ui/Table";
import { useMembership } from "../me/org";
import { useDirectory } from "../members/queries";
import { AuditFilters, countFilters, EMPTY_FILTERS, type Filters, type Person, toQuery } from "./AuditFilters";

const TONE = { ok: "neutral", denied: "warn", failed: "danger" } as const;

type Wanted = ReturnType<typeof toQuery> & { limit: number; cursor?: string };
type Read = (query: Wanted, signal: AbortSignal) => Promise<{ items: AuditEntry[]; next?: string | null }>;

/** The organisation's log. */
export function AuditPage() {
  const { org } = useMembership();
  const directory = useDirectory(org.id);
  const read: Read = (query, signal) =>
    body(http.GET("/api/v1/orgs/{org}/audit", { params: { path: { org: org.id }, query }, signal }));
  return <AuditLog lead={t.audit.lead} scope={["org", org.id, "audit"]} people={directory.active} read={read} />;
}

/** The installation's own log. */
export function InstallationAuditPage() {
  const read: Read = (query, signal) => body(http.GET("/api/v1/audit", { params: { query }, signal }));
  return <AuditLog lead={t.installation.auditLead} scope={["installation", "audit"]} people={null} read={read} />;
}

function AuditLog({
  lead,
  scope,
  people,
  read,
}: {
  lead: string;
  scope: readonly string[];
  people: readonly Person[] | null;
  read: Read;
}) {
  const [filters, setFilters] = useState<Filters>(EMPTY_FILTERS);
  const [shown, setShown] = useState<AuditEntry | null>(null);
  const query = useInfiniteQuery({
    queryKey: [...scope, filters],
    queryFn: ({ pageParam, signal }) =>
      read({ ...toQuery(filters), limit: 50, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = countFilters(filters) > 0;
  const forbidden = query.error instanceof ApiError && query.error.status === 403;
  const id = requestIdOf(query.error);

  return (
    <Page wide title={t.audit.title} lead={lead}>
      <AuditFilters people={people} value={filters} onChange={setFilters} />
      {query.isPending && <SkeletonRows count={8} />}
      {query.isError && (
        <EmptyState
          title={forbidden ? t.audit.forbidden : t.errors.loadFailed}
          text={
            <>
              {!forbidden && explain(query.error)}
              {id && <span className="block font-mono text-ink-3 text-xs">{t.errors.requestId(id)}</span>}
            </>
          }
          action={!forbidden && <Button onClick={() => query.refetch()}>{t.common.retry}</Button>}
        />
      )}
      {query.isSuccess && entries.length === 0 && (
        <EmptyState
          icon={<ScrollText size={28} aria-hidden="true" />}
          title={filtered ? t.audit.none : t.audit.empty}
          text={filtered ? t.audit.noneText : undefined}
        />
      )}
      {entries.length > 0 && (
        <Table label={t.audit.title} columns={columnsOf(setShown)} rows={entries} rowKey={(entry) => entry.id} />
      )}
      {query.hasNextPage && (
        <Button className="mt-4" busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          {t.common.loadMore}
        </Button>
      )}
      {query.isSuccess && entries.length > 50 && !query.hasNextPage && (
        <p className="mt-4 text-ink-3 text-sm">{t.audit.end}</p>
      )}
      {shown && <EntryDialog entry={shown} onClose={() => setShown(null)} />}
    </Page>
  );
}

const columnsOf = (show: (entry: AuditEntry) => void): Column<AuditEntry>[] => [
  {
    key: "when",
    title: t.audit.when,
    phone: "end",
    className: "whitespace-nowrap text-ink-2 tabular-nums max-md:order-3 max-md:text-ink-3 max-md:text-sm",
    cell: (entry) => exactTime(entry.at),
  },
  {
    key: "who",
    title: t.audit.who,
    phone: "part",
    className: "max-md:order-2 truncate md:max-w-44",
    cell: (entry) => entry.actor.name,
  },
  {
    key: "what",
    title: t.audit.what,
    className: "max-md:order-1 max-md:pr-16!",
    cell: (entry) => (
      <>
        <button
          type="button"
          aria-label={t.audit.showDetails(entry.action)}
          onClick={() => show(entry)}
          className="break-all rounded-sm text-left font-mono text-[0.8125rem] hover:underline"
        >
          {entry.action}
        </button>
        {entry.times > 1 && <span className="ml-2 whitespace-nowrap text-ink-3">{t.audit.times(entry.times)}</span>}
      </>
    ),
  },
  {
    key: "outcome",
    title: t.audit.outcome,
    phone: "corner",
    cell: (entry) => <Badge tone={TONE[entry.outcome]}>{t.audit.outcomes[entry.outcome]}</Badge>,
  },
  {
    key: "where",
    title: t.audit.where,
    phone: "none",
    className: "whitespace-nowrap text-ink-3",
    cell: (entry) => entry.address ?? "",
  },
];

function EntryDialog({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const facts: ReadonlyArray<[string, string | null]> = [
    [t.audit.when, exactTime(entry.at)],
    [t.audit.who, entry.actor.name],
    [t.audit.outcome, t.audit.outcomes[entry.outcome]],
    [t.audit.howOften, entry.times > 1 ? t.audit.times(entry.times) : null],
    [t.audit.resource, entry.resource],
    [t.audit.policy, entry.policy],
    [t.audit.address, entry.address],
    [t.audit.device, entry.device],
    [t.audit.requestId, entry.requestId],
    [t.audit.id, entry.id],
  ];
  const detail = JSON.stringify(entry.detail, null, 2);
  return (
    <Dialog open onClose={onClose} title={entry.action} wide>
      <dl className="grid grid-cols-[7rem_1fr] gap-x-3 gap-y-1.5 max-sm:grid-cols-1">
        {facts
          .filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== "")
          .map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-ink-3">{name}</dt>
              <dd className="break-all max-sm:mb-1.5">{value}</dd>
            </div>
          ))}
      </dl>
      {detail !== "{}" && (
        <section aria-label={t.audit.details} className="mt-4">
          <pre className="overflow-x-auto whitespace-pre-wrap break-all rounded-md border border-line bg-panel p-3 font-mono text-xs">
            {detail}
          </pre>
        </section>
      )}
    </Dialog>
  );
}
