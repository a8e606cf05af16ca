// A new organisation: its name, and who is invited to own it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldProblem, summarise } from "@/api/error";
import { body, http } from "@/api/http";
import { t } from "@/lib/text";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { TextField } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import { installationQuery, organisationsQuery } from "./queries";

export function CreateOrganisation({ mails, onClose }: { mails: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [asked, setAsked] = useState(false);
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
  const missing = (value: string) => (asked && !value.trim() ? t.session.needed : null);
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
          setAsked(true);
          if (name.trim() && email.trim()) create.mutate();
        }}
      >
        {create.error && <Banner tone="danger">{summarise(create.error)}</Banner>}
        <TextField
          label={t.installation.organisationName}
          value={name}
          maxLength={80}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
          problem={fieldProblem(create.error, "name") ?? missing(name)}
          autoFocus
          required
        />
        <TextField
          label={t.installation.ownerEmail}
          type="email"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          problem={fieldProblem(create.error, "ownerEmail") ?? missing(email)}
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
