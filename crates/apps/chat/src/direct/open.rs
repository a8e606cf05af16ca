//! Open a direct conversation. The same people always get the same one.

use crate::ChannelId;
use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use access::OrgTarget;
use kernel::{Error, MemberId};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::channel::{Channel, again, log, store};

/// With whom.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct With {
    /// The others.
    #[schemars(length(min = 1, max = 8))]
    members: Vec<MemberId>,
}

/// See the module.
pub(crate) struct Open;

impl Operation for Open {
    const ID: &'static str = "chat.direct.open";
    const SUMMARY: &'static str =
        "Opens the direct conversation with one to eight colleagues; they see it from the first message on.";
    const ROUTE: Route = Route::post("/orgs/{org}/direct");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = OrgTarget;
    type Input = With;
    type Output = Channel;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, with: With) -> Result<Channel> {
        let me = cx.principal.member().ok_or_else(Error::not_found)?;
        let mut people = with.members;
        people.push(me);
        people.sort_unstable();
        people.dedup();
        if !(2..=9).contains(&people.len()) {
            return Err(Error::field("members", "must name one to eight colleagues"));
        }
        // None of them leaves the organisation before the conversation is there to end with that.
        identity::people::hold(tx.within(at), &people);
        for (index, member) in people.iter().enumerate() {
            if !identity::people::is_active(tx.within(at), *member).await? {
                return Err(Error::field(format!("members.{index}"), "is nobody in this organisation"));
            }
        }
        let key = people.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let id = ChannelId::new(cx);
        store::insert_direct(tx, at, id, &key, &people, cx.now()).await?;
        let id = store::direct_by_key(tx, at, &key).await?;
        if store::add_member(tx, at, id, me, cx.now()).await? {
            log::channels_changed(tx, at, Some(me))?;
        }
        cx.about(id);
        Ok(store::one(tx, at, id, Some(me)).await?.channel)
    }

    async fn again(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, made: &str) -> Result<Channel> {
        again(cx, tx, at, made).await
    }
}
