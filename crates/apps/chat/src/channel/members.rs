//! Who is in a channel.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use access::Empty;
use kernel::MemberId;
use schemars::JsonSchema;
use serde::Serialize;

use super::{ChannelTarget, store};

/// Members of a channel.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChannelMembers {
    /// In order of joining.
    items: Vec<MemberId>,
}

/// See the module.
pub(crate) struct Members;

impl Operation for Members {
    const ID: &'static str = "chat.channel.members";
    const SUMMARY: &'static str = "Lists who is in a channel.";
    const ROUTE: Route = Route::get("/orgs/{org}/channels/{channel}/members");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reading a list changes nothing");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = ChannelTarget;
    type Input = Empty;
    type Output = ChannelMembers;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<ChannelMembers> {
        Ok(ChannelMembers { items: store::members(tx, at, at.id).await? })
    }
}
