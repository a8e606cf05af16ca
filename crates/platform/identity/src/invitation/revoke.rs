//! Withdraw an invitation.

use crate::InvitationId;
use access::{
    Audit, DataClass, Empty, Expose, Hold, InOrg, Loader, Operation, Path, Permission, Proof, Rate, Route,
    Standing, Target,
};
use kernel::{Cx, Error, OrgId, Result, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Tx, params};

use crate::event;

use super::right::may_withdraw;

pub(crate) struct Revoke;

/// Names an invitation.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationPath {
    /// The organisation.
    org: OrgId,
    /// The invitation.
    invitation: InvitationId,
}

impl Path for InvitationPath {
    fn org(&self) -> Option<OrgId> {
        Some(self.org)
    }
}

/// An invitation of the caller's organisation.
pub(crate) struct InvitationTarget {
    org: OrgId,
    id: InvitationId,
    role: Role,
}

impl Target for InvitationTarget {
    type Path = InvitationPath;
    const HOLDS: Hold = Hold::Organisation;

    async fn load(_: &Cx, loader: &mut Loader<'_>, path: &InvitationPath) -> Result<Option<Self>> {
        let sql = "SELECT role FROM invitation WHERE org_id = ?1 AND id = ?2";
        let found = loader.within(path.org).optional(sql, params![path.invitation], |row| row.get(0)).await?;
        Ok(found.map(|role| Self { org: path.org, id: path.invitation, role }))
    }
    fn standing(&self, _: &Cx) -> Standing {
        Standing::SEES
    }
    fn resource(&self) -> Option<String> {
        Some(self.id.to_string())
    }
}

impl InOrg for InvitationTarget {
    fn org(&self) -> OrgId {
        self.org
    }
}

impl Operation for Revoke {
    const ID: &'static str = "invitation.revoke";
    const SUMMARY: &'static str =
        "Withdraws an invitation that has not been accepted, to a role up to the caller's own.";
    const ROUTE: Route = Route::delete("/orgs/{org}/invitations/{invitation}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = InvitationTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        may_withdraw(cx, at.role)?;
        let sql = "UPDATE invitation SET revoked_at = ?3
                   WHERE org_id = ?1 AND id = ?2 AND accepted_at IS NULL AND revoked_at IS NULL";
        if tx.within(at).execute(sql, params![at.id, cx.now()]).await? == 0 {
            return Err(Error::conflict("This invitation has been accepted or withdrawn already."));
        }
        event::invitations_changed(tx, at.org)?;
        Ok(Empty {})
    }
}
