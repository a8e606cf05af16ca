//! A channel: its kinds, how a caller stands to it, and its log.

pub(crate) mod archive;
pub(crate) mod create;
pub(crate) mod end;
pub(crate) mod invite;
pub(crate) mod join;
pub(crate) mod leave;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod members;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod store;
pub(crate) mod subscribe;
pub(crate) mod update;

use crate::ChannelId;
use ::store::{Tenanted, Tx};
use access::{InOrg, Loader, Path, Standing, Target};
use identity::people;
use kernel::{Cx, Error, Line, MemberId, OrgId, Result, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who can find a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ChannelKind")]
pub enum Kind {
    /// Everybody in the organisation.
    Public,
    /// Its members.
    Private,
    /// The people in the conversation, who never change.
    Direct,
}

impl Kind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Public => "public",
            Kind::Private => "private",
            Kind::Direct => "direct",
        }
    }

    /// Whether a member of the organisation finds a channel of this kind, in it or not.
    fn is_found(self, joined: bool) -> bool {
        self == Kind::Public || joined
    }

    fn from_stored(text: &str) -> Result<Self> {
        [Kind::Public, Kind::Private, Kind::Direct]
            .into_iter()
            .find(|k| k.as_str() == text)
            .ok_or_else(|| Error::internal(format_args!("channel kind {text:?}")))
    }
}

/// A channel's name.
pub(crate) type Name = Line<1, 80>;
/// What a channel is about.
pub(crate) type Topic = Line<0, 250>;

/// A channel as others see it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Who can find it.
    pub kind: Kind,
    /// Its name; empty for a direct conversation.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// Whether it is closed for new messages.
    pub archived: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// The number of its latest change.
    pub head: i64,
    /// Changes when its history was replaced by a restore.
    pub epoch: i64,
    /// Who it is between, for a direct conversation, also those who have left the organisation; else empty.
    pub members: Vec<MemberId>,
    /// How many are in it now.
    pub member_count: i64,
    /// Whether all others of a direct conversation have left the organisation, so that nothing can be posted any more.
    pub deserted: bool,
}

/// A channel with what it means to the caller.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelSummary {
    /// The channel.
    #[serde(flatten)]
    pub channel: Channel,
    /// Whether the caller is in it.
    pub joined: bool,
    /// Up to which number the caller has read.
    pub read_seq: i64,
    /// How often the caller has set that back: of two positions, the one with the higher number is newer, and of two with
    /// the same number the one that is further on.
    pub read_revision: i64,
    /// Messages of others after that, counted to 100.
    pub unread: i64,
    /// Those of them that mention the caller, counted to 100.
    pub mentions: i64,
    /// When the latest message was posted.
    pub last_message_at: Option<Timestamp>,
}

/// The answer to a request that is sent again: the channel that it was about, as the caller finds it today.
pub(crate) async fn again(cx: &Cx, tx: &mut Tx, at: &impl Tenanted, made: &str) -> Result<Channel> {
    let id = made.parse().map_err(|_| Error::not_found())?;
    let found = store::one(tx, at, id, cx.principal.member()).await?;
    if !found.channel.kind.is_found(found.joined) {
        return Err(Error::not_found());
    }
    Ok(found.channel)
}

/// The ids in a channel's path.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelPath {
    pub(crate) org: OrgId,
    pub(crate) channel: ChannelId,
}

impl Path for ChannelPath {
    fn org(&self) -> Option<OrgId> {
        Some(self.org)
    }
}

/// A channel as operations act on it.
pub(crate) struct ChannelTarget {
    pub(crate) org: OrgId,
    pub(crate) id: ChannelId,
    pub(crate) kind: Kind,
    pub(crate) archived: bool,
    pub(crate) head: i64,
    pub(crate) epoch: i64,
    /// The caller's read position, if they are in it.
    pub(crate) read_seq: Option<i64>,
}

impl ChannelTarget {
    /// Refuses what an archived channel does not take any more.
    pub(crate) fn require_open(&self) -> Result<()> {
        if self.archived {
            return Err(
                Error::conflict("This channel is archived.").hint("an administrator can bring it back")
            );
        }
        Ok(())
    }

    /// Refuses what makes no sense for a direct conversation.
    pub(crate) fn require_channel(&self) -> Result<()> {
        if self.kind == Kind::Direct {
            return Err(Error::conflict("A direct conversation stays as it is; start another one instead."));
        }
        Ok(())
    }

    pub(crate) fn joined(&self) -> bool {
        self.read_seq.is_some()
    }
}

impl Target for ChannelTarget {
    type Path = ChannelPath;

    async fn load(cx: &Cx, loader: &mut Loader<'_>, path: &ChannelPath) -> Result<Option<Self>> {
        store::load(loader, path.org, path.channel, cx.principal.member()).await
    }

    fn standing(&self, _: &Cx) -> Standing {
        let sees = self.kind.is_found(self.joined());
        Standing::SEES.when(sees) | Standing::MEMBER.when(self.joined())
    }

    fn resource(&self) -> Option<String> {
        Some(self.id.to_string())
    }
}

impl InOrg for ChannelTarget {
    fn org(&self) -> OrgId {
        self.org
    }
}

/// The ids in the path of somebody's membership of a channel.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelMemberPath {
    pub(crate) org: OrgId,
    pub(crate) channel: ChannelId,
    pub(crate) member: MemberId,
}

impl Path for ChannelMemberPath {
    fn org(&self) -> Option<OrgId> {
        Some(self.org)
    }
}

/// A channel and a member of the organisation who is, or may come to be, in it.
pub(crate) struct ChannelMember {
    pub(crate) channel: ChannelTarget,
    pub(crate) member: MemberId,
    /// Whether they are in it now.
    pub(crate) joined: bool,
}

impl Target for ChannelMember {
    type Path = ChannelMemberPath;

    async fn load(cx: &Cx, loader: &mut Loader<'_>, path: &ChannelMemberPath) -> Result<Option<Self>> {
        people::hold(loader.within(path.org), &[path.member]);
        let Some(channel) = store::load(loader, path.org, path.channel, cx.principal.member()).await? else {
            return Ok(None);
        };
        if !people::is_active(loader.within(path.org), path.member).await? {
            return Ok(None);
        }
        let joined = store::has_member(loader, &channel, path.member).await?;
        Ok(Some(Self { channel, member: path.member, joined }))
    }

    fn standing(&self, cx: &Cx) -> Standing {
        self.channel.standing(cx)
    }

    fn resource(&self) -> Option<String> {
        self.channel.resource()
    }
}

impl InOrg for ChannelMember {
    fn org(&self) -> OrgId {
        self.channel.org
    }
}
