// Inviting somebody: an address and a role. The mail carries the link; nothing secret is shown here.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldProblem } from "@/api/error";
import { body, http } from "@/api/http";
import type { Role } from "@/api/types";
import { t } from "@/lib/text";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Select, TextField } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import { useForm } from "../form";
import { invitationsQuery } from "./queries";
import { roleNote, roleOptions } from "./roles";

export function InviteDialog({ org, mine, onClose }: { org: string; mine: Role; onClose: () => void }) {
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const invite = useMutation({
    mutationFn: () =>
      body(
        http.POST("/api/v1/orgs/{org}/invitations", {
          params: { path: { org } },
          body: { email: email.trim(), role },
        }),
      ),
    onSuccess: (invitation) => {
      toast(invitation.mailed ? t.members.sent(invitation.email) : t.members.waits(invitation.email));
      void client.invalidateQueries({ queryKey: invitationsQuery(org).queryKey });
      onClose();
    },
  });
  const form = useForm({ email: { label: t.members.email, value: email } }, invite.error);
  const submit = () => {
    if (form.complete()) invite.mutate();
  };
  return (
    <Dialog open onClose={onClose} title={t.members.invite} description={t.members.inviteText}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {form.summary && <Banner tone="danger">{form.summary}</Banner>}
        <TextField
          label={t.members.email}
          type="email"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          problem={form.problem("email")}
          autoFocus
          required
        />
        <Select
          label={t.members.role}
          options={roleOptions(mine)}
          value={role}
          onChange={(event) => setRole(event.target.value as Role)}
          hint={roleNote(role)}
          problem={fieldProblem(invite.error, "role")}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" kind="primary" busy={invite.isPending}>
            {t.members.send}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
