//! Every statement about channels and their members.

use crate::ChannelId;
use ::store::{Row, Sql, Tenanted, Tx, params};
use access::Loader;
use identity::people;
use kernel::{Error, MemberId, OrgId, Result, Timestamp};

use super::{Channel, ChannelSummary, ChannelTarget, Kind};
use crate::read::totals::UnreadTotals;

/// Locks the channel's row, until the transaction ends.
pub(crate) const HOLD: &str = "SELECT 1 FROM channel WHERE org_id = ?1 AND id = ANY(?2) FOR NO KEY UPDATE";
/// Loads a channel; in a transaction that writes, locks its row first.
pub(crate) async fn load(
    loader: &mut Loader<'_>,
    org: OrgId,
    id: ChannelId,
    member: Option<MemberId>,
) -> Result<Option<ChannelTarget>> {
    loader.hold(org, HOLD, &[id.0]);
    look(loader, org, id, member).await
}

/// Loads a channel of which nothing will be changed.
pub(crate) async fn look(
    loader: &mut Loader<'_>,
    org: OrgId,
    id: ChannelId,
    member: Option<MemberId>,
) -> Result<Option<ChannelTarget>> {
    loader
        .within(org)
        .optional(
            "SELECT c.kind, c.archived_at, c.head, (SELECT h.epoch FROM history h), m.read_seq FROM channel c \
             LEFT JOIN channel_member m ON m.org_id = c.org_id AND m.channel_id = c.id AND m.member_id = ?3 \
             WHERE c.org_id = ?1 AND c.id = ?2",
            params![id, member.map(|m| m.0)],
            |row| {
                Ok(ChannelTarget {
                    org,
                    id,
                    kind: Kind::from_stored(row.text(0)?)?,
                    archived: row.get::<Option<i64>>(1)?.is_some(),
                    head: row.get(2)?,
                    epoch: row.get(3)?,
                    read_seq: row.get(4)?,
                })
            },
        )
        .await
}

/// Whether a member of the organisation is in the channel.
pub(crate) async fn has_member(
    loader: &mut Loader<'_>,
    channel: &ChannelTarget,
    member: MemberId,
) -> Result<bool> {
    let sql = "SELECT 1 FROM channel_member WHERE org_id = ?1 AND channel_id = ?2 AND member_id = ?3";
    let found = loader.within(channel.org).optional(sql, params![channel.id, member], |_| Ok(())).await?;
    Ok(found.is_some())
}

/// In which column a channel's folded name stands: of public ones it is unique, of private ones others may have it.
fn by_kind(kind: Kind, folded: &str) -> (Option<&str>, Option<&str>) {
    if kind == Kind::Public { (Some(folded), None) } else { (None, Some(folded)) }
}

