//! Every statement about messages, their versions, mentions and reactions.

use std::collections::BTreeSet;

use crate::{ChannelId, MessageId};
use ::store::{Row, Tenanted, Tx, params};
use access::Loader;
use kernel::{Error, MemberId, Result, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::emoji::{self, Emoji};
use super::revisions::Revision;
use super::{Message, MessageTarget, Reaction};
use crate::channel::{self, ChannelTarget};
use crate::event::{Change, ChannelEvent, ChannelUpdated, Deleted, Edited, Name, Posted, Reacted};

/// The columns that [`message`] reads, before whatever condition a statement has.
macro_rules! messages_where {
    ($condition:literal) => {
        concat!(
            "SELECT seq, id, author_id, client_id, body, mentions, mentions_all, created_at, edited_at, deleted_at, revision, handles \
             FROM message WHERE org_id = ?1 AND ",
            $condition
        )
    };
}

fn message(row: &Row<'_>, channel: ChannelId) -> Result<Message> {
    let (mentions, handles): (Option<String>, Option<String>) = (row.get(5)?, row.get(11)?);
    Ok(Message {
        id: row.get(1)?,
        channel,
        seq: row.get(0)?,
        // A message that an older Holdfast wrote beside this one has none yet.
        revision: row.get::<i64>(10)?.max(row.get(0)?),
        author: row.get(2)?,
        client_id: row.get(3)?,
        body: row.get(4)?,
        created_at: row.get(7)?,
        edited_at: row.get(8)?,
        deleted_at: row.get(9)?,
        mentions: listed(mentions)?,
        handles: listed(handles)?,
        mentions_all: row.get(6)?,
        reactions: Vec::new(),
    })
}

/// A list that is kept as JSON, NULL for none.
fn listed<T: DeserializeOwned>(text: Option<String>) -> Result<Vec<T>> {
    text.map_or_else(|| Ok(Vec::new()), |text| serde_json::from_str(&text)).map_err(Error::internal)
}

fn as_list<T: Serialize>(list: &[T]) -> Result<Option<String>> {
    let some = Some(list).filter(|list| !list.is_empty());
    some.map(serde_json::to_string).transpose().map_err(Error::internal)
}

pub(super) async fn load(
    loader: &mut Loader<'_>,
    channel: ChannelTarget,
    id: MessageId,
) -> Result<Option<MessageTarget>> {
    let found = loader
        .within(channel.org)
        .optional(
            "SELECT seq, author_id, deleted_at FROM message WHERE org_id = ?1 AND id = ?2 AND channel_id = ?3",
            params![id, channel.id],
            |row| Ok((row.get::<i64>(0)?, row.get::<MemberId>(1)?, row.get::<Option<i64>>(2)?.is_some())),
        )
        .await?;
    Ok(found.map(|(seq, author, deleted)| MessageTarget { channel, id, seq, author, deleted }))
}

/// False: the author has sent this `client_id` before.
pub(super) async fn insert(tx: &mut Tx, at: &impl Tenanted, new: &Message) -> Result<bool> {
    let (mentions, handles) = (as_list(&new.mentions)?, as_list(&new.handles)?);
    let rows = tx
        .within(at)
        .execute(
            "INSERT INTO message (org_id, channel_id, seq, id, author_id, client_id, body, mentions, mentions_all, created_at, revision, handles) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?3, ?11) ON CONFLICT (org_id, author_id, client_id) DO NOTHING",
            params![
                new.channel,
                new.seq,
                new.id,
                new.author,
                new.client_id,
                &new.body,
                mentions.as_deref(),
                new.mentions_all,
                new.created_at,
                handles.as_deref()
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// Replaces the rows from which mention badges are computed.
pub(super) async fn insert_mentions(tx: &mut Tx, at: &impl Tenanted, message: &Message) -> Result<()> {
    if message.edited_at.is_some() {
        delete_mentions(tx, at, message.channel, message.seq).await?;
    }
    // What is for everybody is counted as that, so that one message is one call. One's own name is no news.
    let called = message.mentions.iter().filter(|m| **m != message.author && !message.mentions_all);
    // After an edit, two handles may be one person's.
    for member in called.collect::<BTreeSet<_>>() {
        tx.within(at)
            .execute(
                "INSERT INTO mention (org_id, channel_id, member_id, seq) VALUES (?1, ?2, ?3, ?4)",
                params![message.channel, *member, message.seq],
            )
            .await?;
    }
    Ok(())
}

async fn delete_mentions(tx: &mut Tx, at: &impl Tenanted, channel: ChannelId, seq: i64) -> Result<()> {
    tx.within(at)
        .execute(
            "DELETE FROM mention WHERE org_id = ?1 AND channel_id = ?2 AND seq = ?3",
            params![channel, seq],
        )
        .await
        .map(|_| ())
}

/// Who is called by these handles, and by which: active members, and who was called so before the message was edited. An
/// unknown handle is plain text.
pub(super) async fn called(
    tx: &mut Tx,
    at: &impl Tenanted,
    handles: Vec<String>,
    before: Option<&Message>,
) -> Result<(Vec<MemberId>, Vec<String>)> {
    let (mut members, mut theirs) = (Vec::new(), Vec::new());
    for handle in handles {
        let known =
            before.and_then(|m| m.mentions.get(m.handles.iter().position(|h| *h == handle)?)).copied();
        let found = match known {
            Some(member) => Some(member),
            None => identity::people::by_handle(tx, at, &handle).await?,
        };
        if let Some(member) = found {
            members.push(member);
            theirs.push(handle);
        }
    }
    Ok((members, theirs))
}

/// What an author's client called by this name, wherever it was posted.
pub(crate) async fn by_client_id(
    tx: &mut Tx,
    at: &impl Tenanted,
    author: MemberId,
    client_id: Uuid,
) -> Result<Option<Message>> {
    let place = tx
        .within(at)
        .optional(
            "SELECT channel_id, seq FROM message WHERE org_id = ?1 AND author_id = ?2 AND client_id = ?3",
            params![author, client_id],
            |row| Ok((row.get::<ChannelId>(0)?, row.get::<i64>(1)?)),
        )
        .await?;
    match place {
        Some((channel, seq)) => one(tx, at, channel, seq).await.map(Some),
        None => Ok(None),
    }
}

/// What a message said when it was posted, if it has been edited since.
pub(super) async fn first_body(tx: &mut Tx, at: &impl Tenanted, id: MessageId) -> Result<Option<String>> {
    tx.within(at)
        .optional(
            "SELECT body FROM message_revision WHERE org_id = ?1 AND message_id = ?2 ORDER BY seq LIMIT 1",
            params![id],
            |row| row.get(0),
        )
        .await
}

pub(super) async fn one(tx: &mut Tx, at: &impl Tenanted, channel: ChannelId, seq: i64) -> Result<Message> {
    let sql = messages_where!("channel_id = ?2 AND seq = ?3");
    let found = tx.within(at).one(sql, params![channel, seq], |row| message(row, channel)).await?;
    let mut one = [found];
    add_reactions(tx, at, channel, &mut one).await?;
    let [found] = one;
    Ok(found)
}

/// The last `limit` before a number, in order, and whether there are more before them.
pub(super) async fn page_before(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    before: i64,
    limit: i64,
) -> Result<(Vec<Message>, bool)> {
    let sql = messages_where!("channel_id = ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4");
    let (mut items, more) = page(tx, at, channel, sql, before, limit).await?;
    items.reverse();
    add_reactions(tx, at, channel, &mut items).await?;
    Ok((items, more))
}

/// The first `limit` after a number, in order, and whether there are more after them.
pub(super) async fn page_after(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    after: i64,
    limit: i64,
) -> Result<(Vec<Message>, bool)> {
    let sql = messages_where!("channel_id = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4");
    let (mut items, more) = page(tx, at, channel, sql, after, limit).await?;
    add_reactions(tx, at, channel, &mut items).await?;
    Ok((items, more))
}

/// The number from which on messages are not older than a time. Found by halving, because the key of messages is their
/// number: a few reads by key, where a search by time would read the whole channel or need an index that every post pays.
pub(super) async fn first_since(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    head: i64,
    time: Timestamp,
) -> Result<i64> {
    let (mut low, mut high) = (1, head.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let next = tx
            .within(at)
            .optional(
                "SELECT seq, created_at FROM message WHERE org_id = ?1 AND channel_id = ?2 AND seq >= ?3 \
                 ORDER BY seq LIMIT 1",
                params![channel, middle],
                |row| Ok((row.get::<i64>(0)?, row.get::<Timestamp>(1)?)),
            )
            .await?;
        match next {
            Some((seq, created)) if created < time => low = seq + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

async fn page(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    sql: &'static str,
    from: i64,
    limit: i64,
) -> Result<(Vec<Message>, bool)> {
    let mut items =
        tx.within(at).query(sql, params![channel, from, limit + 1], |row| message(row, channel)).await?;
    let more = items.len() as i64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(0));
    Ok((items, more))
}

/// Reactions for messages that are in order.
async fn add_reactions(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    messages: &mut [Message],
) -> Result<()> {
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return Ok(()) };
    let (first, last) = (first.seq, last.seq);
    let rows = tx
        .within(at)
        .query(
            "SELECT seq, emoji, member_id FROM reaction WHERE org_id = ?1 AND channel_id = ?2 AND seq >= ?3 AND seq <= ?4 \
             ORDER BY seq, at, member_id, emoji",
            params![channel, first, last],
            |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<MemberId>(2)?)),
        )
        .await?;
    for (seq, emoji, member) in rows {
        // What an earlier Holdfast took for one and Unicode does not is not shown.
        let Some(emoji) = Emoji::new(&emoji).map(Emoji::as_str) else { continue };
        let Ok(index) = messages.binary_search_by_key(&seq, |m| m.seq) else { continue };
        let reactions = &mut messages[index].reactions;
        match reactions.iter_mut().find(|r| r.emoji == emoji) {
            Some(reaction) => reaction.members.push(member),
            None => reactions.push(Reaction { emoji: emoji.to_owned(), members: vec![member] }),
        }
    }
    Ok(())
}

pub(super) async fn keep_revision(
    tx: &mut Tx,
    at: &impl Tenanted,
    message: &Message,
    seq: i64,
    since: Timestamp,
) -> Result<()> {
    tx.within(at)
        .execute(
            "INSERT INTO message_revision (org_id, message_id, seq, at, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![message.id, seq, since, &message.body],
        )
        .await
        .map(|_| ())
}

pub(super) async fn update_body(tx: &mut Tx, at: &impl Tenanted, message: &Message) -> Result<()> {
    let (mentions, handles) = (as_list(&message.mentions)?, as_list(&message.handles)?);
    tx.within(at)
        .execute(
            "UPDATE message SET body = ?4, mentions = ?5, mentions_all = ?6, edited_at = ?7, revision = ?8, handles = ?9 \
             WHERE org_id = ?1 AND channel_id = ?2 AND seq = ?3",
            params![
                message.channel,
                message.seq,
                &message.body,
                mentions.as_deref(),
                message.mentions_all,
                message.edited_at,
                message.revision,
                handles.as_deref()
            ],
        )
        .await
        .map(|_| ())
}

pub(super) async fn revisions(tx: &mut Tx, at: &impl Tenanted, id: MessageId) -> Result<Vec<Revision>> {
    tx.within(at)
        .query(
            "SELECT body, at FROM message_revision WHERE org_id = ?1 AND message_id = ?2 ORDER BY seq",
            params![id],
            |row| Ok(Revision { body: row.get(0)?, at: row.get(1)? }),
        )
        .await
}

/// Empties a message and takes away all that hung on it.
pub(super) async fn wipe(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    seq: i64,
    id: MessageId,
    (revision, now): (i64, Timestamp),
) -> Result<()> {
    delete_mentions(tx, at, channel, seq).await?;
    tx.within(at)
        .execute(
            "DELETE FROM reaction WHERE org_id = ?1 AND channel_id = ?2 AND seq = ?3",
            params![channel, seq],
        )
        .await?;
    tx.within(at)
        .execute("DELETE FROM message_revision WHERE org_id = ?1 AND message_id = ?2", params![id])
        .await?;
    tx.within(at)
        .execute(
            "UPDATE message SET body = '', mentions = NULL, handles = NULL, mentions_all = FALSE, deleted_at = ?4, revision = ?5 \
             WHERE org_id = ?1 AND channel_id = ?2 AND seq = ?3",
            params![channel, seq, now, revision],
        )
        .await
        .map(|_| ())
}

/// How many different emoji, other than this one, a message has.
pub(super) async fn kinds_of_reaction(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    seq: i64,
    emoji: &str,
) -> Result<i64> {
    tx.within(at)
        .one(
            "SELECT count(DISTINCT emoji) FROM reaction WHERE org_id = ?1 AND channel_id = ?2 AND seq = ?3 AND emoji <> ?4",
            params![channel, seq, &emoji::key(emoji)],
            |row| row.get(0),
        )
        .await
}

/// False: it was so already.
pub(super) async fn set_reaction(
    tx: &mut Tx,
    at: &impl Tenanted,
    (channel, seq): (ChannelId, i64),
    member: MemberId,
    emoji: &str,
    on: bool,
    now: Timestamp,
) -> Result<bool> {
    let rows = if on {
        tx.within(at)
            .execute(
                "INSERT INTO reaction (org_id, channel_id, seq, emoji, member_id, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT (org_id, channel_id, seq, emoji, member_id) DO NOTHING",
                params![channel, seq, &emoji::key(emoji), member, now],
            )
            .await?
    } else {
        tx.within(at)
            .execute(
                "DELETE FROM reaction WHERE org_id = ?1 AND channel_id = ?2 AND seq = ?3 AND emoji = ?4 AND member_id = ?5",
                params![channel, seq, &emoji::key(emoji), member],
            )
            .await?
    };
    Ok(rows == 1)
}

/// Notes that a message has changed under this number.
pub(super) async fn set_revision(
    tx: &mut Tx,
    at: &impl Tenanted,
    (channel, seq): (ChannelId, i64),
    revision: i64,
) -> Result<()> {
    tx.within(at)
        .execute(
            "UPDATE message SET revision = ?4 WHERE org_id = ?1 AND channel_id = ?2 AND seq = ?3",
            params![channel, seq, revision],
        )
        .await
        .map(|_| ())
}

/// Whether there is a message with this number or a higher one.
pub(super) async fn any_from(tx: &mut Tx, at: &impl Tenanted, channel: ChannelId, seq: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM message WHERE org_id = ?1 AND channel_id = ?2 AND seq >= ?3 LIMIT 1";
    Ok(tx.within(at).optional(sql, params![channel, seq], |_| Ok(())).await?.is_some())
}

/// Whether there is a message with this number or a lower one.
pub(super) async fn any_up_to(tx: &mut Tx, at: &impl Tenanted, channel: ChannelId, seq: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM message WHERE org_id = ?1 AND channel_id = ?2 AND seq <= ?3 LIMIT 1";
    Ok(tx.within(at).optional(sql, params![channel, seq], |_| Ok(())).await?.is_some())
}

/// The channel's log after a number: postings from the messages themselves, all else from the events, by number. Messages
/// are told as they are now; what came later repeats it and changes nothing.
pub(crate) async fn log_after(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    after: i64,
    member: Option<MemberId>,
) -> Result<Vec<ChannelEvent>> {
    let (posted, _) = page_after(tx, at, channel, after, i64::from(u16::MAX)).await?;
    let mut events: Vec<ChannelEvent> = posted
        .into_iter()
        .map(|message| ChannelEvent { seq: message.seq, change: Change::Posted(Posted { message }) })
        .collect();
    for row in channel::log::logged_after(tx, at, channel, after).await? {
        let seq = row.seq;
        let change = retell(tx, at, channel, member, row).await?;
        events.push(ChannelEvent { seq, change });
    }
    events.sort_unstable_by_key(|event| event.seq);
    Ok(events)
}

async fn retell(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    member: Option<MemberId>,
    row: channel::log::Logged,
) -> Result<Change> {
    let broken = || Error::internal(format_args!("log entry {} of {channel}: {}", row.seq, row.kind));
    let data = || row.data.as_deref().ok_or_else(broken);
    // Every name has its arm: one that is forgotten would make the log unreadable from there on.
    Ok(match Name::from_stored(&row.kind).ok_or_else(broken)? {
        // Postings are the messages themselves.
        Name::Posted => return Err(broken()),
        Name::Edited => {
            let message = by_id(tx, at, channel, row.message.ok_or_else(broken)?).await?;
            Change::Edited(Edited { message })
        }
        Name::Deleted => {
            let message = by_id(tx, at, channel, row.message.ok_or_else(broken)?).await?;
            Change::Deleted(Deleted { id: message.id, deleted_at: message.deleted_at.ok_or_else(broken)? })
        }
        Name::Reacted => {
            let mut reacted: Reacted = of(data()?)?;
            if let Some(emoji) = Emoji::new(&reacted.emoji) {
                reacted.emoji = emoji.as_str().to_owned();
            }
            Change::Reacted(reacted)
        }
        Name::ChannelUpdated => {
            let channel = channel::store::one(tx, at, channel, member).await?.channel;
            Change::ChannelUpdated(ChannelUpdated { channel })
        }
        Name::Joined => Change::Joined(of(data()?)?),
        Name::Left => Change::Left(of(data()?)?),
    })
}

/// What an entry kept of its data.
fn of<T: serde::de::DeserializeOwned>(data: &str) -> Result<T> {
    serde_json::from_str(data).map_err(Error::internal)
}

async fn by_id(tx: &mut Tx, at: &impl Tenanted, channel: ChannelId, id: MessageId) -> Result<Message> {
    let seq = tx
        .within(at)
        .one("SELECT seq FROM message WHERE org_id = ?1 AND id = ?2", params![id], |row| row.get(0))
        .await?;
    one(tx, at, channel, seq).await
}
