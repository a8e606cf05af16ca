//! The channels a member is in, and the public ones they could join, with what is unread.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use access::{Empty, OrgTarget};
use kernel::Error;
use schemars::JsonSchema;
use serde::Serialize;

use super::ChannelSummary;
use identity::people::{People, Person};

/// Channels.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Channels {
    /// In order of making.
    items: Vec<ChannelSummary>,
    /// Everybody in the direct conversations among them, which are called by their names.
    people: Vec<Person>,
}

/// See the module.
pub(crate) struct List {
    pub(crate) people: People,
}

impl Operation for List {
    const ID: &'static str = "chat.channel.list";
    const SUMMARY: &'static str =
        "Lists the caller's channels with unread counts, and the public channels they could join.";
    const ROUTE: Route = Route::get("/orgs/{org}/channels");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(240, 60);
    const AUDIT: Audit = Audit::Silent("reading a list changes nothing");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = OrgTarget;
    type Input = Empty;
    type Output = Channels;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Channels> {
        let member = cx.principal.member().ok_or_else(Error::not_found)?;
        let items = super::store::summaries(tx, at, member).await?;
        let people =
            self.people.named(tx, at, items.iter().flat_map(|s| s.channel.members.iter().copied())).await?;
        Ok(Channels { items, people })
    }
}
