//! Ends a membership: the one place where all that it gave ends with it, whether the member is removed, leaves, or is deleted
//! with their account. What they wrote stays theirs; whoever comes back begins with nothing.

use kernel::{Cx, Result};
use store::{Tenant, Tx, params};

use super::MemberId;
use crate::event;
use crate::{Identity, invitation, token};

/// Call with the organisation and the member held.
pub(crate) async fn end(
    cx: &Cx,
    tx: &mut Tx,
    identity: &Identity,
    at: &Tenant,
    member: MemberId,
) -> Result<()> {
    for ends in identity.membership_ends() {
        ends.end(cx, tx, *at, member).await?;
    }
    invitation::withdraw_beyond(tx, at, member, None, cx.now()).await?;
    let sql = "UPDATE member SET state = 'removed' WHERE org_id = ?1 AND id = ?2 RETURNING user_id";
    let user = tx.within(at).one(sql, params![member], |row| row.get::<Option<kernel::UserId>>(0)).await?;
    let org = at.org();
    token::end_all(cx, tx, at, member).await?;
    tx.authority_changed(super::subject(member, user));
    if let Some(user) = user {
        let sql = "UPDATE membership SET left_at = ?3 WHERE user_id = ?1 AND org_id = ?2";
        tx.execute(sql, params![user, org, cx.now()]).await?;
    }
    event::members_changed(tx, org)?;
    event::me_changed(tx, org, member)?;
    Ok(())
}
