//! Set how far the caller has read. Earlier than before marks as unread.

use ::store::Tx;
use access::{Audit, DataClass, Operation, Permission, Proof, Rate, Route};
use kernel::{ChannelId, Cx, Error, OrgId, Result, Seq};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::channel::{ChannelTarget, store};

/// How far.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// The number of the last message read.
    seq: Seq,
}

/// What is unread after that.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadState {
    read_seq: i64,
    unread: i64,
    mentions: i64,
}

/// Tells the person's other tabs and devices.
#[derive(Serialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: &'static str,
    org: OrgId,
    channel: ChannelId,
    #[serde(flatten)]
    state: ReadState,
}

/// See the module.
pub(crate) struct Mark;

impl Operation for Mark {
    const ID: &'static str = "chat.read.mark";
    const SUMMARY: &'static str = "Sets how far the caller has read a channel, forwards or back.";
    const ROUTE: Route = Route::put("/orgs/{org}/channels/{channel}/read");
    const PERMISSION: Permission = Permission::Policy;
    const RATE: Rate = Rate::per_person(600, 60);
    const AUDIT: Audit = Audit::Silent("a read position is the person's own bookmark");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = ChannelTarget;
    type Input = Position;
    type Output = ReadState;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, to: Position) -> Result<ReadState> {
        let member = cx.actor.member().ok_or_else(Error::not_found)?;
        let read_seq = to.seq.get().min(at.head);
        store::set_read(tx, at, at.id, member, read_seq).await?;
        let now = store::one(tx, at, at.id, Some(member)).await?;
        let state = ReadState { read_seq, unread: now.unread, mentions: now.mentions };
        let frame = Frame { kind: "read", org: at.org, channel: at.id, state: state.clone() };
        store::tell_member(tx, at, member, &frame)?;
        Ok(state)
    }
}
