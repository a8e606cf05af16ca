//! What other modules may ask about members: this is the way to the table `member` for all but identity.

mod named;

use kernel::{MemberId, Result, UserId};
use store::{OrgTx, Tenanted, Tx, params};

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

/// The account behind a member, whatever became of them; none: there is none, or no such member.
pub async fn account_of(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<Option<UserId>> {
    let sql = "SELECT user_id FROM member WHERE org_id = ?1 AND id = ?2";
    Ok(tx.within(at).optional(sql, params![member], |row| row.get(0)).await?.flatten())
}

/// Whether a member has an account; none: there is no such member.
pub async fn has_account(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<Option<bool>> {
    let sql = "SELECT user_id FROM member WHERE org_id = ?1 AND id = ?2 AND state <> 'deleted'";
    tx.within(at).optional(sql, params![member], |row| Ok(row.get::<Option<UserId>>(0)?.is_some())).await
}
