//! Set how far the caller has read. What a tab marks by itself only ever goes forwards, so that one that wakes up with an
//! old position changes nothing; going back ("mark as unread") must be said, and marks that did not know of it are void.

use ::store::Tx;
use access::{
    Audit, DataClass, Expose, InOrg, Loader, Operation, Permission, Proof, Rate, Route, Standing, Target,
};
use kernel::{Cx, Error, OrgId, Result, Seq, Topic};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::channel::{ChannelPath, ChannelTarget, store};
use crate::event::ReadMarked;

/// A channel in which somebody moves their own bookmark. That changes nothing for others, so it does not wait for them.
pub(crate) struct Bookmarked(ChannelTarget);

impl Target for Bookmarked {
    type Path = ChannelPath;

    async fn load(cx: &Cx, loader: &mut Loader<'_>, path: &ChannelPath) -> Result<Option<Self>> {
        Ok(store::look(loader, path.org, path.channel, cx.principal.member()).await?.map(Self))
    }
    fn standing(&self, cx: &Cx) -> Standing {
        self.0.standing(cx)
    }
    fn resource(&self) -> Option<String> {
        self.0.resource()
    }
}

impl InOrg for Bookmarked {
    fn org(&self) -> OrgId {
        self.0.org
    }
}

/// How far.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// The number of the last message read.
    seq: Seq,
    /// The `readRevision` on which this is based. A mark that is older than the present one changes nothing.
    revision: Option<Seq>,
    /// Whether the position may go back: to mark as unread from a message on, send the number before it.
    back: Option<bool>,
}

/// What is unread after that.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadState {
    read_seq: i64,
    read_revision: i64,
    unread: i64,
    mentions: i64,
    /// The channel's log up to which this is counted.
    head: i64,
}

/// See the module.
pub(crate) struct Mark;

impl Operation for Mark {
    const ID: &'static str = "chat.read.mark";
    const SUMMARY: &'static str =
        "Sets how far the caller has read a channel: forwards, or back if that is said.";
    const ROUTE: Route = Route::put("/orgs/{org}/channels/{channel}/read");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(600, 60);
    const AUDIT: Audit = Audit::Silent("a read position is the person's own bookmark");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = Bookmarked;
    type Input = Position;
    type Output = ReadState;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, to: Position) -> Result<ReadState> {
        let member = cx.principal.member().ok_or_else(Error::not_found)?;
        let channel = &at.0;
        let seq = to.seq.get().min(channel.head);
        let moved = if to.back == Some(true) {
            store::set_read(tx, at, channel.id, member, seq).await?
        } else {
            let revision = to.revision.map_or(i64::MAX, Seq::get);
            store::read_on(tx, at, channel.id, member, seq, revision).await?
        };
        let now = store::one(tx, at, channel.id, Some(member)).await?;
        let state = ReadState {
            read_seq: now.read_seq,
            read_revision: now.read_revision,
            unread: now.unread,
            mentions: now.mentions,
            head: now.channel.head,
        };
        if moved {
            let marked = ReadMarked { channel: channel.id, state: state.clone() };
            tx.publish(Topic::member(channel.org, member), &marked)?;
        }
        Ok(state)
    }
}
