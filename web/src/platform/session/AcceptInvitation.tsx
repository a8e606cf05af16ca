// A mailed invitation: a new person chooses name, handle and password; one who has an account proves it by its password.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, explain } from "@/api/error";
import { body, http } from "@/api/http";
import { t } from "@/lib/text";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { SkeletonRows } from "@/ui/Spinner";
import { useForm } from "../form";
import { useSetMe } from "../me/queries";
import { AuthForm, AuthFrame } from "./AuthFrame";
import { suggestHandle, useAddressToken } from "./handle";
import { PasswordField } from "./PasswordField";

/** Another link in the same tab is another invitation: nothing typed or refused before is carried over. */
export function AcceptInvitation() {
  const token = useAddressToken();
  return <Invited key={token} token={token} />;
}

function Invited({ token }: { token: string }) {
  const router = useRouter();
  const setMe = useSetMe();
  const [name, setName] = useState("");
  const [handle, setHandle] = useState("");
  const [handleTouched, setHandleTouched] = useState(false);
  const [password, setPassword] = useState("");
  const lookup = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => body(http.POST("/api/v1/invitations/lookup", { body: { token } })),
    enabled: token !== "",
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  // Who has an account has no name to type here: the handle begins as their address does.
  const [local] = lookup.data?.hasAccount ? lookup.data.email.split("@") : [];
  const chosen = handleTouched || local === undefined ? handle : suggestHandle(local);
  const accept = useMutation({
    mutationFn: () =>
      body(
        http.POST("/api/v1/invitations/accept", {
          body: { token, handle: chosen, password, name: lookup.data?.hasAccount ? null : name },
        }),
      ),
    onSuccess: async (me) => {
      await setMe(me);
      // Into the organisation that was just joined, not the first of several.
      const joined = me.memberships.find((membership) => membership.org.id === me.joined);
      router.history.replace(joined ? `/o/${joined.org.slug}` : "/");
    },
  });
  const newcomer = lookup.data !== undefined && !lookup.data.hasAccount;
  const form = useForm(
    {
      name: { label: t.session.name, value: newcomer ? name : "-" },
      handle: { label: t.session.handle, value: chosen },
      password: { label: t.session.password, value: password },
    },
    accept.error,
  );
  const signIn = <Link to="/sign-in">{t.session.backToSignIn}</Link>;

  const failed = lookup.error;
  if (!token || failed) {
    const temporary = failed instanceof ApiError && failed.transient;
    return (
      <AuthFrame
        title={t.session.inviteBad}
        lead={temporary ? explain(failed) : t.session.inviteBadText}
        footer={signIn}
      >
        {temporary && <Button onClick={() => lookup.refetch()}>{t.common.retry}</Button>}
      </AuthFrame>
    );
  }
  const invitation = lookup.data;
  if (!invitation) {
    return (
      <AuthFrame title={t.common.loading}>
        <SkeletonRows count={3} />
      </AuthFrame>
    );
  }
  return (
    <AuthFrame
      title={t.session.inviteTitle(invitation.organisation)}
      lead={t.session.inviteLead(invitation.invitedBy, t.roles[invitation.role])}
      footer={signIn}
    >
      <AuthForm onSubmit={() => form.complete() && accept.mutate()} refused={accept.error}>
        {form.summary && <Banner tone="danger">{form.summary}</Banner>}
        {invitation.hasAccount && <p className="text-ink-2">{t.session.inviteHasAccount}</p>}
        <TextField label={t.session.email} type="email" autoComplete="username" value={invitation.email} readOnly />
        {!invitation.hasAccount && (
          <TextField
            label={t.session.name}
            autoComplete="name"
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              if (!handleTouched) setHandle(suggestHandle(event.target.value));
            }}
            problem={form.problem("name")}
            autoFocus
            required
          />
        )}
        <TextField
          label={t.session.handle}
          hint={t.session.handleHint}
          autoCapitalize="none"
          autoComplete="nickname"
          value={chosen}
          onChange={(event) => {
            setHandleTouched(true);
            setHandle(event.target.value);
          }}
          problem={form.problem("handle")}
          required
        />
        <PasswordField
          label={t.session.password}
          value={password}
          onChange={setPassword}
          problem={form.problem("password")}
          {...(invitation.hasAccount ? {} : { choosing: { email: invitation.email, name } })}
        />
        <Button type="submit" kind="primary" size="large" busy={accept.isPending}>
          {t.session.inviteJoin}
        </Button>
      </AuthForm>
    </AuthFrame>
  );
}
