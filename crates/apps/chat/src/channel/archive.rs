//! Close a channel for new messages, and open it again. Its history stays readable.

use ::store::Tx;
use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use super::update::tell;
use super::{Channel, ChannelTarget, again, store};

/// Closes.
pub(crate) struct Archive;

impl Operation for Archive {
    const ID: &'static str = "chat.channel.archive";
    const SUMMARY: &'static str = "Closes a channel for new messages; what was said stays readable.";
    const ROUTE: Route = Route::post("/orgs/{org}/channels/{channel}/archive");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = ChannelTarget;
    type Input = Empty;
    type Output = Channel;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Channel> {
        at.require_channel()?;
        at.require_open()?;
        store::set_archived(tx, at, at.id, Some(cx.now())).await?;
        tell(cx, tx, at, at.id).await
    }

    async fn again(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, made: &str) -> Result<Channel> {
        again(cx, tx, at, made).await
    }
}

/// Opens again.
pub(crate) struct Unarchive;

impl Operation for Unarchive {
    const ID: &'static str = "chat.channel.unarchive";
    const SUMMARY: &'static str = "Opens an archived channel again.";
    const ROUTE: Route = Route::post("/orgs/{org}/channels/{channel}/unarchive");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = ChannelTarget;
    type Input = Empty;
    type Output = Channel;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Channel> {
        store::set_archived(tx, at, at.id, None).await?;
        tell(cx, tx, at, at.id).await
    }

    async fn again(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, made: &str) -> Result<Channel> {
        again(cx, tx, at, made).await
    }
}
