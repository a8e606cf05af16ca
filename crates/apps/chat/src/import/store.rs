//! Every statement about what has been brought in.

use std::collections::HashMap;

use crate::ChannelId;
use ::store::{Tenanted, Tx, params};
use kernel::{Error, Result};

/// How far a source has been taken.
pub(super) struct Taken {
    /// The number of its last line that was.
    pub(super) last: i64,
    /// Up to this one nobody wrote down what the lines were.
    pub(super) undigested: i64,
}

/// Finds it. The row stays locked until the commit, so that two imports of the same source do not both take a line.
pub(super) async fn taken(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    source: &str,
) -> Result<Taken> {
    tx.within(at)
        .one(
            "INSERT INTO import_source (org_id, channel_id, source, lines) VALUES (?1, ?2, ?3, 0) \
             ON CONFLICT (org_id, channel_id, source) DO UPDATE SET lines = import_source.lines \
             RETURNING lines, undigested",
            params![channel, source],
            |row| Ok(Taken { last: row.get(0)?, undigested: row.get(1)? }),
        )
        .await
}

/// The digests of lines taken before, by number: at least of those from `first` to `last`.
pub(super) async fn digests(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    source: &str,
    (first, last): (i64, i64),
) -> Result<HashMap<i64, String>> {
    let batches = tx
        .within(at)
        .query(
            "SELECT lines FROM import_batch WHERE org_id = ?1 AND channel_id = ?2 AND source = ?3 \
             AND last >= ?4 AND first <= ?5",
            params![channel, source, first, last],
            |row| serde_json::from_str::<Vec<(i64, String)>>(row.text(0)?).map_err(Error::internal),
        )
        .await?;
    Ok(batches.into_iter().flatten().collect())
}

/// Writes down how far the source has been taken, and what its new lines are.
pub(super) async fn take(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    source: &str,
    lines: &[(i64, String)],
) -> Result<()> {
    let (Some((first, _)), Some((last, _))) = (lines.first(), lines.last()) else { return Ok(()) };
    tx.within(at)
        .execute(
            "UPDATE import_source SET lines = ?4 WHERE org_id = ?1 AND channel_id = ?2 AND source = ?3",
            params![channel, source, *last],
        )
        .await?;
    let list = serde_json::to_string(lines).map_err(Error::internal)?;
    tx.within(at)
        .execute(
            "INSERT INTO import_batch (org_id, channel_id, source, first, last, lines) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![channel, source, *first, *last, &list],
        )
        .await
        .map(|_| ())
}
