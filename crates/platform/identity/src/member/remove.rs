//! Take a member out, or leave oneself. Their sessions stay, for they may belong elsewhere; here it ends at once.

use access::{Audit, DataClass, Empty, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Fact, Result};
use store::{Tenanted, Tx, params};

use crate::invitation;

use super::{MemberTarget, hold_organisation, keep_an_owner, still_as_decided};

pub(crate) struct Remove;

impl Operation for Remove {
    const ID: &'static str = "member.remove";
    const SUMMARY: &'static str = "Takes a member out of the organisation, or lets the caller leave it.";
    const ROUTE: Route = Route::delete("/orgs/{org}/members/{member}");
    const PERMISSION: Permission = Permission::Policy;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = MemberTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        hold_organisation(tx, at).await?;
        still_as_decided(tx, at, at).await?;
        keep_an_owner(tx, at, at.id).await?;
        let sql = "UPDATE member SET state = 'removed' WHERE org_id = ?1 AND id = ?2";
        tx.within(at).execute(sql, params![at.id]).await?;
        invitation::withdraw_beyond(tx, at, at.id, None, cx.now()).await?;
        let org = at.tenant().org();
        if let Some(user) = at.user {
            let sql = "UPDATE membership SET left_at = ?3 WHERE user_id = ?1 AND org_id = ?2";
            tx.execute(sql, params![user, org, cx.now()]).await?;
            tx.publish(Fact::Authority(user));
        }
        tx.publish(Fact::Changed { org, member: None, what: &["members"] });
        tx.publish(Fact::Changed { org, member: Some(at.id), what: &["me"] });
        Ok(Empty {})
    }
}
