//! Edit one's own message. What it said before is kept.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use schemars::JsonSchema;
use serde::Deserialize;

use super::Message;
use super::{Body, MessageTarget, grammar, store};
use crate::channel;
use crate::event::{Change, Edited};

/// What it is to say.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBody {
    body: Body,
}

/// See the module.
pub(crate) struct Edit;

impl Operation for Edit {
    const ID: &'static str = "chat.message.edit";
    const SUMMARY: &'static str = "Edits one's own message; earlier versions are kept.";
    const ROUTE: Route = Route::patch("/orgs/{org}/channels/{channel}/messages/{message}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Silent("every version is kept beside the message");
    const DATA_CLASS: DataClass = DataClass::Content;
    type Target = MessageTarget;
    type Input = NewBody;
    type Output = Message;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, new: NewBody) -> Result<Message> {
        at.channel.require_open()?;
        at.require_there()?;
        let mut message = store::one(tx, at, at.channel.id, at.seq).await?;
        if message.body == new.body.as_str() {
            return Ok(message);
        }
        let seq = channel::log::advance(tx, at, at.channel.id).await?;
        store::keep_revision(tx, at, &message, seq, message.edited_at.unwrap_or(message.created_at)).await?;
        let called = grammar::called(new.body.as_str());
        (message.mentions, message.handles) = store::called(tx, at, called.handles, Some(&message)).await?;
        message.mentions_all = called.all;
        message.body = new.body.as_str().to_owned();
        message.edited_at = Some(cx.now());
        message.revision = seq;
        store::update_body(tx, at, &message).await?;
        store::insert_mentions(tx, at, &message).await?;
        let change = Change::Edited(Edited { message: message.clone() });
        channel::log::append(tx, at, at.channel.id, seq, cx.now(), Some(message.id), &change).await?;
        Ok(message)
    }
}
