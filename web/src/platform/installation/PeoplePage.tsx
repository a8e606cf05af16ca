// Everybody with an account: finding them, letting somebody sign in again, deleting somebody.
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { LockOpen, MoreHorizontal, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { explain } from "@/api/error";
import { http } from "@/api/http";
import type { AccountSummary } from "@/api/types";
import { t } from "@/lib/text";
import { fullTime, shortDate } from "@/lib/time";
import { Avatar, Badge, EmptyState, Page } from "@/ui/Bits";
import { Button, IconButton } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { TextField } from "@/ui/Field";
import { Menu } from "@/ui/Menu";
import { SkeletonRows } from "@/ui/Spinner";
import { type Column, Table } from "@/ui/Table";
import { toast } from "@/ui/Toast";
import { useMe } from "../me/queries";
import { ACCOUNTS_KEY, accountsQuery, installationQuery } from "./queries";

/** A search begins when the typing rests. */
const REST = 250;

export function PeoplePage() {
  const { user } = useMe();
  const client = useQueryClient();
  const [typed, setTyped] = useState("");
  const [search, setSearch] = useState("");
  const [deleting, setDeleting] = useState<AccountSummary | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), REST);
    return () => clearTimeout(timer);
  }, [typed]);
  const query = useInfiniteQuery({ ...accountsQuery(search), placeholderData: (before) => before });
  const accounts = query.data?.pages.flatMap((page) => page.items) ?? [];

  const refresh = () => {
    void client.invalidateQueries({ queryKey: installationQuery.queryKey });
    return client.invalidateQueries({ queryKey: ACCOUNTS_KEY });
  };
  const path = (account: AccountSummary) => ({ params: { path: { user: account.id } }, body: {} });
  const unlock = async (account: AccountSummary) => {
    try {
      await http.POST("/api/v1/accounts/{user}/unlock", path(account));
      await refresh();
      toast(t.installation.unlocked(account.name));
    } catch (error) {
      toast(explain(error), { tone: "danger" });
    }
  };
  const remove = async (account: AccountSummary) => {
    await http.DELETE("/api/v1/accounts/{user}", path(account));
    await refresh();
    toast(t.installation.deletedDone(account.name));
  };

  const columns: Column<AccountSummary>[] = [
    {
      key: "name",
      title: t.installation.name,
      className: "min-w-0 max-md:pr-10! md:w-full md:max-w-0",
      cell: (account) => <Who account={account} mine={account.id === user.id} />,
    },
    {
      key: "state",
      title: t.installation.state,
      className: "whitespace-nowrap",
      cell: (account) => <State account={account} />,
    },
    {
      key: "since",
      title: t.installation.since,
      phone: "none",
      className: "whitespace-nowrap text-ink-3",
      cell: (account) => shortDate(account.createdAt),
    },
    {
      key: "actions",
      title: t.installation.actions,
      hideTitle: true,
      phone: "corner",
      className: "text-right",
      cell: (account) => {
        const locked = account.lockedUntil !== null && account.lockedUntil !== undefined;
        if (account.state === "deleted" || (account.id === user.id && !locked)) return null;
        return (
          <Menu
            align="end"
            trigger={
              <IconButton
                label={t.installation.actionsFor(account.name)}
                icon={<MoreHorizontal size={16} aria-hidden="true" />}
              />
            }
            items={[
              locked
                ? [
                    {
                      label: t.installation.unlock,
                      icon: <LockOpen size={15} />,
                      onSelect: () => void unlock(account),
                    },
                  ]
                : [],
              account.id === user.id
                ? []
                : [
                    {
                      label: t.installation.delete,
                      icon: <Trash2 size={15} />,
                      danger: true,
                      onSelect: () => setDeleting(account),
                    },
                  ],
            ]}
          />
        );
      },
    },
  ];

  return (
    <Page wide title={t.installation.people}>
      <TextField
        label={t.installation.search}
        hideLabel
        type="search"
        placeholder={t.installation.search}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        className="mb-2 md:max-w-72"
      />
      {query.isPending && <SkeletonRows avatar />}
      {query.isError && (
        <EmptyState
          title={t.errors.loadFailed}
          text={explain(query.error)}
          action={<Button onClick={() => query.refetch()}>{t.common.retry}</Button>}
        />
      )}
      {accounts.length > 0 && (
        <Table label={t.installation.people} columns={columns} rows={accounts} rowKey={(account) => account.id} />
      )}
      {query.isSuccess && accounts.length === 0 && <EmptyState title={t.installation.none} />}
      {query.hasNextPage && (
        <Button className="mt-4" busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          {t.common.loadMore}
        </Button>
      )}
      <Confirm
        open={deleting !== null}
        onClose={() => setDeleting(null)}
        title={t.installation.deleteTitle(deleting?.name ?? "")}
        text={t.installation.deleteText}
        confirm={t.installation.delete}
        explain={explain}
        onConfirm={() => (deleting ? remove(deleting) : Promise.resolve())}
      />
    </Page>
  );
}

function Who({ account, mine }: { account: AccountSummary; mine: boolean }) {
  return (
    <div className="flex min-w-0 items-center gap-3">
      <Avatar id={account.id} name={account.name} size={32} />
      <div className="min-w-0">
        <p className="truncate font-medium">
          {account.name} {mine && <span className="font-normal text-ink-3">({t.common.you})</span>}
        </p>
        {account.state !== "deleted" && <p className="truncate text-ink-3 text-sm">{account.email}</p>}
        {account.addressTaken && (
          <p className="break-words text-ink-2 text-sm">{t.installation.addressTakenText(account.id)}</p>
        )}
      </div>
    </div>
  );
}

function State({ account }: { account: AccountSummary }) {
  if (account.state === "deleted") return <Badge>{t.installation.deleted}</Badge>;
  if (account.addressTaken) return <Badge tone="warn">{t.installation.addressTaken}</Badge>;
  if (account.lockedUntil)
    return <Badge tone="warn">{t.installation.lockedUntil(fullTime(account.lockedUntil))}</Badge>;
  return account.superAdmin && <Badge tone="accent">{t.installation.administrator}</Badge>;
}
