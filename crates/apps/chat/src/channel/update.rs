//! Rename a channel, or change its topic.

use crate::ChannelId;
use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use ::store::Tenanted;
use kernel::text::fold;
use kernel::{MemberId, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::create::taken;
use super::{Channel, ChannelTarget, Name, Topic, log, store};
use crate::event::{Change, ChannelUpdated};

/// What is to change.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelChange {
    name: Option<Name>,
    topic: Option<Topic>,
}

/// Writes what a channel has become into its log.
pub(super) async fn tell(cx: &Cx, tx: &mut Tx, at: &impl Tenanted, id: ChannelId) -> Result<Channel> {
    tell_at(tx, at, id, cx.principal.member(), cx.now()).await
}

/// The same, at a given time.
pub(crate) async fn tell_at(
    tx: &mut Tx,
    at: &impl Tenanted,
    id: ChannelId,
    member: Option<MemberId>,
    when: Timestamp,
) -> Result<Channel> {
    let seq = log::advance(tx, at, id).await?;
    let channel = store::one(tx, at, id, member).await?.channel;
    log::append(
        tx,
        at,
        id,
        seq,
        when,
        None,
        &Change::ChannelUpdated(ChannelUpdated { channel: channel.clone() }),
    )
    .await?;
    log::channels_changed(tx, at, None)?;
    Ok(channel)
}

/// See the module.
pub(crate) struct Update;

impl Operation for Update {
    const ID: &'static str = "chat.channel.update";
    const SUMMARY: &'static str = "Renames a channel or changes its topic.";
    const ROUTE: Route = Route::patch("/orgs/{org}/channels/{channel}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = ChannelTarget;
    type Input = ChannelChange;
    type Output = Channel;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, change: ChannelChange) -> Result<Channel> {
        at.require_channel()?;
        at.require_open()?;
        if let Some(name) = &change.name {
            let folded = fold(name.as_str());
            if store::is_known_by(tx, at, &folded, cx.principal.member(), at.id).await? {
                return Err(taken());
            }
            store::rename(tx, at, (at.id, at.kind), name.as_str(), &folded).await?;
        }
        if let Some(topic) = &change.topic {
            store::set_topic(tx, at, at.id, topic.as_str()).await?;
        }
        tell(cx, tx, at, at.id).await
    }
}
