// One's own name, password and the look of the application.
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { fieldProblem, summarise } from "@/api/error";
import { body, http } from "@/api/http";
import { t } from "@/lib/text";
import { setTheme, type Theme, useTheme } from "@/lib/theme";
import { Banner } from "@/ui/Banner";
import { Page } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { Select, TextField } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import { PasswordField } from "../session/PasswordField";
import { useMe, useSetMe } from "./queries";

export function ProfilePage() {
  const { user } = useMe();
  const setMe = useSetMe();
  const [name, setName] = useState(user.name);
  const save = useMutation({
    mutationFn: () => body(http.PATCH("/api/v1/me", { body: { name: name.trim() } })),
    onSuccess: async (me) => {
      await setMe(me);
      toast(t.common.saved);
    },
  });
  return (
    <Page title={t.profile.title}>
      <form
        noValidate
        className="flex max-w-96 flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {save.error && <Banner tone="danger">{summarise(save.error)}</Banner>}
        <TextField
          label={t.profile.name}
          autoComplete="name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          problem={fieldProblem(save.error, "name")}
        />
        <TextField label={t.profile.email} type="email" value={user.email} readOnly />
        <Button
          type="submit"
          kind="primary"
          className="self-start"
          busy={save.isPending}
          disabled={!name.trim() || name.trim() === user.name}
        >
          {t.profile.save}
        </Button>
      </form>
      <Part title={t.profile.password} text={t.profile.passwordText}>
        <ChangePassword email={user.email} name={user.name} />
      </Part>
      <Part title={t.profile.appearance}>
        <ThemeChoice />
      </Part>
    </Page>
  );
}

function Part({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="mt-8 border-line border-t pt-6">
      <h2 className="font-semibold text-md">{title}</h2>
      {text && <p className="text-ink-2">{text}</p>}
      <div className="mt-4 max-w-96">{children}</div>
    </section>
  );
}

function ChangePassword({ email, name }: { email: string; name: string }) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const change = useMutation({
    mutationFn: () => http.POST("/api/v1/me/password", { body: { current, password } }),
    onSuccess: () => {
      setCurrent("");
      setPassword("");
      toast(t.profile.changed);
    },
  });
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      {change.error && <Banner tone="danger">{summarise(change.error)}</Banner>}
      <PasswordField
        label={t.profile.current}
        value={current}
        onChange={setCurrent}
        problem={fieldProblem(change.error, "current")}
      />
      <PasswordField
        label={t.profile.next}
        value={password}
        onChange={setPassword}
        problem={fieldProblem(change.error, "password")}
        choosing={{ email, name }}
      />
      <Button type="submit" className="self-start" busy={change.isPending} disabled={!current || !password}>
        {t.profile.change}
      </Button>
    </form>
  );
}

function ThemeChoice() {
  const theme = useTheme();
  return (
    <Select
      label={t.shell.theme}
      options={[
        { value: "system", label: t.shell.themeSystem },
        { value: "light", label: t.shell.themeLight },
        { value: "dark", label: t.shell.themeDark },
      ]}
      value={theme}
      onChange={(event) => setTheme(event.target.value as Theme)}
    />
  );
}
