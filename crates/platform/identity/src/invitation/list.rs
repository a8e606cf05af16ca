//! The invitations of an organisation, the newest first.

use access::{Audit, DataClass, Empty, Expose, Operation, OrgTarget, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

use super::{Invitation, columns, read};

pub(crate) struct List;

/// The invitations.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct InvitationList {
    items: Vec<Invitation>,
}

impl Operation for List {
    const ID: &'static str = "invitation.list";
    const SUMMARY: &'static str = "Lists the organisation's invitations, the newest first.";
    const ROUTE: Route = Route::get("/orgs/{org}/invitations");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reading the list changes nothing");
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = OrgTarget;
    type Input = Empty;
    type Output = InvitationList;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<InvitationList> {
        // Of a person who has been deleted the address is gone, and with it the invitation.
        let sql = columns!("WHERE v.org_id = ?1 AND v.email <> '' ORDER BY v.id DESC LIMIT 500");
        let now = cx.now();
        Ok(InvitationList { items: tx.within(at).query(sql, &[], |row| read(row, now)).await? })
    }
}
