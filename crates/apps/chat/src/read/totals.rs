//! How much waits for the caller in an organisation that they are not looking at: for its mark in the switcher.

use ::store::Tx;
use access::{Audit, DataClass, Empty, Expose, Operation, OrgTarget, Permission, Proof, Rate, Route};
use kernel::{Cx, Error, Result};
use schemars::JsonSchema;
use serde::Serialize;

use crate::channel::store;

/// What waits, over all conversations of the caller that are not archived.
#[derive(Default, Serialize, JsonSchema)]
pub(crate) struct UnreadTotals {
    /// Conversations with something unread.
    pub(crate) conversations: i64,
    /// Mentions, and messages in direct conversations: what calls the caller in person. 100 stands for more, too.
    pub(crate) calls: i64,
}

/// See the module.
pub(crate) struct Totals;

impl Operation for Totals {
    const ID: &'static str = "chat.read.totals";
    const SUMMARY: &'static str = "Tells how much is unread for the caller, over all their conversations.";
    const ROUTE: Route = Route::get("/orgs/{org}/unread");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(240, 60);
    const AUDIT: Audit = Audit::Silent("reading changes nothing");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = OrgTarget;
    type Input = Empty;
    type Output = UnreadTotals;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<UnreadTotals> {
        let member = cx.principal.member().ok_or_else(Error::not_found)?;
        store::unread_totals(tx, at, member).await
    }
}
