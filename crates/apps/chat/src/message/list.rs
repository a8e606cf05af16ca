//! A page of a channel's messages, in order.

use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Error, Result, Seq, Timestamp, Whole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Message, store};
use crate::channel::ChannelTarget;
use identity::people::{People, Person};

/// Which part.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    /// Messages before this number.
    before: Option<Seq>,
    /// Messages after this number.
    after: Option<Seq>,
    /// Messages on both sides of this number.
    around: Option<Seq>,
    /// Messages on both sides of the first one that is not older than this. Where old messages were brought in later,
    /// times do not rise with the numbers; then one of several such places is found.
    at: Option<Timestamp>,
    /// How many; 50 if not said.
    limit: Option<Whole<1, 200>>,
}

/// A page.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MessagePage")]
pub(crate) struct Page {
    /// In the order of their numbers.
    items: Vec<Message>,
    /// Whether there are older ones.
    has_before: bool,
    /// Whether there are newer ones.
    has_after: bool,
    /// Everybody whom they name: authors, the mentioned, and who reacted.
    people: Vec<Person>,
    /// The channel's present head: the page is what its log up to there comes to.
    head: i64,
    /// The channel's present epoch.
    epoch: i64,
}

/// See the module.
pub(crate) struct List {
    pub(crate) people: People,
}

impl Operation for List {
    const ID: &'static str = "chat.message.list";
    const SUMMARY: &'static str =
        "Lists a page of messages: the newest, before or after a number, or around a number or a time.";
    const ROUTE: Route = Route::get("/orgs/{org}/channels/{channel}/messages");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(600, 60);
    const AUDIT: Audit = Audit::Silent("reading changes nothing");
    const DATA_CLASS: DataClass = DataClass::Content;
    type Target = ChannelTarget;
    type Input = Window;
    type Output = Page;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, window: Window) -> Result<Page> {
        let limit = window.limit.map_or(50, Whole::get);
        let number = |seq: Option<Seq>| seq.map(Seq::get);
        let around = match (window.around, window.at) {
            (Some(_), Some(_)) => return Err(Error::field("at", "give one of before, after, around and at")),
            (None, Some(time)) => Some(store::first_since(tx, at, at.id, at.head, time).await?),
            (around, None) => number(around),
        };
        let (items, has_before, has_after) = match (number(window.before), number(window.after), around) {
            (before, None, None) => {
                let (items, has_before) =
                    store::page_before(tx, at, at.id, before.unwrap_or(i64::MAX), limit).await?;
                let has_after = match before {
                    Some(before) => store::any_from(tx, at, at.id, before).await?,
                    None => false,
                };
                (items, has_before, has_after)
            }
            (None, Some(after), None) => {
                let (items, has_after) = store::page_after(tx, at, at.id, after, limit).await?;
                let has_before = store::any_up_to(tx, at, at.id, after).await?;
                (items, has_before, has_after)
            }
            (None, None, Some(around)) => {
                let (mut items, has_before) = store::page_before(tx, at, at.id, around, limit / 2).await?;
                let (rest, has_after) =
                    store::page_after(tx, at, at.id, around.saturating_sub(1), limit - limit / 2).await?;
                items.extend(rest);
                (items, has_before, has_after)
            }
            _ => return Err(Error::field("before", "give one of before, after, around and at")),
        };
        let people = self.people.named(tx, at, items.iter().flat_map(Message::names)).await?;
        Ok(Page { items, has_before, has_after, people, head: at.head, epoch: at.epoch })
    }
}
