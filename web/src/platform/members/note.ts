// What stands below a member's name: their handle, and what kind of member that is where it is no person with an account.
import type { Member } from "@/api/types";
import { t } from "@/lib/text";

export function noteOf({ handle, imported, service }: Pick<Member, "handle" | "imported" | "service">): string {
  if (imported) return t.members.importedNote(handle);
  return service ? t.tokens.memberNote(handle) : `@${handle}`;
}
