// The queues with their counts; the jobs that have failed, with why; those that run, with how far they are; those that wait.
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { ListTodo, MoreHorizontal } from "lucide-react";
import { useState } from "react";
import { explain } from "@/api/error";
import { http } from "@/api/http";
import type { JobQueue, JobSummary } from "@/api/types";
import { t } from "@/lib/text";
import { ago, fullTime } from "@/lib/time";
import { Badge, EmptyState, Page } from "@/ui/Bits";
import { Button, IconButton } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { Menu } from "@/ui/Menu";
import { SkeletonRows } from "@/ui/Spinner";
import { type Column, Table } from "@/ui/Table";
import { toast } from "@/ui/Toast";
import { JOBS_KEY, type JobState, jobsQuery, queuesQuery } from "./queries";

const nameOf = (kind: string): string => t.jobs.kinds[kind as keyof typeof t.jobs.kinds] ?? kind;

export function JobsPage() {
  const queues = useQuery(queuesQuery);
  const list = queues.data ?? [];
  return (
    <Page wide title={t.jobs.title}>
      {queues.isPending && <SkeletonRows count={3} />}
      {queues.isError && (
        <EmptyState
          title={t.errors.loadFailed}
          text={explain(queues.error)}
          action={<Button onClick={() => queues.refetch()}>{t.common.retry}</Button>}
        />
      )}
      {queues.isSuccess && list.length === 0 && (
        <EmptyState icon={<ListTodo size={28} aria-hidden="true" />} title={t.jobs.none} text={t.jobs.noneText} />
      )}
      {list.length > 0 && <Queues queues={list} />}
      {(["dead", "running", "waiting"] as const).map(
        (state) =>
          list.some((queue) => queue[state] > 0) && <Jobs key={state} state={state} title={t.jobs.states[state]} />,
      )}
    </Page>
  );
}

function Queues({ queues }: { queues: readonly JobQueue[] }) {
  const count = (state: JobState): Column<JobQueue> => ({
    key: state,
    title: t.jobs.states[state],
    phone: "part",
    className: "whitespace-nowrap text-ink-2 tabular-nums",
    cell: (queue) => (
      <>
        <span className="text-ink-3 md:hidden">{t.jobs.states[state]} </span>
        {state === "dead" && queue.dead > 0 ? (
          <Badge tone="danger">{queue.dead.toLocaleString()}</Badge>
        ) : (
          queue[state].toLocaleString()
        )}
      </>
    ),
  });
  const columns: Column<JobQueue>[] = [
    {
      key: "kind",
      title: t.jobs.kind,
      className: "min-w-0 font-medium md:w-full md:max-w-0",
      cell: (queue) => <p className="truncate">{nameOf(queue.kind)}</p>,
    },
    count("waiting"),
    count("running"),
    count("dead"),
  ];
  return <Table label={t.jobs.queues} columns={columns} rows={queues} rowKey={(queue) => queue.kind} />;
}

/** What was chosen for a job, and is to be confirmed. */
interface Asked {
  job: JobSummary;
  does: "cancel" | "discard";
}

function Jobs({ state, title }: { state: JobState; title: string }) {
  const client = useQueryClient();
  const query = useInfiniteQuery(jobsQuery(state));
  const [asked, setAsked] = useState<Asked | null>(null);
  const jobs = query.data?.pages.flatMap((page) => page.items) ?? [];
  const refresh = () => client.invalidateQueries({ queryKey: JOBS_KEY });
  const path = (job: JobSummary) => ({ params: { path: { job: job.id } }, body: {} });
  const retry = async (job: JobSummary) => {
    try {
      await http.POST("/api/v1/jobs/{job}/retry", path(job));
      toast(t.jobs.retried);
    } catch (error) {
      toast(explain(error), { tone: "danger" });
    }
    await refresh();
  };
  const carryOut = async ({ job, does }: Asked) => {
    if (does === "cancel") await http.POST("/api/v1/jobs/{job}/cancel", path(job));
    else await http.DELETE("/api/v1/jobs/{job}", path(job));
    await refresh();
    toast(does === "cancel" ? t.jobs.cancelled : t.jobs.discarded);
  };
  const columns: Column<JobSummary>[] = [
    {
      key: "kind",
      title: t.jobs.kind,
      className: "min-w-0 max-md:pr-10! md:w-full md:max-w-0",
      cell: (job) => <What job={job} />,
    },
    {
      key: "due",
      title: state === "dead" ? t.jobs.failedAt : state === "running" ? t.jobs.since : t.jobs.due,
      className: "whitespace-nowrap text-ink-3",
      cell: (job) => (
        <time title={fullTime(job.dueAt)}>{state === "waiting" ? fullTime(job.dueAt) : ago(job.dueAt)}</time>
      ),
    },
    {
      key: "actions",
      title: t.installation.actions,
      hideTitle: true,
      phone: "corner",
      className: "text-right",
      cell: (job) => (
        <Menu
          align="end"
          trigger={
            <IconButton
              label={t.installation.actionsFor(nameOf(job.kind))}
              icon={<MoreHorizontal size={16} aria-hidden="true" />}
            />
          }
          items={
            state === "running"
              ? [[{ label: t.jobs.cancel, danger: true, onSelect: () => setAsked({ job, does: "cancel" }) }]]
              : [
                  [{ label: t.jobs.retry, onSelect: () => void retry(job) }],
                  [{ label: t.jobs.discard, danger: true, onSelect: () => setAsked({ job, does: "discard" }) }],
                ]
          }
        />
      ),
    },
  ];
  return (
    <section aria-label={title} className="mt-8">
      <h2 className="mb-1 font-semibold text-md">{title}</h2>
      {query.isPending && <SkeletonRows count={3} />}
      {query.isError && <p className="text-danger">{explain(query.error)}</p>}
      {jobs.length > 0 && <Table label={title} columns={columns} rows={jobs} rowKey={(job) => job.id} />}
      {query.hasNextPage && (
        <Button className="mt-4" busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          {t.common.loadMore}
        </Button>
      )}
      <Confirm
        open={asked !== null}
        onClose={() => setAsked(null)}
        title={asked?.does === "cancel" ? t.jobs.cancelTitle : t.jobs.discardTitle}
        text={asked?.does === "cancel" ? t.jobs.cancelText : t.jobs.discardText}
        confirm={asked?.does === "cancel" ? t.jobs.cancel : t.jobs.discard}
        explain={explain}
        onConfirm={() => (asked ? carryOut(asked) : Promise.resolve())}
      />
    </section>
  );
}

function What({ job }: { job: JobSummary }) {
  const { progress } = job;
  return (
    <div className="min-w-0">
      <p className="truncate font-medium">
        {nameOf(job.kind)}{" "}
        {job.attempts > 1 && <span className="font-normal text-ink-3">{t.jobs.attempts(job.attempts)}</span>}
        {job.cancelling && <Badge tone="warn">{t.jobs.cancelling}</Badge>}
      </p>
      {job.problem && <p className="break-words text-ink-2 text-sm">{job.problem}</p>}
      {progress && (
        <div className="mt-1 flex items-center gap-2 text-ink-2 text-sm">
          <progress
            className="h-1.5 w-40 max-w-full accent-accent"
            aria-label={t.jobs.progressOf(nameOf(job.kind))}
            value={progress.done}
            max={Math.max(progress.total, 1)}
          />
          <span className="truncate">{progress.text}</span>
        </div>
      )}
    </div>
  );
}
