//! Take a colleague out of a channel.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use access::Empty;
use kernel::{Error, Topic};

use super::leave::take_out;
use super::{ChannelMember, store};
use crate::event::TakenOut;

/// See the module.
pub(crate) struct Remove;

impl Operation for Remove {
    const ID: &'static str = "chat.channel.remove";
    const SUMMARY: &'static str = "Takes a member out of a channel.";
    const ROUTE: Route = Route::delete("/orgs/{org}/channels/{channel}/members/{member}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = ChannelMember;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        at.channel.require_channel()?;
        if !at.joined {
            return Err(Error::not_found());
        }
        cx.note("member", at.member);
        let by = cx.principal.member().filter(|by| *by != at.member);
        take_out(tx, at, at.channel.id, at.member, by, cx.now()).await?;
        if let Some(by) = by {
            let name = store::name(tx, at, at.channel.id).await?;
            let taken_out = TakenOut { channel: at.channel.id, name, by };
            tx.publish(Topic::member(at.channel.org, at.member), &taken_out)?;
        }
        Ok(Empty {})
    }
}
