// Making a token: a name, what it may do, how long. Then its secret, this once.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, http } from "@/api/http";
import { t } from "@/lib/text";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Select, TextField } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import { useForm } from "../form";
import { tokensQuery } from "./queries";
import { type Access, areasOf, scopesOf } from "./scopes";

const DAYS = ["30", "90", "365", ""] as const;

export function NewTokenDialog({
  org,
  member,
  title,
  onClose,
}: {
  org: string;
  member: string;
  title: string;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const offered = useQuery(tokensQuery(org, member));
  const [name, setName] = useState("");
  const [days, setDays] = useState<string>("90");
  const [chosen, setChosen] = useState<ReadonlyMap<string, Access>>(new Map());
  const scopes = scopesOf(chosen);
  const make = useMutation({
    mutationFn: () =>
      body(
        http.POST("/api/v1/orgs/{org}/members/{member}/tokens", {
          params: { path: { org, member } },
          body: { name: name.trim(), scopes, expiresInDays: days === "" ? null : Number(days) },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery(org, member).queryKey }),
  });
  const form = useForm(
    {
      name: { label: t.tokens.name, value: name },
      scopes: { label: t.tokens.scopes, value: scopes.join(" ") },
      expiresInDays: { label: t.tokens.lifetime, value: "chosen" },
    },
    make.error,
  );
  // One dialog for both, so that closing it leaves the focus where it was opened.
  if (make.data)
    return (
      <Dialog open onClose={onClose} title={title} description={t.tokens.secretText(make.data.token.name)}>
        <Secret secret={make.data.secret} onClose={onClose} />
      </Dialog>
    );
  return (
    <Dialog open onClose={onClose} title={title} description={t.tokens.newText}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (form.complete()) make.mutate();
        }}
      >
        {form.summary && <Banner tone="danger">{form.summary}</Banner>}
        <TextField
          label={t.tokens.name}
          placeholder={t.tokens.nameExample}
          value={name}
          onChange={(event) => setName(event.target.value)}
          problem={form.problem("name")}
          autoFocus
          required
        />
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 font-medium text-ink text-sm">{t.tokens.scopes}</legend>
          {[...areasOf(offered.data?.scopes ?? [])].map(([area, accesses]) => (
            <div key={area} className="grid grid-cols-[1fr_11rem] items-center gap-3">
              <span>{t.tokens.area(area)}</span>
              <Select
                label={t.tokens.accessTo(t.tokens.area(area))}
                hideLabel
                options={accesses.map((access) => ({ value: access, label: t.tokens.access[access] }))}
                value={chosen.get(area) ?? "none"}
                onChange={(event) => setChosen(new Map(chosen).set(area, event.target.value as Access))}
              />
            </div>
          ))}
          {form.problem("scopes") && <p className="text-danger text-sm">{t.tokens.noScopes}</p>}
        </fieldset>
        <Select
          label={t.tokens.lifetime}
          options={DAYS.map((value) => ({ value, label: t.tokens.days(value) }))}
          value={days}
          onChange={(event) => setDays(event.target.value)}
          problem={form.problem("expiresInDays")}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" kind="primary" busy={make.isPending}>
            {t.tokens.make}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Nothing but the server's answer has it: who closes this without copying makes another. */
function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  const copy = () =>
    void navigator.clipboard.writeText(secret).then(
      () => toast(t.tokens.copied),
      () => toast(t.tokens.copyFailed, { tone: "danger" }),
    );
  return (
    <div className="flex flex-col gap-4">
      <TextField
        label={t.tokens.secret}
        value={secret}
        readOnly
        onFocus={(event) => event.target.select()}
        className="font-mono"
        hint={t.tokens.secretHint}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t.common.close}</Button>
        <Button kind="primary" onClick={copy} autoFocus>
          {t.tokens.copy}
        </Button>
      </div>
    </div>
  );
}
