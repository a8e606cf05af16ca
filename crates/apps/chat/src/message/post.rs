//! Post a message. Members of the channel only; a replay of the same send returns the first.

use ::store::Tx;
use access::{Audit, DataClass, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use kernel::{Error, MessageId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Body, Change, ClientId, Message, mention, store};
use crate::channel::{self, ChannelTarget};

/// What to say.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMessage {
    /// Made by the client once per message, the same in every try to send it.
    client_id: ClientId,
    body: Body,
}

/// The same send once more: the first message, if it was the same.
async fn replay(tx: &mut Tx, at: &Proof<Post>, again: &Message) -> Result<Message> {
    let first =
        store::by_client_id(tx, at, again.author, again.client_id).await?.ok_or_else(Error::not_found)?;
    let said = match first.edited_at {
        Some(_) => store::first_body(tx, at, first.id).await?,
        None => Some(first.body.clone()),
    };
    let same = first.deleted_at.is_some() || said.is_some_and(|body| body == again.body);
    if first.channel != again.channel || !same {
        return Err(Error::conflict("This clientId was used for another message.")
            .hint("make a new clientId for each message"));
    }
    Ok(first)
}

/// See the module.
pub(crate) struct Post;

impl Operation for Post {
    const ID: &'static str = "chat.message.post";
    const SUMMARY: &'static str = "Posts a message; the same clientId again returns the first one.";
    const ROUTE: Route = Route::post("/orgs/{org}/channels/{channel}/messages");
    const PERMISSION: Permission = Permission::Policy;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Silent("the message is its own record");
    const DATA_CLASS: DataClass = DataClass::Content;
    type Target = ChannelTarget;
    type Input = NewMessage;
    type Output = Message;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, new: NewMessage) -> Result<Message> {
        at.require_open()?;
        let author = cx.actor.member().ok_or_else(Error::not_found)?;
        let body = new.body.as_str();
        let wanted = mention::parse(body);
        let mentions = store::members_by_handle(tx, at, &wanted.handles).await?;
        let seq = channel::store::advance(tx, at, at.id).await?;
        let message = Message {
            id: MessageId::new(cx),
            channel: at.id,
            seq,
            author,
            client_id: new.client_id.0,
            body: body.to_owned(),
            created_at: cx.now(),
            edited_at: None,
            deleted_at: None,
            mentions,
            mentions_all: wanted.all,
            reactions: Vec::new(),
        };
        if !store::insert(tx, at, &message).await? {
            channel::store::retreat(tx, at, at.id).await?;
            return replay(tx, at, &message).await;
        }
        store::insert_mentions(tx, at, &message).await?;
        let change = Change::Posted { message };
        channel::store::publish(tx, at, at.id, seq, &change)?;
        let Change::Posted { message } = change else { return Err(Error::internal("a change changed")) };
        Ok(message)
    }
}
