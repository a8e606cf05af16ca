// Members, audit, settings, profile and sessions inside the organisation's frame.
import { AuditPage } from "@/platform/audit/AuditPage";
import { ProfilePage } from "@/platform/me/ProfilePage";
import { MembersPage } from "@/platform/members/MembersPage";
import { OrganisationPage } from "@/platform/organisation/OrganisationPage";
import { SessionsPage } from "@/platform/session/SessionsPage";
import { BackButton } from "./pages";

export const Members = () => <MembersPage start={<BackButton />} />;
export const Audit = () => <AuditPage start={<BackButton />} />;
export const Organisation = () => <OrganisationPage start={<BackButton />} />;
export const Profile = () => <ProfilePage start={<BackButton />} />;
export const Sessions = () => <SessionsPage start={<BackButton />} />;
