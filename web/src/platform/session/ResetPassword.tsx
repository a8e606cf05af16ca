// Forgotten passwords: ask for the link (the answer never tells whether an account exists), then choose a new one.
import { useMutation } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { fieldProblem, summarise } from "@/api/error";
import { body, http } from "@/api/http";
import { t } from "@/lib/text";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { AuthForm, AuthFrame } from "./AuthFrame";
import { tokenFromAddress } from "./handle";
import { PasswordField } from "./PasswordField";

export function RequestReset() {
  const [email, setEmail] = useState("");
  const [incomplete, setIncomplete] = useState(false);
  const request = useMutation({
    mutationFn: () => body(http.POST("/api/v1/password/reset-requests", { body: { email: email.trim() } })),
  });
  const signIn = <Link to="/sign-in">{t.session.backToSignIn}</Link>;
  if (request.isSuccess) {
    return <AuthFrame title={t.session.resetSent} lead={t.session.resetSentText(email.trim())} footer={signIn} />;
  }
  const submit = () => {
    setIncomplete(!email.trim());
    if (email.trim()) request.mutate();
  };
  return (
    <AuthFrame title={t.session.resetTitle} lead={t.session.resetLead} footer={signIn}>
      <AuthForm onSubmit={submit}>
        {request.error && <Banner tone="danger">{summarise(request.error)}</Banner>}
        <TextField
          label={t.session.email}
          type="email"
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          problem={fieldProblem(request.error, "email") ?? (incomplete && !email.trim() ? t.session.needed : null)}
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

export function ResetPassword() {
  const router = useRouter();
  const [token] = useState(tokenFromAddress);
  const [password, setPassword] = useState("");
  const reset = useMutation({
    mutationFn: () => body(http.POST("/api/v1/password/resets", { body: { token, password } })),
    onSuccess: () => router.history.replace("/sign-in?reason=password-changed"),
  });
  const footer = <Link to="/forgot">{t.session.resetTitle}</Link>;
  if (!token)
    return <AuthFrame title={t.session.newPasswordTitle} lead={t.session.newPasswordNoToken} footer={footer} />;
  return (
    <AuthFrame title={t.session.newPasswordTitle} footer={footer}>
      <AuthForm onSubmit={() => reset.mutate()}>
        {reset.error && <Banner tone="danger">{summarise(reset.error)}</Banner>}
        <PasswordField
          label={t.session.newPassword}
          value={password}
          onChange={setPassword}
          problem={fieldProblem(reset.error, "password")}
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
