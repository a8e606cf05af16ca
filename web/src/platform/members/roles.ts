// Which roles somebody may hand out. The server decides; this only keeps hopeless choices out of sight.
import type { Role } from "@/api/types";
import { t } from "@/lib/text";

const ORDER: readonly Role[] = ["owner", "admin", "editor", "viewer"];

export function assignableRoles(mine: Role): readonly Role[] {
  return mine === "owner" ? ORDER : mine === "admin" ? ["admin", "editor", "viewer"] : [];
}

export const roleOptions = (mine: Role) => assignableRoles(mine).map((role) => ({ value: role, label: t.roles[role] }));

export const roleNote = (role: Role): string => t.roles[`${role}Text`];
