//! All members of an organisation, also those who have left: what they wrote is still shown under their name.

use access::{Audit, DataClass, Empty, Expose, Operation, OrgTarget, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

use super::{Member, member_columns, read_member};

pub(crate) struct List;

/// The members.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MemberList {
    items: Vec<Member>,
}

impl Operation for List {
    const ID: &'static str = "member.list";
    const SUMMARY: &'static str = "Lists all members of the organisation, also those who have left.";
    const ROUTE: Route = Route::get("/orgs/{org}/members");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reading the list changes nothing");
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = OrgTarget;
    type Input = Empty;
    type Output = MemberList;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<MemberList> {
        let sql = member_columns!("WHERE org_id = ?1 ORDER BY id");
        Ok(MemberList { items: tx.within(at).query(sql, &[], read_member).await? })
    }
}
