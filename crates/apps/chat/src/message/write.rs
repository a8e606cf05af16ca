//! Writes a message into a channel: the one way, for people who post and for talk that is brought in.

use crate::{ChannelId, MessageId};
use ::store::{Tenanted, Tx};
use kernel::{Cx, Error, MemberId, Result, Timestamp};
use uuid::Uuid;

use super::{Message, grammar, store};
use crate::channel;
use crate::event::{Change, Posted};

/// What is to be written.
pub(crate) struct Draft {
    pub(crate) channel: ChannelId,
    pub(crate) author: MemberId,
    pub(crate) client_id: Uuid,
    pub(crate) body: String,
    pub(crate) when: Timestamp,
}

/// What has become of it.
pub(crate) enum Written {
    /// It stands in the channel, with this number.
    New(Message),
    /// The author has sent something under this `client_id` before: nothing was written. This is what was sent now.
    Known(Message),
}

/// Takes the channel's next number, finds who is mentioned, writes and publishes.
pub(crate) async fn write(cx: &Cx, tx: &mut Tx, at: &impl Tenanted, draft: Draft) -> Result<Written> {
    let Draft { channel, author, client_id, body, when } = draft;
    let called = grammar::called(&body);
    let (mentions, handles) = store::called(tx, at, called.handles, None).await?;
    let seq = channel::log::advance(tx, at, channel).await?;
    let message = Message {
        id: MessageId::new(cx),
        channel,
        seq,
        revision: seq,
        author,
        client_id,
        body,
        created_at: when,
        edited_at: None,
        deleted_at: None,
        mentions,
        handles,
        mentions_all: called.all,
        reactions: Vec::new(),
    };
    if !store::insert(tx, at, &message).await? {
        channel::log::retreat(tx, at, channel).await?;
        return Ok(Written::Known(message));
    }
    store::insert_mentions(tx, at, &message).await?;
    let change = Change::Posted(Posted { message });
    channel::log::publish(tx, at, channel, seq, &change)?;
    let Change::Posted(Posted { message }) = change else { return Err(Error::internal("a change changed")) };
    Ok(Written::New(message))
}
