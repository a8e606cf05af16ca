//! Put a reaction on a message, or take it away.

use ::store::Tx;
use access::{Audit, DataClass, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use kernel::Error;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Change, Emoji, Message, MessageTarget, Reacted, store};
use crate::channel;

/// Different emoji on one message at most.
const MOST: i64 = 20;

/// Which, and whether it is to be there.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reacting {
    emoji: Emoji,
    on: bool,
}

/// See the module.
pub(crate) struct React;

impl Operation for React {
    const ID: &'static str = "chat.message.react";
    const SUMMARY: &'static str = "Puts a reaction on a message or takes it away.";
    const ROUTE: Route = Route::put("/orgs/{org}/channels/{channel}/messages/{message}/reactions");
    const PERMISSION: Permission = Permission::Policy;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reactions are shown with who made them");
    const DATA_CLASS: DataClass = DataClass::Content;
    type Target = MessageTarget;
    type Input = Reacting;
    type Output = Message;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, wish: Reacting) -> Result<Message> {
        at.channel.require_open()?;
        at.require_there()?;
        let member = cx.actor.member().ok_or_else(Error::not_found)?;
        let emoji = wish.emoji.as_str();
        if wish.on && store::kinds_of_reaction(tx, at, at.channel.id, at.seq, emoji).await? >= MOST {
            return Err(Error::conflict("This message has as many different reactions as it can take."));
        }
        if store::set_reaction(tx, at, (at.channel.id, at.seq), member, emoji, wish.on, cx.now()).await? {
            let seq = channel::store::advance(tx, at, at.channel.id).await?;
            let change = Change::Reacted(Reacted { id: at.id, member, emoji: emoji.to_owned(), on: wish.on });
            channel::store::log(tx, at, at.channel.id, seq, cx.now(), Some(at.id), &change).await?;
        }
        store::one(tx, at, at.channel.id, at.seq).await
    }
}
