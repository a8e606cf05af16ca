// Signed in, but a member of nothing (yet).
import { t } from "@/lib/text";
import { signOut } from "@/platform/session/end";
import { EmptyState } from "@/ui/Bits";
import { Button } from "@/ui/Button";

export function NoOrganisation() {
  return (
    <main className="flex h-full">
      <EmptyState
        page
        title={t.shell.noOrg}
        text={t.shell.noOrgText}
        action={<Button onClick={() => void signOut()}>{t.shell.signOut}</Button>}
      />
    </main>
  );
}
