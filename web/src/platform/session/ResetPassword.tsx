// Forgotten passwords: ask for the link (the answer never tells whether an account exists), then choose a new one.
import { useMutation } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { body, http } from "@/api/http";
import { t } from "@/lib/text";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { useForm } from "../form";
import { AuthForm, AuthFrame } from "./AuthFrame";
import { useAddressToken } from "./handle";
import { PasswordField } from "./PasswordField";

export function RequestReset() {
  const [email, setEmail] = useState("");
  const request = useMutation({
    mutationFn: () => body(http.POST("/api/v1/password/reset-requests", { body: { email: email.trim() } })),
  });
  const form = useForm({ email: { label: t.session.email, value: email } }, request.error);
  const signIn = <Link to="/sign-in">{t.session.backToSignIn}</Link>;
  if (request.isSuccess) {
    return <AuthFrame title={t.session.resetSent} lead={t.session.resetSentText(email.trim())} footer={signIn} />;
  }
  return (
    <AuthFrame title={t.session.resetTitle} lead={t.session.resetLead} footer={signIn}>
      <AuthForm onSubmit={() => form.complete() && request.mutate()}>
        {form.summary && <Banner tone="danger">{form.summary}</Banner>}
        <TextField
          label={t.session.email}
          type="email"
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          problem={form.problem("email")}
          autoFocus
          required
        />
        <Button type="submit" kind="primary" size="large" busy={request.isPending}>
          {t.session.resetSend}
        </Button>
      </AuthForm>
    </AuthFrame>
  );
}

/** Another link in the same tab is another request. */
export function ResetPassword() {
  const token = useAddressToken();
  return <NewPassword key={token} token={token} />;
}

function NewPassword({ token }: { token: string }) {
  const router = useRouter();
  const [password, setPassword] = useState("");
  const reset = useMutation({
    mutationFn: () => body(http.POST("/api/v1/password/resets", { body: { token, password } })),
    onSuccess: () => router.history.replace("/sign-in?reason=password-changed"),
  });
  const form = useForm({ password: { label: t.session.newPassword, value: password } }, reset.error);
  const footer = <Link to="/forgot">{t.session.resetTitle}</Link>;
  if (!token)
    return <AuthFrame title={t.session.newPasswordTitle} lead={t.session.newPasswordNoToken} footer={footer} />;
  return (
    <AuthFrame title={t.session.newPasswordTitle} footer={footer}>
      <AuthForm onSubmit={() => form.complete() && reset.mutate()}>
        {form.summary && <Banner tone="danger">{form.summary}</Banner>}
        <PasswordField
          label={t.session.newPassword}
          value={password}
          onChange={setPassword}
          problem={form.problem("password")}
          choosing={{}}
          autoFocus
        />
        <Button type="submit" kind="primary" size="large" busy={reset.isPending}>
          {t.session.newPasswordSave}
        </Button>
      </AuthForm>
    </AuthFrame>
  );
}
