// Service accounts: members that programs act as, each with its role and tokens.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bot } from "lucide-react";
import { useState } from "react";
import { explain, fieldProblem } from "@/api/error";
import { body, http } from "@/api/http";
import type { Member, Role } from "@/api/types";
import { t } from "@/lib/text";
import { Banner } from "@/ui/Banner";
import { Avatar, Badge, EmptyState, Page } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { Confirm, Dialog } from "@/ui/Dialog";
import { Select, TextField } from "@/ui/Field";
import { SkeletonRows } from "@/ui/Spinner";
import { toast } from "@/ui/Toast";
import { useForm } from "../form";
import { useMembership } from "../me/org";
import { membersQuery } from "../members/queries";
import { roleNote, roleOptions } from "../members/roles";
import { NewTokenDialog } from "./NewTokenDialog";
import { TokenList } from "./TokenList";

export function ServiceAccountsPage() {
  const { org, member: me } = useMembership();
  const client = useQueryClient();
  const query = useQuery(membersQuery(org.id));
  const [making, setMaking] = useState(false);
  const [removing, setRemoving] = useState<Member | null>(null);
  const accounts = (query.data ?? []).filter((member) => member.service && member.state === "active");
  const remove = async (account: Member) => {
    await http.DELETE("/api/v1/orgs/{org}/members/{member}", {
      params: { path: { org: org.id, member: account.id } },
      body: {},
    });
    await client.invalidateQueries({ queryKey: membersQuery(org.id).queryKey });
    toast(t.tokens.accountRemoved(account.name));
  };
  const create = (
    <Button kind="primary" onClick={() => setMaking(true)}>
      {t.tokens.newAccount}
    </Button>
  );
  return (
    <Page title={t.tokens.serviceAccounts} lead={t.tokens.accountsLead} actions={accounts.length > 0 && create}>
      {query.isPending && <SkeletonRows avatar count={3} />}
      {query.isError && (
        <EmptyState
          title={t.errors.loadFailed}
          text={explain(query.error)}
          action={<Button onClick={() => query.refetch()}>{t.common.retry}</Button>}
        />
      )}
      {query.isSuccess && accounts.length === 0 && (
        <EmptyState
          icon={<Bot size={28} aria-hidden="true" />}
          title={t.tokens.noAccounts}
          text={t.tokens.noAccountsText}
          action={create}
        />
      )}
      <ul className="flex flex-col gap-6">
        {accounts.map((account) => (
          <Account key={account.id} org={org.id} account={account} onRemove={() => setRemoving(account)} />
        ))}
      </ul>
      {making && <NewAccountDialog org={org.id} mine={me.role} onClose={() => setMaking(false)} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={t.members.removeTitle(removing?.name ?? "")}
        text={t.tokens.removeText}
        confirm={t.common.remove}
        explain={explain}
        onConfirm={() => (removing ? remove(removing) : Promise.resolve())}
      />
    </Page>
  );
}

function Account({ org, account, onRemove }: { org: string; account: Member; onRemove: () => void }) {
  const [making, setMaking] = useState(false);
  return (
    <li>
      <div className="flex items-center gap-3 border-line border-b pb-2">
        <Avatar id={account.id} name={account.name} size={32} />
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-medium">{account.name}</h2>
          <p className="truncate text-ink-3 text-sm">@{account.handle}</p>
        </div>
        <Badge>{t.roles[account.role]}</Badge>
        <Button size="small" aria-label={t.tokens.newFor(account.name)} onClick={() => setMaking(true)}>
          {t.tokens.new}
        </Button>
        <Button size="small" kind="quiet" aria-label={t.members.removeFrom(account.name)} onClick={onRemove}>
          {t.common.remove}
        </Button>
      </div>
      <TokenList org={org} member={account.id} empty={t.tokens.noneOfAccount} />
      {making && (
        <NewTokenDialog
          org={org}
          member={account.id}
          title={t.tokens.newFor(account.name)}
          onClose={() => setMaking(false)}
        />
      )}
    </li>
  );
}

function NewAccountDialog({ org, mine, onClose }: { org: string; mine: Role; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [handle, setHandle] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const create = useMutation({
    mutationFn: () =>
      body(
        http.POST("/api/v1/orgs/{org}/service-accounts", {
          params: { path: { org } },
          body: { name: name.trim(), handle: handle.trim(), role },
        }),
      ),
    onSuccess: async (account) => {
      await client.invalidateQueries({ queryKey: membersQuery(org).queryKey });
      toast(t.tokens.accountMade(account.name));
      onClose();
    },
  });
  const form = useForm(
    { name: { label: t.tokens.accountName, value: name }, handle: { label: t.tokens.handle, value: handle } },
    create.error,
  );
  return (
    <Dialog open onClose={onClose} title={t.tokens.newAccount} description={t.tokens.newAccountText}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (form.complete()) create.mutate();
        }}
      >
        {form.summary && <Banner tone="danger">{form.summary}</Banner>}
        <TextField
          label={t.tokens.accountName}
          placeholder={t.tokens.accountExample}
          value={name}
          onChange={(event) => setName(event.target.value)}
          problem={form.problem("name")}
          autoFocus
          required
        />
        <TextField
          label={t.tokens.handle}
          placeholder={t.tokens.handleExample}
          value={handle}
          onChange={(event) => setHandle(event.target.value)}
          problem={form.problem("handle")}
          required
        />
        <Select
          label={t.members.role}
          // An organisation is owned by people.
          options={roleOptions(mine).filter(({ value }) => value !== "owner")}
          value={role}
          onChange={(event) => setRole(event.target.value as Role)}
          hint={roleNote(role)}
          problem={fieldProblem(create.error, "role")}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" kind="primary" busy={create.isPending}>
            {t.tokens.createAccount}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
