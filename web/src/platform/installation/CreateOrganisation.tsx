// A new organisation: its name, and who is invited to own it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, http } from "@/api/http";
import { t } from "@/lib/text";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { TextField } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import { useForm } from "../form";
import { installationQuery, organisationsQuery } from "./queries";

export function CreateOrganisation({ mails, onClose }: { mails: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const create = useMutation({
    mutationFn: () => body(http.POST("/api/v1/orgs", { body: { name: name.trim(), ownerEmail: email.trim() } })),
    onSuccess: ({ org, invitation }) => {
      const say = mails ? t.installation.created : t.installation.createdWaits;
      toast(say(org.name, invitation.email));
      void client.invalidateQueries({ queryKey: organisationsQuery.queryKey });
      void client.invalidateQueries({ queryKey: installationQuery.queryKey });
      onClose();
    },
  });
  const form = useForm(
    {
      name: { label: t.installation.organisationName, value: name },
      ownerEmail: { label: t.installation.ownerEmail, value: email },
    },
    create.error,
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title={t.installation.newOrganisation}
      description={t.installation.newOrganisationText}
    >
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
          label={t.installation.organisationName}
          value={name}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
          problem={form.problem("name")}
          autoFocus
          required
        />
        <TextField
          label={t.installation.ownerEmail}
          type="email"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          problem={form.problem("ownerEmail")}
          required
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" kind="primary" busy={create.isPending}>
            {t.installation.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