/// A new channel. False: a public one has the name.
pub(crate) async fn insert(tx: &mut Tx, at: &impl Tenanted, channel: &Channel, folded: &str) -> Result<bool> {
    let (public, private) = by_kind(channel.kind, folded);
    let rows = tx
        .within(at)
        .execute(
            "INSERT INTO channel (org_id, id, kind, name, name_folded, private_name_folded, topic, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (org_id, name_folded) DO NOTHING",
            params![
                channel.id,
                channel.kind.as_str(),
                &channel.name,
                public,
                private,
                &channel.topic,
                channel.created_at
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// The channel of a name, a public one if there is one: its id, kind, and whether it is archived. It is taken for the
/// transaction.
pub(crate) async fn by_name(
    tx: &mut Tx,
    at: &impl Tenanted,
    folded: &str,
) -> Result<Option<(ChannelId, Kind, bool)>> {
    let sql = Sql::each(
        "SELECT id, kind, archived_at FROM channel \
         WHERE org_id = ?1 AND (name_folded = ?2 OR private_name_folded = ?2) ORDER BY name_folded IS NULL LIMIT 1",
        "SELECT id, kind, archived_at FROM channel \
         WHERE org_id = ?1 AND (name_folded = ?2 OR private_name_folded = ?2) ORDER BY name_folded IS NULL LIMIT 1 \
         FOR NO KEY UPDATE",
    );
    tx.within(at)
        .optional(sql, params![folded], |row| {
            let archived = row.get::<Option<i64>>(2)?.is_some();
            Ok((row.get(0)?, Kind::from_stored(row.text(1)?)?, archived))
        })
        .await
}

/// Whether a member can find another channel of this name: a public one, or a private one that they are in.
pub(crate) async fn is_known_by(
    tx: &mut Tx,
    at: &impl Tenanted,
    folded: &str,
    member: Option<MemberId>,
    but: ChannelId,
) -> Result<bool> {
    let sql = "SELECT 1 FROM channel c WHERE c.org_id = ?1 AND c.name_folded = ?2 AND c.id <> ?4 \
               UNION ALL SELECT 1 FROM channel_member m \
               JOIN channel p ON p.org_id = m.org_id AND p.id = m.channel_id \
               WHERE m.org_id = ?1 AND m.member_id = ?3 AND p.private_name_folded = ?2 AND p.id <> ?4";
    Ok(tx.within(at).optional(sql, params![folded, member.map(|m| m.0), but], |_| Ok(())).await?.is_some())
}

/// A channel, in the forms by which it is found.
pub(crate) struct Found {
    pub(crate) id: ChannelId,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) folded: String,
}

/// All channels that have a name, the oldest first.
pub(crate) async fn named(tx: &mut Tx, at: &impl Tenanted) -> Result<Vec<Found>> {
    let sql = "SELECT id, kind, name, coalesce(name_folded, private_name_folded) FROM channel \
               WHERE org_id = ?1 AND kind <> 'direct' ORDER BY created_at, id";
    tx.within(at)
        .query(sql, &[], |row| {
            let folded = row.get::<Option<String>>(3)?.unwrap_or_default();
            Ok(Found { id: row.get(0)?, kind: Kind::from_stored(row.text(1)?)?, name: row.get(2)?, folded })
        })
        .await
}

/// A new direct conversation, if there is none between these people.
pub(crate) async fn insert_direct(
    tx: &mut Tx,
    at: &impl Tenanted,
    id: ChannelId,
    key: &str,
    people: &[MemberId],
    now: Timestamp,
) -> Result<()> {
    let people = serde_json::to_string(people).map_err(Error::internal)?;
    tx.within(at)
        .execute(
            "INSERT INTO channel (org_id, id, kind, name, direct_key, people, topic, created_at) \
             VALUES (?1, ?2, 'direct', '', ?3, ?4, '', ?5) ON CONFLICT (org_id, direct_key) DO NOTHING",
            params![id, key, &people, now],
        )
        .await
        .map(|_| ())
}

fn read_people(stored: Option<String>) -> Result<Vec<MemberId>> {
    stored.map_or_else(|| Ok(Vec::new()), |text| serde_json::from_str(&text).map_err(Error::internal))
}

/// Who a direct conversation is between.
pub(crate) async fn people(tx: &mut Tx, at: &impl Tenanted, id: ChannelId) -> Result<Vec<MemberId>> {
    let sql = "SELECT people FROM channel WHERE org_id = ?1 AND id = ?2";
    tx.within(at).one(sql, params![id], |row| read_people(row.get(0)?)).await
}

pub(crate) async fn name(tx: &mut Tx, at: &impl Tenanted, id: ChannelId) -> Result<String> {
    let sql = "SELECT name FROM channel WHERE org_id = ?1 AND id = ?2";
    tx.within(at).one(sql, params![id], |row| row.get(0)).await
}

/// Closes a private channel that nobody is in any more, and frees its name.
pub(crate) async fn close_if_deserted(
    tx: &mut Tx,
    at: &impl Tenanted,
    id: ChannelId,
    when: Timestamp,
) -> Result<()> {
    tx.within(at)
        .execute(
            "UPDATE channel SET archived_at = coalesce(archived_at, ?3), private_name_folded = NULL \
             WHERE channel.org_id = ?1 AND channel.id = ?2 AND kind = 'private' AND NOT EXISTS ( \
               SELECT 1 FROM channel_member s WHERE s.org_id = ?1 AND s.channel_id = ?2)",
            params![id, when],
        )
        .await
        .map(|_| ())
}

pub(crate) async fn direct_by_key(tx: &mut Tx, at: &impl Tenanted, key: &str) -> Result<ChannelId> {
    tx.within(at)
        .one("SELECT id FROM channel WHERE org_id = ?1 AND direct_key = ?2", params![key], |row| row.get(0))
        .await
}

/// Gives a channel another name, which no public one has.
pub(crate) async fn rename(
    tx: &mut Tx,
    at: &impl Tenanted,
    (id, kind): (ChannelId, Kind),
    name: &str,
    folded: &str,
) -> Result<()> {
    let (public, private) = by_kind(kind, folded);
    tx.within(at)
        .execute(
            "UPDATE channel SET name = ?3, name_folded = ?4, private_name_folded = ?5 WHERE org_id = ?1 AND id = ?2",
            params![id, name, public, private],
        )
        .await
        .map(|_| ())
}

pub(crate) async fn set_topic(tx: &mut Tx, at: &impl Tenanted, id: ChannelId, topic: &str) -> Result<()> {
    tx.within(at)
        .execute("UPDATE channel SET topic = ?3 WHERE org_id = ?1 AND id = ?2", params![id, topic])
        .await
        .map(|_| ())
}

pub(crate) async fn set_archived(
    tx: &mut Tx,
    at: &impl Tenanted,
    id: ChannelId,
    when: Option<Timestamp>,
) -> Result<()> {
    tx.within(at)
        .execute("UPDATE channel SET archived_at = ?3 WHERE org_id = ?1 AND id = ?2", params![id, when])
        .await
        .map(|_| ())
}

/// Adds an active member, who has then read all there is so far. False: they were in it, or are none.
pub(crate) async fn add_member(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    member: MemberId,
    now: Timestamp,
) -> Result<bool> {
    if !people::is_active(tx.within(at), member).await? {
        return Ok(false);
    }
    let rows = tx
        .within(at)
        .execute(
            "INSERT INTO channel_member (org_id, channel_id, member_id, joined_at, read_seq) \
             SELECT ?1, c.id, ?3, ?4, c.head FROM channel c WHERE c.org_id = ?1 AND c.id = ?2 \
             ON CONFLICT (org_id, channel_id, member_id) DO NOTHING",
            params![channel, member, now],
        )
        .await?;
    Ok(rows == 1)
}

pub(crate) async fn remove_member(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    member: MemberId,
) -> Result<bool> {
    let rows = tx
        .within(at)
        .execute(
            "DELETE FROM channel_member WHERE org_id = ?1 AND channel_id = ?2 AND member_id = ?3",
            params![channel, member],
        )
        .await?;
    Ok(rows == 1)
}

pub(crate) async fn members(tx: &mut Tx, at: &impl Tenanted, channel: ChannelId) -> Result<Vec<MemberId>> {
    tx.within(at)
        .query(
            "SELECT member_id FROM channel_member WHERE org_id = ?1 AND channel_id = ?2 ORDER BY joined_at, member_id",
            params![channel],
            |row| row.get(0),
        )
        .await
}

/// A channel that the end of a membership concerns.
pub(crate) struct Concerned {
    pub(crate) id: ChannelId,
    pub(crate) kind: Kind,
    pub(crate) head: i64,
}

/// Where a member has a seat, and the direct conversations with them in which nobody has said anything yet.
pub(crate) async fn concerned(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<Vec<Concerned>> {
    tx.within(at)
        .query(
            "SELECT c.id, c.kind, c.head FROM channel c WHERE c.org_id = ?1 AND (EXISTS ( \
               SELECT 1 FROM channel_member s WHERE s.org_id = ?1 AND s.channel_id = c.id AND s.member_id = ?2) \
             OR (c.kind = 'direct' AND c.head = 0 AND c.people LIKE ?3)) ORDER BY c.id",
            params![member, &format!("%{member}%")],
            |row| Ok(Concerned { id: row.get(0)?, kind: Kind::from_stored(row.text(1)?)?, head: row.get(2)? }),
        )
        .await
}

/// Takes a direct conversation away in which nothing was said.
pub(crate) async fn discard(tx: &mut Tx, at: &impl Tenanted, id: ChannelId) -> Result<()> {
    let seats = "DELETE FROM channel_member WHERE org_id = ?1 AND channel_id = ?2";
    tx.within(at).execute(seats, params![id]).await?;
    tx.within(at).execute("DELETE FROM channel WHERE org_id = ?1 AND id = ?2", params![id]).await.map(|_| ())
}

/// Lets the people of a direct conversation begin another one.
pub(crate) async fn free_key(tx: &mut Tx, at: &impl Tenanted, id: ChannelId) -> Result<()> {
    let sql = "UPDATE channel SET direct_key = NULL WHERE org_id = ?1 AND id = ?2";
    tx.within(at).execute(sql, params![id]).await.map(|_| ())
}

/// Takes away what mention badges are computed from; the messages stay.
pub(crate) async fn forget_mentions(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<()> {
    let sql = "DELETE FROM mention WHERE org_id = ?1 AND member_id = ?2";
    tx.within(at).execute(sql, params![member]).await.map(|_| ())
}

/// The statement of a summary for member `?2`, with its last condition.
macro_rules! summary_where {
    ($condition:literal) => {
        concat!(
            "SELECT c.id, c.kind, c.name, c.topic, c.archived_at, c.created_at, c.head, (SELECT h.epoch FROM history h), m.read_seq, m.read_revision, c.people, \
             (SELECT count(*) FROM channel_member n WHERE n.org_id = c.org_id AND n.channel_id = c.id), \
             (SELECT count(*) FROM (SELECT 1 FROM message x WHERE x.org_id = c.org_id AND x.channel_id = c.id \
                AND x.seq > m.read_seq AND x.author_id <> ?2 AND x.deleted_at IS NULL LIMIT 100) AS unread), \
             (SELECT count(*) FROM (SELECT 1 FROM mention y WHERE y.org_id = c.org_id AND y.channel_id = c.id \
                AND y.member_id = ?2 AND y.seq > m.read_seq LIMIT 100) AS mentions), \
             (SELECT count(*) FROM (SELECT 1 FROM message z WHERE z.org_id = c.org_id AND z.channel_id = c.id \
                AND z.mentions_all AND z.seq > m.read_seq AND z.author_id <> ?2 LIMIT 100) AS mentions_of_all), \
             (SELECT l.created_at FROM message l WHERE l.org_id = c.org_id AND l.channel_id = c.id \
                ORDER BY l.seq DESC LIMIT 1) \
             FROM channel c LEFT JOIN channel_member m \
               ON m.org_id = c.org_id AND m.channel_id = c.id AND m.member_id = ?2 \
             WHERE c.org_id = ?1 AND ",
            $condition
        )
    };
}

fn summary(row: &Row<'_>) -> Result<ChannelSummary> {
    let read_seq: Option<i64> = row.get(8)?;
    let (mentions, of_all): (i64, i64) = (row.get(13)?, row.get(14)?);
    let (kind, head, member_count) = (Kind::from_stored(row.text(1)?)?, row.get(6)?, row.get(11)?);
    Ok(ChannelSummary {
        channel: Channel {
            id: row.get(0)?,
            kind,
            name: row.get(2)?,
            topic: row.get(3)?,
            archived: row.get::<Option<i64>>(4)?.is_some(),
            created_at: row.get(5)?,
            head,
            epoch: row.get(7)?,
            members: read_people(row.get(10)?)?,
            member_count,
            deserted: kind == Kind::Direct && head > 0 && member_count < 2,
        },
        joined: read_seq.is_some(),
        read_seq: read_seq.unwrap_or(0),
        read_revision: row.get::<Option<i64>>(9)?.unwrap_or(0),
        unread: row.get(12)?,
        mentions: (mentions + of_all).min(100),
        last_message_at: row.get(15)?,
    })
}

/// The channels a member is in, and the public ones they could join.
pub(crate) async fn summaries(
    tx: &mut Tx,
    at: &impl Tenanted,
    member: MemberId,
) -> Result<Vec<ChannelSummary>> {
    tx.within(at)
        .query(
            summary_where!(
                "(m.member_id IS NOT NULL OR (c.kind = 'public' AND c.archived_at IS NULL)) ORDER BY c.id"
            ),
            params![member],
            summary,
        )
        .await
}

/// One channel, as it looks to a member now.
pub(crate) async fn one(
    tx: &mut Tx,
    at: &impl Tenanted,
    id: ChannelId,
    member: Option<MemberId>,
) -> Result<ChannelSummary> {
    let member = member.map_or(uuid::Uuid::nil(), |m| m.0);
    let found = tx.within(at).optional(summary_where!("c.id = ?3"), params![member, id], summary).await?;
    found.ok_or_else(Error::not_found)
}

/// How much is unread for a member, over their conversations that are not archived.
pub(crate) async fn unread_totals(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<UnreadTotals> {
    let waiting = tx
        .within(at)
        .query(
            summary_where!("m.member_id IS NOT NULL AND c.archived_at IS NULL AND c.head > m.read_seq"),
            params![member],
            summary,
        )
        .await?;
    let calls = waiting.iter().map(|c| if c.channel.kind == Kind::Direct { c.unread } else { c.mentions });
    Ok(UnreadTotals {
        calls: calls.sum::<i64>().min(100),
        conversations: waiting.iter().map(|c| i64::from(c.unread > 0)).sum(),
    })
}

/// Moves a read position forwards. What is no further on, or was said of a position that has been set back since
/// (`revision` is older), changes nothing. True: it has moved.
pub(crate) async fn read_on(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    member: MemberId,
    seq: i64,
    revision: i64,
) -> Result<bool> {
    let rows = tx
        .within(at)
        .execute(
            "UPDATE channel_member SET read_seq = ?4 \
             WHERE org_id = ?1 AND channel_id = ?2 AND member_id = ?3 AND read_seq < ?4 AND read_revision <= ?5",
            params![channel, member, seq, revision],
        )
        .await?;
    Ok(rows == 1)
}

/// Sets a read position, wherever it was. False: they are not in the channel.
pub(crate) async fn set_read(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    member: MemberId,
    seq: i64,
) -> Result<bool> {
    let rows = tx
        .within(at)
        .execute(
            "UPDATE channel_member SET read_seq = ?4, read_revision = read_revision + 1 \
             WHERE org_id = ?1 AND channel_id = ?2 AND member_id = ?3",
            params![channel, member, seq],
        )
        .await?;
    Ok(rows == 1)
}
