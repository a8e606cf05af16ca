//! Give a member another role: up to one's own, and never taking the last owner away.

use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Error, Result, Role};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Tenanted, Tx, params};

use super::{Member, MemberTarget, by_id, keep_an_owner, may_be_service, subject, within_ceiling};
use crate::event;
use crate::invitation;

pub(crate) struct Update;

/// What is changed about a member.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateMember {
    /// The new role.
    role: Role,
}

impl Operation for Update {
    const ID: &'static str = "member.update";
    const SUMMARY: &'static str = "Gives a member another role, up to the caller's own.";
    const ROUTE: Route = Route::patch("/orgs/{org}/members/{member}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = MemberTarget;
    type Input = UpdateMember;
    type Output = Member;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, input: UpdateMember) -> Result<Member> {
        within_ceiling(cx, input.role)?;
        if at.is_service() {
            may_be_service(input.role)?;
        }
        let before = by_id(tx, at, at.id).await?.ok_or_else(Error::not_found)?;
        if before.role == Role::Owner && input.role != Role::Owner {
            keep_an_owner(tx, at, at.id).await?;
        }
        cx.note("from", before.role.as_str());
        cx.note("to", input.role.as_str());
        let sql = "UPDATE member SET role = ?3 WHERE org_id = ?1 AND id = ?2";
        tx.within(at).execute(sql, params![at.id, input.role.as_str()]).await?;
        invitation::withdraw_beyond(tx, at, at.id, Some(input.role), cx.now()).await?;
        let org = at.tenant().org();
        tx.authority_changed(subject(at.id, at.user));
        event::members_changed(tx, org)?;
        event::me_changed(tx, org, at.id)?;
        Ok(Member { role: input.role, ..before })
    }
}
