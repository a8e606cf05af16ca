// The organisation's own settings: its name. Whoever may not change it can still read it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { fieldProblem, summarise } from "@/api/error";
import { body, http } from "@/api/http";
import { t } from "@/lib/text";
import { shortDate } from "@/lib/time";
import { Banner } from "@/ui/Banner";
import { Page } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import { useMembership } from "../me/org";
import { meQuery, usePermission } from "../me/queries";
import { withOrgName } from "./rename";

export function OrganisationPage() {
  const { org } = useMembership();
  const mayRename = usePermission("org.update", org.id);
  const about = useQuery({
    queryKey: ["org", org.id, "about"],
    queryFn: ({ signal }) => body(http.GET("/api/v1/orgs/{org}", { params: { path: { org: org.id } }, signal })),
    staleTime: 60 * 60_000,
  });
  return (
    <Page title={t.organisation.title} lead={mayRename ? undefined : t.organisation.readOnly}>
      <div className="flex max-w-96 flex-col gap-4">
        {mayRename ? (
          <Rename org={org.id} name={org.name} />
        ) : (
          <TextField label={t.organisation.name} value={org.name} readOnly />
        )}
      </div>
      <dl className="mt-8 flex max-w-96 flex-col gap-4 border-line border-t pt-6">
        <Fact name={t.organisation.address} note={t.organisation.addressNote}>
          <span className="break-all">{`${window.location.host}/o/${org.slug}`}</span>
        </Fact>
        <Fact name={t.organisation.since}>{about.data ? shortDate(about.data.createdAt) : "…"}</Fact>
      </dl>
    </Page>
  );
}

function Fact({ name, note, children }: { name: string; note?: string; children: ReactNode }) {
  return (
    <div>
      <dt className="font-medium text-sm">{name}</dt>
      <dd className="text-ink-2">{children}</dd>
      {note && <dd className="text-ink-3 text-sm">{note}</dd>}
    </div>
  );
}

function Rename({ org, name }: { org: string; name: string }) {
  const client = useQueryClient();
  // Until something is typed the field follows the name, also when somebody else changes it.
  const [typed, setTyped] = useState<string | null>(null);
  const show = (next: string) => client.setQueryData(meQuery.queryKey, (me) => me && withOrgName(me, org, next));
  const rename = useMutation({
    mutationFn: (next: string) =>
      body(http.PATCH("/api/v1/orgs/{org}", { params: { path: { org } }, body: { name: next } })),
    onMutate: async (next) => {
      await client.cancelQueries({ queryKey: meQuery.queryKey });
      show(next);
      return { before: name };
    },
    onError: (_error, _next, context) => {
      if (context) show(context.before);
    },
    onSuccess: (saved) => {
      show(saved.name);
      setTyped(null);
      toast(t.common.saved);
    },
  });
  const value = typed ?? name;
  const next = value.trim();
  const unchanged = next === (rename.isPending ? rename.variables : name);
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (next && !unchanged) rename.mutate(next);
      }}
    >
      {rename.error && <Banner tone="danger">{summarise(rename.error)}</Banner>}
      <TextField
        label={t.organisation.name}
        value={value}
        onChange={(event) => setTyped(event.target.value)}
        problem={fieldProblem(rename.error, "name") ?? (next ? null : t.session.needed)}
        hint={t.organisation.nameNote}
        autoComplete="off"
      />
      <Button type="submit" kind="primary" className="self-start" busy={rename.isPending} disabled={!next || unchanged}>
        {t.organisation.save}
      </Button>
    </form>
  );
}
