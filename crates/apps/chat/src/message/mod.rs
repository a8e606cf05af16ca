//! A message, and how a caller stands to it.

pub(crate) mod delete;
pub(crate) mod edit;
mod emoji;
mod grammar;
pub(crate) mod list;
pub(crate) mod post;
pub(crate) mod react;
pub(crate) mod revisions;
mod store;
pub(crate) mod write;

use std::borrow::Cow;

use crate::{ChannelId, MessageId};
use access::{InOrg, Loader, Path, Standing, Target};
use kernel::{Cx, Error, MemberId, OrgId, Result, Text, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

pub(crate) use emoji::Emoji;
pub(crate) use store::{by_client_id, log_after};

use crate::channel::{self, ChannelTarget};

/// What a message says, as Markdown.
pub(crate) type Body = Text<1, 8000>;

/// A message as others see it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Where it was posted.
    pub channel: ChannelId,
    /// Its number in the channel.
    pub seq: i64,
    /// The number of its latest change in the channel: of two copies, the one with the higher number is newer.
    pub revision: i64,
    /// Who wrote it.
    pub author: MemberId,
    /// What the author's client called it.
    pub client_id: Uuid,
    /// Markdown; empty when deleted.
    pub body: String,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// Whom it mentions.
    pub mentions: Vec<MemberId>,
    /// By which handle each of them is called in the text, in the same order: handles change hands.
    pub handles: Vec<String>,
    /// Whether it addresses everybody in the channel.
    pub mentions_all: bool,
    /// Reactions, in the order in which they first came.
    pub reactions: Vec<Reaction>,
}

impl Message {
    /// Everybody whom a reader needs to know by name.
    pub(crate) fn names(&self) -> impl Iterator<Item = MemberId> {
        let reacted = self.reactions.iter().flat_map(|reaction| &reaction.members);
        std::iter::once(&self.author).chain(&self.mentions).chain(reacted).copied()
    }
}

/// One emoji on a message, and whose it is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Who reacted with it.
    pub members: Vec<MemberId>,
}

/// The name that the sender's client gave a message: a UUID in its usual spelling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientId(pub(crate) Uuid);

impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        let id = Uuid::try_parse(&text).ok().filter(|_| text.len() == 36);
        id.map(Self).ok_or_else(|| serde::de::Error::custom("must be a UUID"))
    }
}

impl JsonSchema for ClientId {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ClientId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            "maxLength": 36
        })
    }
}

/// The ids in a message's path.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessagePath {
    pub(crate) org: OrgId,
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
}

impl Path for MessagePath {
    fn org(&self) -> Option<OrgId> {
        Some(self.org)
    }
}

/// A message in its channel, as operations act on it.
pub(crate) struct MessageTarget {
    pub(crate) channel: ChannelTarget,
    pub(crate) id: MessageId,
    pub(crate) seq: i64,
    pub(crate) author: MemberId,
    pub(crate) deleted: bool,
}

impl MessageTarget {
    pub(crate) fn require_there(&self) -> Result<()> {
        if self.deleted { Err(Error::conflict("This message has been deleted.")) } else { Ok(()) }
    }
}

impl Target for MessageTarget {
    type Path = MessagePath;

    async fn load(cx: &Cx, loader: &mut Loader<'_>, path: &MessagePath) -> Result<Option<Self>> {
        let channel = channel::store::load(loader, path.org, path.channel, cx.principal.member()).await?;
        let Some(channel) = channel else { return Ok(None) };
        store::load(loader, channel, path.message).await
    }

    fn standing(&self, cx: &Cx) -> Standing {
        self.channel.standing(cx) | Standing::AUTHOR.when(cx.principal.member() == Some(self.author))
    }

    fn resource(&self) -> Option<String> {
        Some(self.id.to_string())
    }
}

impl InOrg for MessageTarget {
    fn org(&self) -> OrgId {
        self.channel.org
    }
}
