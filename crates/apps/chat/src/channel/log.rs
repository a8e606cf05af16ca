//! A channel's log: its numbers, what is written under them, and what is told of a change.

use crate::{ChannelId, MessageId};
use ::store::{Sql, Tenant, Tenanted, Tx, params};
use kernel::{MemberId, Result, Timestamp, Topic};

use uuid::Uuid;

use crate::event::{Change, ChannelsChanged};

/// Takes the channel's next number. The row stays locked until the commit, so numbers are taken in commit order.
pub(crate) async fn advance(tx: &mut Tx, at: &impl Tenanted, channel: ChannelId) -> Result<i64> {
    tx.within(at)
        .one(
            "UPDATE channel SET head = head + 1 WHERE org_id = ?1 AND id = ?2 RETURNING head",
            params![channel],
            |row| row.get(0),
        )
        .await
}

/// The newest numbers of these channels.
pub(crate) async fn heads(tx: &mut Tx, at: Tenant, channels: Vec<Uuid>) -> Result<Vec<(Uuid, i64)>> {
    let ids: Vec<String> = channels.iter().map(|id| id.simple().to_string()).collect();
    let ids = serde_json::to_string(&ids).map_err(kernel::Error::internal)?;
    let sql = Sql::each(
        "SELECT id, head FROM channel WHERE org_id = ?1 AND id IN (SELECT unhex(value) FROM json_each(?2))",
        "SELECT id, head FROM channel WHERE org_id = ?1 \
         AND id = ANY (ARRAY(SELECT json_array_elements_text(?2::text::json)::uuid))",
    );
    tx.within(&at).query(sql, params![&ids], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// Gives a number back that nothing was written under. Only in the transaction that took it.
pub(crate) async fn retreat(tx: &mut Tx, at: &impl Tenanted, channel: ChannelId) -> Result<()> {
    tx.within(at)
        .execute("UPDATE channel SET head = head - 1 WHERE org_id = ?1 AND id = ?2", params![channel])
        .await
        .map(|_| ())
}

/// Writes a change into the channel's log under a number already taken, and publishes it on commit.
pub(crate) async fn append(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    seq: i64,
    now: Timestamp,
    message: Option<MessageId>,
    change: &Change,
) -> Result<()> {
    // What a message or channel looks like is read afresh when the log is read; only deltas keep their data.
    let kept = match change {
        Change::Reacted(_) | Change::Joined(_) | Change::Left(_) => Some(change.data()?),
        _ => None,
    };
    tx.within(at)
        .execute(
            "INSERT INTO channel_event (org_id, channel_id, seq, kind, message_id, data, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![channel, seq, change.name().as_str(), message.map(|m| m.0), kept.as_deref(), now],
        )
        .await?;
    publish(tx, at, channel, seq, change)
}

/// Publishes a change on commit.
pub(crate) fn publish(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    seq: i64,
    change: &Change,
) -> Result<()> {
    let topic = Topic { kind: ChannelId::PREFIX, org: at.tenant().org(), id: channel.0 };
    change.publish(tx, topic, seq)
}

/// Tells one member's sockets, or everybody's, that the list of channels has changed.
pub(crate) fn channels_changed(tx: &mut Tx, at: &impl Tenanted, member: Option<MemberId>) -> Result<()> {
    tx.publish(Topic::member_or_org(at.tenant().org(), member), &ChannelsChanged {})
}

/// A row of the log that is not a message's own.
pub(crate) struct Logged {
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) message: Option<MessageId>,
    pub(crate) data: Option<String>,
}

/// The log's rows after `after`, messages excepted.
pub(crate) async fn logged_after(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    after: i64,
) -> Result<Vec<Logged>> {
    let sql = "SELECT seq, kind, message_id, data FROM channel_event \
               WHERE org_id = ?1 AND channel_id = ?2 AND seq > ?3 ORDER BY seq";
    tx.within(at)
        .query(sql, params![channel, after], |row| {
            Ok(Logged { seq: row.get(0)?, kind: row.get(1)?, message: row.get(2)?, data: row.get(3)? })
        })
        .await
}
