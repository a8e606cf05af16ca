// Who belongs to the organisation, and who is invited.
import { Users } from "lucide-react";
import { t } from "@/lib/text";
import { lazyPage } from "../app/lazyPage";
import { definePage } from "../app/page";

export const membersPage = definePage({
  area: "organisation",
  pinned: true,
  path: "members",
  title: t.members.title,
  icon: Users,
  needs: "member.list",
  component: lazyPage(() => import("./MembersPage"), "MembersPage"),
});
