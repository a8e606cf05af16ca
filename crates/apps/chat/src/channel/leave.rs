//! Leave a channel.

use crate::ChannelId;
use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use ::store::Tenanted;
use access::Empty;
use kernel::{Error, MemberId, Timestamp};

use super::{ChannelTarget, log, store};
use crate::event::{Change, Left};

/// Takes somebody out of a channel: its log says so, and their open sockets lose it at once. `by`: who takes them out, if
/// they do not go themselves. A private channel that nobody is in any more is closed, and its name free: nobody could ever
/// find it again. False: they were not in it.
pub(crate) async fn take_out(
    tx: &mut Tx,
    at: &impl Tenanted,
    channel: ChannelId,
    member: MemberId,
    by: Option<MemberId>,
    when: Timestamp,
) -> Result<bool> {
    if !store::remove_member(tx, at, channel, member).await? {
        return Ok(false);
    }
    let seq = log::advance(tx, at, channel).await?;
    log::append(tx, at, channel, seq, when, None, &Change::Left(Left { member, by })).await?;
    store::close_if_deserted(tx, at, channel, when).await?;
    log::channels_changed(tx, at, Some(member))?;
    let subject = identity::people::subject_of(tx, at, member).await?;
    tx.authority_changed(subject);
    Ok(true)
}

/// See the module.
pub(crate) struct Leave;

impl Operation for Leave {
    const ID: &'static str = "chat.channel.leave";
    const SUMMARY: &'static str =
        "Leaves a channel. The last one out of a private channel closes it and frees its name.";
    const ROUTE: Route = Route::post("/orgs/{org}/channels/{channel}/leave");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = ChannelTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        at.require_channel()?;
        let member = cx.principal.member().ok_or_else(Error::not_found)?;
        take_out(tx, at, at.id, member, None, cx.now()).await?;
        Ok(Empty {})
    }
}
