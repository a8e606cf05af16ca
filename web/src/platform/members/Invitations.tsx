// The invitations that are still open, or just expired.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { explain } from "@/api/error";
import { http } from "@/api/http";
import type { Invitation } from "@/api/types";
import { t } from "@/lib/text";
import { shortDate } from "@/lib/time";
import { Banner } from "@/ui/Banner";
import { Badge } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { useMembership } from "../me/org";
import { usePermission } from "../me/queries";
import { invitationsQuery } from "./queries";

export function Invitations() {
  const { org } = useMembership();
  const client = useQueryClient();
  const query = useQuery(invitationsQuery(org.id));
  const mayRevoke = usePermission("invitation.revoke", org.id);
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  const open = (query.data ?? []).filter((item) => item.state === "pending" || item.state === "expired");
  const revoke = async (invitation: Invitation) => {
    await http.DELETE("/api/v1/orgs/{org}/invitations/{invitation}", {
      params: { path: { org: org.id, invitation: invitation.id } },
      body: {},
    });
    await client.invalidateQueries({ queryKey: invitationsQuery(org.id).queryKey });
  };
  if (query.isError) return <Banner tone="danger">{explain(query.error)}</Banner>;
  if (open.length === 0) return null;
  return (
    <section aria-label={t.members.pending} className="mb-6">
      <h2 className="mb-1 font-medium">{t.members.pending}</h2>
      <ul className="divide-y divide-line rounded-lg border border-line px-3">
        {open.map((invitation) => (
          <li key={invitation.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
            <span className="min-w-0 flex-1 truncate max-md:basis-full">{invitation.email}</span>
            <Badge tone={invitation.state === "expired" ? "warn" : "neutral"}>
              {invitation.state === "expired" ? t.members.invitationState.expired : t.roles[invitation.role]}
            </Badge>
            <span className="text-ink-3 text-sm">{t.members.expires(shortDate(invitation.expiresAt))}</span>
            {mayRevoke && (
              <Button size="small" kind="quiet" onClick={() => setRevoking(invitation)}>
                {t.members.revoke}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title={t.members.revokeTitle}
        text={t.members.revokeText(revoking?.email ?? "")}
        confirm={t.members.revoke}
        explain={explain}
        onConfirm={() => (revoking ? revoke(revoking) : Promise.resolve())}
      />
    </section>
  );
}
