//! Direct conversations: channels of kind `direct`, between people who never change. Whoever opens one is in it; the others
//! come in with the first message, so that nobody sees an empty one. It ends for whoever leaves the organisation, and a
//! new one begins when they come back.

use ::store::{Tenanted, Tx};
use kernel::{Error, MemberId, Result, Timestamp};

use crate::channel::{ChannelTarget, log, store};

pub(crate) mod open;

/// Before something is said: at first the others come in; later, somebody must be left to read it.
pub(crate) async fn before_post(
    tx: &mut Tx,
    at: &impl Tenanted,
    direct: &ChannelTarget,
    author: MemberId,
    now: Timestamp,
) -> Result<()> {
    if direct.head > 0 {
        return match store::members(tx, at, direct.id).await?.iter().any(|member| *member != author) {
            true => Ok(()),
            false => Err(Error::conflict(
                "Nobody else is in this conversation any more: it ended when they left the organisation.",
            )
            .hint("what was said stays readable; write to whoever has come back in a new one")),
        };
    }
    for member in store::people(tx, at, direct.id).await? {
        if store::add_member(tx, at, direct.id, member, now).await? {
            log::channels_changed(tx, at, Some(member))?;
        }
    }
    Ok(())
}
