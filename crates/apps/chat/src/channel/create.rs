//! Make a channel. Whoever makes it is its first member.

use crate::ChannelId;
use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use access::OrgTarget;
use kernel::text::fold;
use kernel::{Error, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::join::put_in;
use super::{Channel, Kind, Name, Topic, again, log, store};

/// What a new channel is to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChannel {
    name: Name,
    topic: Topic,
    kind: NewKind,
}

/// Direct conversations are opened, not made.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum NewKind {
    Public,
    Private,
}

/// A channel in which nothing has happened.
pub(crate) fn blank(cx: &Cx, kind: Kind, name: &Name, topic: &str, created_at: Timestamp) -> Channel {
    Channel {
        id: ChannelId::new(cx),
        kind,
        name: name.as_str().to_owned(),
        topic: topic.to_owned(),
        archived: false,
        created_at,
        head: 0,
        epoch: 1,
        members: Vec::new(),
        member_count: 0,
        deserted: false,
    }
}

/// Another channel that the caller can find has the name. A private one that they cannot find does not stand in the way:
/// refusing its name would tell that it exists.
pub(crate) fn taken() -> Error {
    Error::field("name", "Choose another name: a channel has this one already.")
}

/// See the module.
pub(crate) struct Create;

impl Operation for Create {
    const ID: &'static str = "chat.channel.create";
    const SUMMARY: &'static str = "Makes a public or private channel; the caller is its first member.";
    const ROUTE: Route = Route::post("/orgs/{org}/channels");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = OrgTarget;
    type Input = NewChannel;
    type Output = Channel;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, new: NewChannel) -> Result<Channel> {
        let member = cx.principal.member().ok_or_else(Error::not_found)?;
        let kind = match new.kind {
            NewKind::Public => Kind::Public,
            NewKind::Private => Kind::Private,
        };
        let channel = blank(cx, kind, &new.name, new.topic.as_str(), cx.now());
        let folded = fold(new.name.as_str());
        if store::is_known_by(tx, at, &folded, Some(member), channel.id).await?
            || !store::insert(tx, at, &channel, &folded).await?
        {
            return Err(taken());
        }
        cx.about(channel.id);
        put_in(cx, tx, at, channel.id, member).await?;
        log::channels_changed(tx, at, if kind == Kind::Public { None } else { Some(member) })?;
        Ok(store::one(tx, at, channel.id, Some(member)).await?.channel)
    }

    async fn again(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, made: &str) -> Result<Channel> {
        again(cx, tx, at, made).await
    }
}
