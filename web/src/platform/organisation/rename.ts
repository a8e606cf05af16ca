// A new name shows everywhere before the server has said yes, and the old one again if it says no.
import type { Me } from "@/api/types";

/** Me, with another name for one organisation; the same object where nothing differs. */
export function withOrgName(me: Me, org: string, name: string): Me {
  const found = me.memberships.find((membership) => membership.org.id === org);
  if (!found || found.org.name === name) return me;
  return {
    ...me,
    memberships: me.memberships.map((membership) =>
      membership === found ? { ...membership, org: { ...membership.org, name } } : membership,
    ),
  };
}
