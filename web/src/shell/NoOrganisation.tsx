// Signed in, but a member of nothing (yet).
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { explain } from "@/api/error";
import { t } from "@/lib/text";
import { useMe } from "@/platform/me/queries";
import { signOut } from "@/platform/session/end";
import { EmptyState } from "@/ui/Bits";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/Toast";

export function NoOrganisation() {
  const { superAdmin } = useMe();
  const navigate = useNavigate();
  const client = useQueryClient();
  const leave = () =>
    signOut(client).catch((error: unknown) => toast(t.shell.signOutFailed(explain(error)), { tone: "danger" }));
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
            <Button onClick={() => void leave()}>{t.shell.signOut}</Button>
          </div>
        }
      />
    </main>
  );
}
