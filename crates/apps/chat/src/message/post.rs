//! Post a message. Members of the channel only; a replay of the same send returns the first.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use kernel::Error;
use schemars::JsonSchema;
use serde::Deserialize;

use super::write::{Draft, Written, write};
use super::{Body, ClientId, Message, store};
use crate::channel::{self, ChannelTarget, Kind};
use crate::direct;
use crate::event::{Change, Posted};

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
    // Whoever has to ask again may not be the only one who was not told.
    let posted = Change::Posted(Posted { message: first.clone() });
    channel::log::publish(tx, at, at.id, first.seq, &posted)?;
    Ok(first)
}

/// See the module.
pub(crate) struct Post;

impl Operation for Post {
    const ID: &'static str = "chat.message.post";
    const SUMMARY: &'static str = "Posts a message; the same clientId again returns the first one.";
    const ROUTE: Route = Route::post("/orgs/{org}/channels/{channel}/messages");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Silent("the message is its own record");
    const DATA_CLASS: DataClass = DataClass::Content;
    type Target = ChannelTarget;
    type Input = NewMessage;
    type Output = Message;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, new: NewMessage) -> Result<Message> {
        at.require_open()?;
        let author = cx.principal.member().ok_or_else(Error::not_found)?;
        if at.kind == Kind::Direct {
            direct::before_post(tx, at, at, author, cx.now()).await?;
        }
        let draft = Draft {
            channel: at.id,
            author,
            client_id: new.client_id.0,
            body: new.body.as_str().to_owned(),
            when: cx.now(),
        };
        match write(cx, tx, at, draft).await? {
            Written::New(message) => Ok(message),
            Written::Known(message) => replay(tx, at, &message).await,
        }
    }
}
