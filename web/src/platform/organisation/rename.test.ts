import { describe, expect, it } from "vitest";
import type { Me } from "@/api/types";
import { withOrgName } from "./rename";

const membership = (id: string, name: string): Me["memberships"][number] => ({
  org: { id, name, slug: id },
  member: { id: `mem_${id}`, name: "Olga", handle: "olga", role: "owner", state: "active", createdAt: 0 },
  permissions: ["org.update"],
});
const me: Me = {
  user: { id: "usr_1", name: "Olga", email: "olga@example.org" },
  superAdmin: false,
  csrfToken: "token",
  memberships: [membership("a", "Acme"), membership("b", "Binary")],
};

// REQ UI-5
describe("renaming an organisation", () => {
  it("changes that one and leaves the rest as it is", () => {
    const after = withOrgName(me, "b", "Boolean");
    expect(after.memberships.map((item) => item.org.name)).toEqual(["Acme", "Boolean"]);
    expect(after.memberships[0]).toBe(me.memberships[0]);
    expect(after.memberships[1]?.org.slug).toBe("b");
    expect(me.memberships[1]?.org.name).toBe("Binary");
  });

  it("is undone by the name of before", () => {
    expect(withOrgName(withOrgName(me, "a", "New"), "a", "Acme")).toEqual(me);
  });

  it("changes nothing for an organisation one does not belong to", () => {
    expect(withOrgName(me, "c", "Elsewhere")).toBe(me);
    expect(withOrgName(me, "a", "Acme")).toBe(me);
  });
});
