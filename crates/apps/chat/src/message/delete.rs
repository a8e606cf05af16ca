//! Delete a message: its text, versions, mentions and reactions go, a tombstone stays in the log.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use access::Empty;

use super::{MessageTarget, store};
use crate::channel;
use crate::event::{Change, Deleted};

/// See the module.
pub(crate) struct Delete;

impl Operation for Delete {
    const ID: &'static str = "chat.message.delete";
    const SUMMARY: &'static str =
        "Deletes a message with its versions and reactions; a tombstone keeps its number.";
    const ROUTE: Route = Route::delete("/orgs/{org}/channels/{channel}/messages/{message}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Content;
    type Target = MessageTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        at.require_there()?;
        // One moment for the row and for the news of it: whoever follows events must end up with what is stored.
        let now = cx.now();
        let seq = channel::log::advance(tx, at, at.channel.id).await?;
        store::wipe(tx, at, at.channel.id, at.seq, at.id, (seq, now)).await?;
        let change = Change::Deleted(Deleted { id: at.id, deleted_at: now });
        channel::log::append(tx, at, at.channel.id, seq, now, Some(at.id), &change).await?;
        cx.note("author", at.author);
        Ok(Empty {})
    }
}
