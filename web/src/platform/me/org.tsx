// The organisation that the address names, given to everything below it.
import { createContext, type ReactNode, useContext } from "react";
import type { Membership } from "@/api/types";

const OrgContext = createContext<Membership | null>(null);

export function OrgProvider({ membership, children }: { membership: Membership; children: ReactNode }) {
  return <OrgContext value={membership}>{children}</OrgContext>;
}

export function useMembership(): Membership {
  const membership = useContext(OrgContext);
  if (!membership) throw new Error("useMembership outside of an organisation");
  return membership;
}
