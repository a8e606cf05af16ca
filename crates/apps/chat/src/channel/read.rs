//! One channel, as it looks to the caller now.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use access::Empty;

use super::{ChannelSummary, ChannelTarget, store};

/// See the module.
pub(crate) struct Read;

impl Operation for Read {
    const ID: &'static str = "chat.channel.read";
    const SUMMARY: &'static str = "Shows one channel with the caller's unread counts.";
    const ROUTE: Route = Route::get("/orgs/{org}/channels/{channel}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(240, 60);
    const AUDIT: Audit = Audit::Silent("reading changes nothing");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = ChannelTarget;
    type Input = Empty;
    type Output = ChannelSummary;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<ChannelSummary> {
        store::one(tx, at, at.id, cx.principal.member()).await
    }
}
