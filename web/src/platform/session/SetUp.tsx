// The first visit: the one-time link from the console creates the organisation and its owner.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { body, http } from "@/api/http";
import { t } from "@/lib/text";
import { Banner } from "@/ui/Banner";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { useForm } from "../form";
import { useSetMe } from "../me/queries";
import { AuthForm, AuthFrame } from "./AuthFrame";
import { suggestHandle, useAddressToken } from "./handle";
import { PasswordField } from "./PasswordField";

export function SetUp() {
  const router = useRouter();
  const setMe = useSetMe();
  const token = useAddressToken();
  const [form, setForm] = useState({ organisation: "", name: "", handle: "", email: "", password: "" });
  const [handleTouched, setHandleTouched] = useState(false);
  const state = useQuery({ queryKey: ["setup"], queryFn: ({ signal }) => body(http.GET("/api/v1/setup", { signal })) });
  const complete = useMutation({
    mutationFn: () => body(http.POST("/api/v1/setup", { body: { token, ...form } })),
    onSuccess: async (me) => {
      await setMe(me);
      router.history.replace("/");
    },
  });
  const set = (change: Partial<typeof form>) => setForm((before) => ({ ...before, ...change }));
  const { organisation, name, handle, email, password } = form;
  const {
    complete: isComplete,
    summary,
    problem,
  } = useForm(
    {
      organisation: { label: t.session.organisation, value: organisation },
      name: { label: t.session.name, value: name },
      handle: { label: t.session.handle, value: handle },
      email: { label: t.session.email, value: email },
      password: { label: t.session.password, value: password },
    },
    complete.error,
  );
  const signIn = <Link to="/sign-in">{t.session.backToSignIn}</Link>;

  if (state.data && !state.data.needed) return <AuthFrame title={t.session.setUpDone} footer={signIn} />;
  if (!token) return <AuthFrame title={t.session.setUpTitle} lead={t.session.setUpNoToken} footer={signIn} />;
  return (
    <AuthFrame title={t.session.setUpTitle} lead={t.session.setUpLead}>
      <AuthForm onSubmit={() => isComplete() && complete.mutate()}>
        {summary && <Banner tone="danger">{summary}</Banner>}
        <TextField
          label={t.session.organisation}
          autoComplete="organization"
          value={form.organisation}
          onChange={(event) => set({ organisation: event.target.value })}
          problem={problem("organisation")}
          autoFocus
          required
        />
        <TextField
          label={t.session.name}
          autoComplete="name"
          value={form.name}
          onChange={(event) =>
            set({ name: event.target.value, ...(handleTouched ? {} : { handle: suggestHandle(event.target.value) }) })
          }
          problem={problem("name")}
          required
        />
        <TextField
          label={t.session.handle}
          hint={t.session.handleHint}
          autoComplete="nickname"
          autoCapitalize="none"
          value={form.handle}
          onChange={(event) => {
            setHandleTouched(true);
            set({ handle: event.target.value });
          }}
          problem={problem("handle")}
          required
        />
        <TextField
          label={t.session.email}
          type="email"
          autoComplete="username"
          value={form.email}
          onChange={(event) => set({ email: event.target.value })}
          problem={problem("email")}
          required
        />
        <PasswordField
          label={t.session.password}
          value={form.password}
          onChange={(password) => set({ password })}
          problem={problem("password")}
          choosing={{ email: form.email, name: form.name }}
        />
        <Button type="submit" kind="primary" size="large" busy={complete.isPending}>
          {t.session.setUp}
        </Button>
      </AuthForm>
    </AuthFrame>
  );
}
