// The installation at a glance, and its organisations.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Building2, Plus } from "lucide-react";
import { useState } from "react";
import { explain } from "@/api/error";
import type { Installation, OrgSummary } from "@/api/types";
import { t } from "@/lib/text";
import { shortDate } from "@/lib/time";
import { Banner } from "@/ui/Banner";
import { Avatar, EmptyState, Page } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { SkeletonRows } from "@/ui/Spinner";
import { type Column, Table } from "@/ui/Table";
import { useMe } from "../me/queries";
import { CreateOrganisation } from "./CreateOrganisation";
import { installationQuery, organisationsQuery } from "./queries";

export function OverviewPage() {
  const glance = useQuery(installationQuery);
  const [creating, setCreating] = useState(false);
  return (
    <Page
      wide
      title={t.installation.title}
      actions={
        <Button kind="primary" onClick={() => setCreating(true)}>
          <Plus size={15} aria-hidden="true" /> {t.installation.newOrganisation}
        </Button>
      }
    >
      {glance.isError && <Banner tone="danger">{explain(glance.error)}</Banner>}
      <Glance installation={glance.data} />
      <section aria-label={t.installation.organisations} className="mt-8">
        <h2 className="mb-1 font-semibold text-md">{t.installation.organisations}</h2>
        <Organisations />
      </section>
      {creating && (
        <CreateOrganisation mails={glance.data?.mail.configured ?? true} onClose={() => setCreating(false)} />
      )}
    </Page>
  );
}

function mailText({ mail }: Installation): string {
  if (!mail.configured) return t.installation.mailNone;
  return mail.waiting > 0 ? t.installation.mailWaiting(mail.waiting) : t.installation.mailSent;
}

function Glance({ installation }: { installation: Installation | undefined }) {
  const facts: ReadonlyArray<[string, string | undefined]> = [
    [t.installation.version, installation?.version],
    [t.installation.organisations, installation?.organisations.toLocaleString()],
    [t.installation.accounts, installation?.accounts.toLocaleString()],
    [t.installation.mail, installation && mailText(installation)],
  ];
  const mail = installation?.mail;
  return (
    <section aria-label={t.installation.facts}>
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line md:grid-cols-4">
        {facts.map(([name, value]) => (
          <div key={name} className="bg-canvas px-4 py-3">
            <dt className="text-ink-3 text-sm">{name}</dt>
            <dd className="truncate font-medium text-md tabular-nums">{value ?? "…"}</dd>
          </div>
        ))}
      </dl>
      {mail && mail.troubled > 0 && (
        <Banner tone="warn" className="mt-4">
          {t.installation.mailTroubled(mail.troubled)}
        </Banner>
      )}
      {mail && !mail.configured && mail.waiting > 0 && (
        <p className="mt-3 text-ink-2 text-sm">{t.installation.mailConsole(mail.waiting)}</p>
      )}
    </section>
  );
}

function Organisations() {
  const query = useQuery(organisationsQuery);
  const { memberships } = useMe();
  const mine = new Set(memberships.map((membership) => membership.org.id));
  if (query.isPending) return <SkeletonRows avatar count={3} />;
  if (query.isError) {
    return (
      <EmptyState
        title={t.errors.loadFailed}
        text={explain(query.error)}
        action={<Button onClick={() => query.refetch()}>{t.common.retry}</Button>}
      />
    );
  }
  const columns: Column<OrgSummary>[] = [
    {
      key: "name",
      title: t.installation.organisationName,
      className: "min-w-0 max-md:pr-14! md:w-full md:max-w-0",
      cell: (org) => (
        <div className="flex min-w-0 items-center gap-3">
          <Avatar id={org.id} name={org.name} size={32} />
          <div className="min-w-0">
            <p className="truncate font-medium">{org.name}</p>
            <p className="truncate text-ink-3 text-sm">{org.slug}</p>
          </div>
        </div>
      ),
    },
    {
      key: "members",
      title: t.installation.members,
      className: "whitespace-nowrap text-ink-2 tabular-nums",
      cell: (org) => (org.members > 0 ? t.members.count(org.members) : t.installation.noMembers),
    },
    {
      key: "since",
      title: t.installation.since,
      phone: "none",
      className: "whitespace-nowrap text-ink-3",
      cell: (org) => shortDate(org.createdAt),
    },
    {
      key: "open",
      title: t.installation.actions,
      hideTitle: true,
      phone: "corner",
      className: "text-right",
      // Only its members have a way into it.
      cell: (org) =>
        mine.has(org.id) && (
          <Link
            to="/o/$org"
            params={{ org: org.slug }}
            aria-label={t.installation.openOf(org.name)}
            className="rounded-sm font-medium text-accent hover:underline"
          >
            {t.installation.open}
          </Link>
        ),
    },
  ];
  return query.data.length > 0 ? (
    <Table label={t.installation.organisations} columns={columns} rows={query.data} rowKey={(org) => org.id} />
  ) : (
    <EmptyState icon={<Building2 size={28} aria-hidden="true" />} title={t.installation.none} />
  );
}
