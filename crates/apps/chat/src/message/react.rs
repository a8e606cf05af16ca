//! Put a reaction on a message, or take it away.

use crate::ChannelId;
use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use ::store::Tenanted;
use kernel::{Error, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Emoji, Message, MessageTarget, store};
use crate::channel;
use crate::event::{Change, Reacted};

/// Different emoji on one message at most.
const MOST: i64 = 20;

/// Which, and whether it is to be there.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reacting {
    emoji: Emoji,
    on: bool,
}

/// Writes a reaction that came or went, and says so in the channel's log. Nothing happens if it is so already.
pub(crate) async fn set(
    tx: &mut Tx,
    at: &impl Tenanted,
    place: (ChannelId, i64),
    reacted: Reacted,
    when: Timestamp,
) -> Result<()> {
    let Reacted { id, member, on, .. } = reacted;
    if store::set_reaction(tx, at, place, member, &reacted.emoji, on, when).await? {
        let seq = channel::log::advance(tx, at, place.0).await?;
        store::set_revision(tx, at, place, seq).await?;
        channel::log::append(tx, at, place.0, seq, when, Some(id), &Change::Reacted(reacted)).await?;
    }
    Ok(())
}

/// See the module.
pub(crate) struct React;

impl Operation for React {
    const ID: &'static str = "chat.message.react";
    const SUMMARY: &'static str = "Puts a reaction on a message or takes it away.";
    const ROUTE: Route = Route::put("/orgs/{org}/channels/{channel}/messages/{message}/reactions");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reactions are shown with who made them");
    const DATA_CLASS: DataClass = DataClass::Content;
    type Target = MessageTarget;
    type Input = Reacting;
    type Output = Message;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, wish: Reacting) -> Result<Message> {
        at.channel.require_open()?;
        at.require_there()?;
        let member = cx.principal.member().ok_or_else(Error::not_found)?;
        let emoji = wish.emoji.as_str();
        if wish.on && store::kinds_of_reaction(tx, at, at.channel.id, at.seq, emoji).await? >= MOST {
            return Err(Error::conflict("This message has as many different reactions as it can take."));
        }
        let reacted = Reacted { id: at.id, member, emoji: emoji.to_owned(), on: wish.on };
        set(tx, at, (at.channel.id, at.seq), reacted, cx.now()).await?;
        store::one(tx, at, at.channel.id, at.seq).await
    }
}
