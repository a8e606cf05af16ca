//! Topics and events: what leaves a transaction when it commits, and only then.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::id::{BadId, MemberId, OrgId, parse};
use crate::principal::Subject;

/// What events are about and what a socket listens to: anything in an organisation that has an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Topic {
    /// Which kind of thing: the prefix of its ids.
    pub kind: &'static str,
    /// The organisation it is in.
    pub org: OrgId,
    /// Its id.
    pub id: Uuid,
}

impl Topic {
    /// The organisation itself. All its members' sockets listen to it.
    pub const fn org(org: OrgId) -> Self {
        Self { kind: OrgId::PREFIX, org, id: org.0 }
    }

    /// One member. Their own sockets listen to it.
    pub const fn member(org: OrgId, member: MemberId) -> Self {
        Self { kind: MemberId::PREFIX, org, id: member.0 }
    }

    /// One member's sockets, or all of the organisation's.
    pub fn member_or_org(org: OrgId, member: Option<MemberId>) -> Self {
        member.map_or(Self::org(org), |member| Self::member(org, member))
    }

    /// Reads the id of a topic of this kind.
    pub fn parse(kind: &'static str, org: OrgId, id: &str) -> Result<Self, BadId> {
        Ok(Self { kind, org, id: parse(kind, id)? })
    }

    /// Reads the id of the organisation that the topic is in, and of the topic.
    pub fn parse_in(kind: &'static str, org: &str, id: &str) -> Result<Self, BadId> {
        Self::parse(kind, OrgId::from_str(org)?, id)
    }
}

/// The id as it is written everywhere.
impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.kind, self.id.simple())
    }
}

impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// A type of event, declared by the module that publishes it. The type is what the event's data looks like.
pub trait EventType: Serialize + JsonSchema {
    /// Its name, for instance `chat.message.posted`.
    const NAME: &'static str;
    /// The kinds of topic on which it is published.
    const TOPICS: &'static [&'static str];
    /// Whether it is an entry of its topic's log, with a number. Others are kept nowhere: whoever was away fetches anew what
    /// they are about.
    const LOGGED: bool;
}

/// Declares types of events: `Posted = "chat.message.posted", on [ChannelId], logged true;`.
#[macro_export]
macro_rules! event_types {
    ($($event:ty = $name:literal, on [$($id:ty),+], logged $logged:literal;)*) => {$(
        impl $crate::EventType for $event {
            const NAME: &'static str = $name;
            const TOPICS: &'static [&'static str] = &[$(<$id>::PREFIX),+];
            const LOGGED: bool = $logged;
        }
    )*};
}

/// Something that has happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// To what.
    pub topic: Topic,
    /// Its type's name.
    pub name: &'static str,
    /// Its number in the topic's log: one more than the last, without gaps. None for what is not logged.
    pub seq: Option<i64>,
    /// JSON, encoded once for all who receive it.
    pub data: String,
}

impl Event {
    /// An event of a declared type.
    pub fn new<E: EventType>(topic: Topic, seq: Option<i64>, data: &E) -> Result<Self> {
        let data = serde_json::to_string(data).map_err(Error::internal)?;
        Ok(Self { topic, name: E::NAME, seq, data })
    }
}

/// What one commit, or several at once, have changed for those outside the database.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// What has happened, in commit order.
    pub events: Vec<Event>,
    /// Whose rights have changed or ended: caches forget them, and sockets ask anew before they deliver more.
    pub authority: Vec<Subject>,
    /// Whether a job was enqueued: the worker of this process need not wait for its next look.
    pub enqueued: bool,
}

impl Committed {
    /// Whether nobody needs to hear of it.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.authority.is_empty() && !self.enqueued
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ RT-1
    #[test]
    fn a_topic_is_written_as_its_id() {
        let org = OrgId(Uuid::from_u128(1));
        let member = MemberId(Uuid::from_u128(2));
        let topic = Topic::member(org, member);
        assert_eq!(topic.to_string(), member.to_string());
        assert_eq!(serde_json::to_string(&topic).unwrap(), format!("\"{member}\""));
        assert_eq!(Topic::parse(MemberId::PREFIX, org, &member.to_string()), Ok(topic));
        assert_eq!(Topic::parse_in(MemberId::PREFIX, &org.to_string(), &member.to_string()), Ok(topic));
        assert!(Topic::parse(OrgId::PREFIX, org, &member.to_string()).is_err());
        assert_ne!(Topic::member(OrgId(Uuid::from_u128(3)), member), topic, "an id is in one organisation");
    }
}
