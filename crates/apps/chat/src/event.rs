//! What chat publishes: the entries of a channel's log, and what concerns a member or a list.

use crate::{ChannelId, MessageId};
use ::store::Tx;
use kernel::{Error, MemberId, OrgId, Result, Timestamp, Topic};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::message::Message;
use crate::read::mark::ReadState;

/// A message was posted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Posted {
    /// As it is now.
    pub message: Message,
}

/// A message was edited.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Edited {
    /// As it is now.
    pub message: Message,
}

/// A message was deleted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deleted {
    /// Which.
    pub id: MessageId,
    /// When.
    pub deleted_at: Timestamp,
}

/// A reaction came or went.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reacted {
    /// On which message.
    pub id: MessageId,
    /// Whose.
    pub member: MemberId,
    /// Which.
    pub emoji: String,
    /// Whether it is there now.
    pub on: bool,
}

/// Name, topic or state of the channel have changed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChannelUpdated {
    /// As it is now.
    pub channel: Channel,
}

/// Somebody came in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Joined {
    /// Who.
    pub member: MemberId,
}

/// Somebody went, or was taken out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Left {
    /// Who.
    pub member: MemberId,
    /// Who took them out; none: they went by themselves, or left the organisation.
    pub by: Option<MemberId>,
}

macro_rules! changes {
    ($($change:ident = $text:literal;)*) => {
        kernel::event_types! {
            $($change = $text, on [ChannelId], logged true;)*
        }

        /// One change of a channel: what its log consists of.
        #[derive(Clone, Debug, Serialize, JsonSchema)]
        #[serde(tag = "event", content = "data")]
        pub enum Change {
            $(#[doc = concat!("`", $text, "`.")] #[serde(rename = $text)] $change($change),)*
        }

        /// What a change is called, in the log and on the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Name {
            $($change,)*
        }

        impl Name {
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Name::$change => $text,)*
                }
            }

            pub(crate) fn from_stored(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Name::$change),)*
                    _ => None,
                }
            }
        }

        impl Change {
            pub(crate) fn name(&self) -> Name {
                match self {
                    $(Change::$change(_) => Name::$change,)*
                }
            }

            /// The change's data, as JSON.
            pub(crate) fn data(&self) -> Result<String> {
                match self {
                    $(Change::$change(change) => serde_json::to_string(change),)*
                }
                .map_err(Error::internal)
            }

            /// Publishes it on commit, as the entry of the channel's log that has this number.
            pub(crate) fn publish(&self, tx: &mut Tx, topic: Topic, seq: i64) -> Result<()> {
                match self {
                    $(Change::$change(change) => tx.publish_entry(topic, seq, change),)*
                }
            }
        }
    };
}

changes! {
    Posted = "chat.message.posted";
    Edited = "chat.message.edited";
    Deleted = "chat.message.deleted";
    Reacted = "chat.message.reacted";
    ChannelUpdated = "chat.channel.updated";
    Joined = "chat.channel.joined";
    Left = "chat.channel.left";
}

/// A change with its number.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChannelEvent {
    /// The number.
    pub seq: i64,
    /// The change.
    #[serde(flatten)]
    pub change: Change,
}

kernel::event_types! {
    ChannelsChanged = "chat.channels.changed", on [OrgId, MemberId], logged false;
    ReadMarked = "chat.read.marked", on [MemberId], logged false;
    TakenOut = "chat.channel.taken_out", on [MemberId], logged false;
}

/// The list of channels is another one now: for everybody, or for one member.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct ChannelsChanged {}

/// The member's own read position, moved in another tab.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ReadMarked {
    /// Where.
    pub(crate) channel: ChannelId,
    /// What is unread now.
    #[serde(flatten)]
    pub(crate) state: ReadState,
}

/// Somebody has taken the member out of a channel, which may be hidden from them now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TakenOut {
    /// Which channel.
    pub(crate) channel: ChannelId,
    /// What it is called.
    pub(crate) name: String,
    /// Who did it.
    pub(crate) by: MemberId,
}
