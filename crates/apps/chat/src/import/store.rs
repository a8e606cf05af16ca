//! Every statement about what has been brought in.

use ::store::{Tenanted, Tx, params};
use kernel::{ChannelId, MemberId, Result};

/// The number of the last line taken from a source. The row stays locked until the commit, so that two imports of the
/// same source do not both take a line.
pub(super) async fn taken(tx: &mut Tx, at: &impl Tenanted, channel: ChannelId, source: &str) -> Result<i64> {
    tx.within(at)
        .one(
            "INSERT INTO import_source (org_id, channel_id, source, lines) VALUES (?1, ?2, ?3, 0) \
             ON CONFLICT (org_id, channel_id, source) DO UPDATE SET lines = import_source.lines RETURNING lines",
            params![channel, source],
            |row| row.get(0),
        )
        .await
}

/// Sets it.
pub(super) async fn set_taken(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    source: &str,
    line: i64,
) -> Result<()> {
    tx.within(at)
        .execute(
            "UPDATE import_source SET lines = ?4 WHERE org_id = ?1 AND channel_id = ?2 AND source = ?3",
            params![channel, source, line],
        )
        .await
        .map(|_| ())
}

/// Whether a member has an account; none: there is no such member.
pub(super) async fn has_account(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<Option<bool>> {
    tx.within(at)
        .optional(
            "SELECT user_id FROM member WHERE org_id = ?1 AND id = ?2 AND state <> 'deleted'",
            params![member],
            |row| Ok(row.get::<Option<kernel::UserId>>(0)?.is_some()),
        )
        .await
}
