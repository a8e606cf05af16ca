//! Join a public channel.

use crate::ChannelId;
use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use ::store::Tenanted;
use access::Empty;
use kernel::{Error, MemberId, Timestamp};

use super::{Channel, ChannelTarget, again, log, store};
use crate::event::{Change, Joined};

/// Puts somebody into a channel, and says so in its log. Nothing happens if they are in it.
pub(crate) async fn put_in(
    cx: &Cx,
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    member: MemberId,
) -> Result<()> {
    put_in_at(tx, at, channel, member, cx.now()).await.map(|_| ())
}

/// The same, at a given time. False: they were in it.
pub(crate) async fn put_in_at(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    member: MemberId,
    when: Timestamp,
) -> Result<bool> {
    if !store::add_member(tx, at, channel, member, when).await? {
        return Ok(false);
    }
    let seq = log::advance(tx, at, channel).await?;
    log::append(tx, at, channel, seq, when, None, &Change::Joined(Joined { member })).await?;
    // Their own arrival is not news to them.
    store::read_on(tx, at, channel, member, seq, i64::MAX).await?;
    log::channels_changed(tx, at, Some(member))?;
    Ok(true)
}

/// See the module.
pub(crate) struct Join;

impl Operation for Join {
    const ID: &'static str = "chat.channel.join";
    const SUMMARY: &'static str = "Joins a public channel.";
    const ROUTE: Route = Route::post("/orgs/{org}/channels/{channel}/join");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = ChannelTarget;
    type Input = Empty;
    type Output = Channel;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Channel> {
        at.require_channel()?;
        at.require_open()?;
        let member = cx.principal.member().ok_or_else(Error::not_found)?;
        put_in(cx, tx, at, at.id, member).await?;
        Ok(store::one(tx, at, at.id, Some(member)).await?.channel)
    }

    async fn again(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, made: &str) -> Result<Channel> {
        again(cx, tx, at, made).await
    }
}
