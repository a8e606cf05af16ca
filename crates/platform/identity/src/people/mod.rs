//! What other modules may ask about members: this is the way to the table `member` for all but identity.

mod named;

use kernel::{MemberId, Result, Subject, UserId};
use store::{OrgTx, Row, Tenanted, Tx, params};

use crate::member::{SERVICE, subject};

pub use named::{People, Person};

/// Takes members until the transaction ends, together with others, so that nobody removes them meanwhile. Before anything of
/// a module's own is taken, and in the order of their ids.
pub fn hold(tx: OrgTx<'_>, members: &[MemberId]) {
    let ids: Vec<_> = members.iter().map(|member| member.0).collect();
    tx.hold("SELECT 1 FROM member WHERE org_id = ?1 AND id = ANY(?2) ORDER BY id FOR SHARE", &ids);
}

/// Whether this is an active member of the organisation: bodies may name members whom no path has checked.
pub async fn is_active(tx: OrgTx<'_>, member: MemberId) -> Result<bool> {
    let sql = "SELECT 1 FROM member WHERE org_id = ?1 AND id = ?2 AND state = 'active'";
    Ok(tx.optional(sql, params![member], |_| Ok(())).await?.is_some())
}

/// The active member with this handle.
pub async fn by_handle(tx: &mut Tx, at: &impl Tenanted, handle: &str) -> Result<Option<MemberId>> {
    let sql = "SELECT id FROM member WHERE org_id = ?1 AND handle = ?2 AND state = 'active'";
    tx.within(at).optional(sql, params![handle], |row| row.get(0)).await
}

/// Who acts as a member, whatever became of them: whose authority changes with what they belong to.
pub async fn subject_of(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<Subject> {
    let sql = "SELECT user_id FROM member WHERE org_id = ?1 AND id = ?2";
    let user = tx.within(at).optional(sql, params![member], |row| row.get(0)).await?.flatten();
    Ok(subject(member, user))
}

/// Whether somebody can act as a member, with an account or by tokens; none: there is no such member.
pub async fn is_acted_as(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<Option<bool>> {
    let sql = "SELECT user_id, kind FROM member WHERE org_id = ?1 AND id = ?2 AND state <> 'deleted'";
    let acts = |row: &Row<'_>| Ok(row.get::<Option<UserId>>(0)?.is_some() || row.text(1)? == SERVICE);
    tx.within(at).optional(sql, params![member], acts).await
}
