//! What a message said before it was edited.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use access::Empty;
use kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{MessageTarget, store};

/// An earlier version.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Revision {
    /// What it said.
    pub(super) body: String,
    /// Since when.
    pub(super) at: Timestamp,
}

/// Earlier versions.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RevisionList {
    /// Oldest first.
    items: Vec<Revision>,
}

/// See the module.
pub(crate) struct Revisions;

impl Operation for Revisions {
    const ID: &'static str = "chat.message.revisions";
    const SUMMARY: &'static str = "Lists what a message said before, oldest first.";
    const ROUTE: Route = Route::get("/orgs/{org}/channels/{channel}/messages/{message}/revisions");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reading changes nothing");
    const DATA_CLASS: DataClass = DataClass::Content;
    type Target = MessageTarget;
    type Input = Empty;
    type Output = RevisionList;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<RevisionList> {
        Ok(RevisionList { items: store::revisions(tx, at, at.id).await? })
    }
}
