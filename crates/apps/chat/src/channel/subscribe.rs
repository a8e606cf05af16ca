//! Read a channel's log after a number, and over a WebSocket go on receiving it.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result, Seq};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ChannelTarget;
use crate::event::ChannelEvent;
use crate::message;

/// Changes handed out at most; who is further behind fetches the page that they show instead.
const MOST: i64 = 500;

/// From where.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Since {
    /// The last number the caller has seen; none: nothing of the past is wanted.
    after: Option<Seq>,
    /// The epoch in which they saw it. Without it the number tells nothing, and nothing is recovered.
    epoch: Option<i64>,
}

/// What happened since.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Log {
    /// Whether `events` holds everything since; if not, fetch what is shown anew.
    recovered: bool,
    /// The channel's present epoch.
    epoch: i64,
    /// The channel's present head.
    head: i64,
    /// In order, without gaps.
    events: Vec<ChannelEvent>,
}

/// See the module.
pub(crate) struct Subscribe;

impl Operation for Subscribe {
    const ID: &'static str = "chat.channel.subscribe";
    const SUMMARY: &'static str =
        "Reads what happened in a channel after a number; over a WebSocket, goes on receiving it.";
    const ROUTE: Route = Route::get("/orgs/{org}/channels/{channel}/events");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(600, 60);
    const AUDIT: Audit =
        Audit::Silent("reading changes nothing; access is checked again whenever authority changes");
    const DATA_CLASS: DataClass = DataClass::Content;
    type Target = ChannelTarget;
    type Input = Since;
    type Output = Log;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, since: Since) -> Result<Log> {
        let gone = Log { recovered: false, epoch: at.epoch, head: at.head, events: Vec::new() };
        let Some(after) = since.after.map(Seq::get) else { return Ok(Log { recovered: true, ..gone }) };
        // Another epoch is another history, a number from the future is one, too, and a number without its epoch tells
        // nothing: after a restore it may be of either.
        if since.epoch != Some(at.epoch) || after > at.head || at.head - after > MOST {
            return Ok(gone);
        }
        Ok(Log {
            recovered: true,
            events: message::log_after(tx, at, at.id, after, cx.principal.member()).await?,
            ..gone
        })
    }
}
