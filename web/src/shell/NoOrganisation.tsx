// Signed in, but a member of nothing (yet).
import { useNavigate } from "@tanstack/react-router";
import { t } from "@/lib/text";
import { useMe } from "@/platform/me/queries";
import { signOut } from "@/platform/session/end";
import { EmptyState } from "@/ui/Bits";
import { Button } from "@/ui/Button";

export function NoOrganisation() {
  const { superAdmin } = useMe();
  const navigate = useNavigate();
  return (
    <main className="flex h-full">
      <EmptyState
        page
        title={t.shell.noOrg}
        text={t.shell.noOrgText}
        action={
          <div className="flex items-center gap-2">
            {superAdmin && (
              <Button kind="primary" onClick={() => void navigate({ to: "/installation" })}>
                {t.shell.installation}
              </Button>
            )}
            <Button onClick={() => void signOut()}>{t.shell.signOut}</Button>
          </div>
        }
      />
    </main>
  );
}
