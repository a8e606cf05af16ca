//! Bring a colleague into a channel.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use access::Empty;

use super::ChannelMember;
use super::join::put_in;

/// See the module.
pub(crate) struct Invite;

impl Operation for Invite {
    const ID: &'static str = "chat.channel.invite";
    const SUMMARY: &'static str = "Brings a member of the organisation into a channel.";
    const ROUTE: Route = Route::put("/orgs/{org}/channels/{channel}/members/{member}");
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
        at.channel.require_open()?;
        cx.note("member", at.member);
        put_in(cx, tx, at, at.channel.id, at.member).await?;
        Ok(Empty {})
    }
}
