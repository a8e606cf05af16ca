// Sign in. Says honestly what went wrong: wrong credentials, locked out for how long (the server's words), no network.
import { useMutation } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, explain } from "@/api/error";
import { body, http } from "@/api/http";
import { t } from "@/lib/text";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { useSetMe } from "../me/queries";
import { AuthForm, AuthFrame } from "./AuthFrame";
import { PasswordField } from "./PasswordField";

export type SignInReason = "ended" | "signed-out" | "password-changed";

const REASONS: Record<SignInReason, string> = {
  ended: t.session.ended,
  "signed-out": t.session.signedOut,
  "password-changed": t.session.newPasswordDone,
};

/** Only a path of this application; anything else would let a link choose where a fresh sign-in leads. */
function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : "/";
}

export function SignIn({ next, reason }: { next?: string | undefined; reason?: SignInReason | undefined }) {
  const router = useRouter();
  const setMe = useSetMe();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [incomplete, setIncomplete] = useState(false);
  const signIn = useMutation({
    mutationFn: () => body(http.POST("/api/v1/session", { body: { email: email.trim(), password } })),
    onSuccess: async (me) => {
      await setMe(me);
      router.history.push(safeNext(next));
    },
  });
  const submit = () => {
    setIncomplete(!email.trim() || !password);
    if (email.trim() && password) signIn.mutate();
  };
  const wrong = signIn.error instanceof ApiError && signIn.error.code === "invalid_credentials";
  return (
    <AuthFrame title={t.session.signInTitle} footer={<Link to="/forgot">{t.session.forgot}</Link>}>
      <AuthForm onSubmit={submit}>
        {signIn.error ? (
          <Banner tone="danger">{wrong ? t.session.wrong : explain(signIn.error)}</Banner>
        ) : (
          reason && <Banner>{REASONS[reason]}</Banner>
        )}
        <TextField
          label={t.session.email}
          type="email"
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          problem={incomplete && !email.trim() ? t.session.needed : null}
          autoFocus
          required
        />
        <PasswordField
          label={t.session.password}
          value={password}
          onChange={setPassword}
          problem={incomplete && !password ? t.session.passwordNeeded : null}
        />
        <Button type="submit" kind="primary" size="large" busy={signIn.isPending}>
          {t.session.signIn}
        </Button>
      </AuthForm>
    </AuthFrame>
  );
}
