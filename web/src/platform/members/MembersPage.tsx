// Members and invitations: who is here and as what; administrators change roles, remove people, invite and withdraw.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UserPlus, Users } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { explain } from "@/api/error";
import { body, http } from "@/api/http";
import type { Member, Role } from "@/api/types";
import { t } from "@/lib/text";
import { shortDate } from "@/lib/time";
import { Avatar, Badge, EmptyState, Page } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { Select, TextField } from "@/ui/Field";
import { SkeletonRows } from "@/ui/Spinner";
import { type Column, Table } from "@/ui/Table";
import { toast } from "@/ui/Toast";
import { useMembership } from "../me/org";
import { usePermission } from "../me/queries";
import { findMembers } from "./find";
import { Invitations } from "./Invitations";
import { InviteDialog } from "./InviteDialog";
import { noteOf } from "./note";
import { directoryOf, membersQuery } from "./queries";
import { assignableRoles, roleOptions } from "./roles";

const STEP = 60;

export function MembersPage() {
  const { org, member: me } = useMembership();
  const query = useQuery(membersQuery(org.id));
  const mayInvite = usePermission("invitation.create", org.id);
  const mayUpdate = usePermission("member.update", org.id);
  const mayRemove = usePermission("member.remove", org.id);
  const maySeeInvitations = usePermission("invitation.list", org.id);
  const [inviting, setInviting] = useState(false);
  const [removing, setRemoving] = useState<Member | null>(null);
  const [typed, setTyped] = useState("");
  const [shown, setShown] = useState(STEP);
  const client = useQueryClient();

  const all = query.data ? directoryOf(query.data).active : [];
  // Typing stays quick in an organisation of thousands: the list follows when there is time.
  const found = findMembers(all, useDeferredValue(typed), Number.POSITIVE_INFINITY);
  const remove = async (member: Member) => {
    await http.DELETE("/api/v1/orgs/{org}/members/{member}", {
      params: { path: { org: org.id, member: member.id } },
      body: {},
    });
    await client.invalidateQueries({ queryKey: membersQuery(org.id).queryKey });
  };

  const columns: Column<Member>[] = [
    {
      key: "name",
      title: t.members.name,
      className: "min-w-0 md:w-full md:max-w-0",
      cell: (member) => (
        <div className="flex min-w-0 items-center gap-3">
          <Avatar id={member.id} name={member.name} size={32} />
          <div className="min-w-0">
            <p className="truncate font-medium">
              {member.name} {member.id === me.id && <span className="font-normal text-ink-3">({t.common.you})</span>}
            </p>
            <p className="truncate text-ink-3 text-sm">{noteOf(member)}</p>
          </div>
        </div>
      ),
    },
    {
      key: "role",
      title: t.members.role,
      phone: "part",
      className: "whitespace-nowrap",
      cell: (member) =>
        mayUpdate && member.id !== me.id && assignableRoles(me.role).includes(member.role) ? (
          <RoleSelect member={member} org={org.id} mine={me.role} />
        ) : (
          <Badge tone={member.role === "owner" ? "accent" : "neutral"}>{t.roles[member.role]}</Badge>
        ),
    },
    {
      key: "since",
      title: t.members.since,
      phone: "none",
      className: "whitespace-nowrap text-ink-3",
      cell: (member) => shortDate(member.createdAt),
    },
    ...(mayRemove
      ? [
          {
            key: "actions",
            title: t.members.actions,
            hideTitle: true,
            phone: "end" as const,
            className: "text-right",
            cell: (member: Member) =>
              member.id !== me.id &&
              assignableRoles(me.role).includes(member.role) && (
                <Button
                  size="small"
                  kind="quiet"
                  aria-label={t.members.removeFrom(member.name)}
                  onClick={() => setRemoving(member)}
                >
                  {t.common.remove}
                </Button>
              ),
          },
        ]
      : []),
  ];

  return (
    <Page
      wide
      title={t.members.title}
      actions={
        mayInvite && (
          <Button kind="primary" onClick={() => setInviting(true)}>
            <UserPlus size={15} aria-hidden="true" /> {t.members.invite}
          </Button>
        )
      }
    >
      {maySeeInvitations && <Invitations />}
      <TextField
        label={t.members.search}
        hideLabel
        type="search"
        placeholder={t.members.search}
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
      {query.isSuccess && (
        <Table label={t.members.title} columns={columns} rows={found.slice(0, shown)} rowKey={(member) => member.id} />
      )}
      {query.isSuccess && found.length === 0 && <EmptyState title={t.members.none} />}
      {query.isSuccess && all.length === 1 && !typed && mayInvite && (
        <EmptyState
          icon={<Users size={28} aria-hidden="true" />}
          title={t.members.alone}
          text={t.members.aloneText}
          action={<Button onClick={() => setInviting(true)}>{t.members.invite}</Button>}
        />
      )}
      {found.length > shown && (
        <Button className="mt-4" onClick={() => setShown(shown + STEP)}>
          {t.common.loadMore}
        </Button>
      )}
      {inviting && <InviteDialog org={org.id} mine={me.role} onClose={() => setInviting(false)} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={t.members.removeTitle(removing?.name ?? "")}
        text={t.members.removeText}
        confirm={t.common.remove}
        explain={explain}
        onConfirm={() => (removing ? remove(removing) : Promise.resolve())}
      />
    </Page>
  );
}

/** Who owns the organisation is no choice to make by a slip of the wheel: it is asked, and says what it means. */
function RoleSelect({ member, org, mine }: { member: Member; org: string; mine: Role }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState<Role | null>(null);
  const change = useMutation({
    mutationFn: (role: Role) =>
      body(
        http.PATCH("/api/v1/orgs/{org}/members/{member}", {
          params: { path: { org, member: member.id } },
          body: { role },
        }),
      ),
    onSuccess: (updated) => {
      client.setQueryData(membersQuery(org).queryKey, (all) =>
        all?.map((item) => (item.id === updated.id ? updated : item)),
      );
      toast(t.members.roleChanged);
    },
  });
  const choose = (role: Role) => {
    if (role === "owner" || member.role === "owner") setAsking(role);
    else change.mutate(role, { onError: (error) => toast(explain(error), { tone: "danger" }) });
  };
  return (
    <>
      <Select
        label={t.members.roleOf(member.name)}
        hideLabel
        options={roleOptions(mine)}
        value={change.isPending ? change.variables : member.role}
        disabled={change.isPending}
        onChange={(event) => choose(event.target.value as Role)}
        quiet
        className="!h-8 max-md:!h-10 max-md:max-w-44 md:w-36"
      />
      <Confirm
        open={asking !== null}
        onClose={() => setAsking(null)}
        title={asking === "owner" ? t.members.ownerTitle(member.name) : t.members.noOwnerTitle(member.name)}
        text={
          asking === "owner"
            ? t.members.ownerText(member.name)
            : t.members.noOwnerText(member.name, asking ? t.roles[asking] : "")
        }
        confirm={asking === "owner" ? t.members.ownerConfirm : t.members.noOwnerConfirm}
        explain={explain}
        onConfirm={() => (asking ? change.mutateAsync(asking) : Promise.resolve())}
      />
    </>
  );
}
