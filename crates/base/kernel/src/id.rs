//! Typed identifiers: a UUIDv7 inside, `prefix_` and 32 hex digits outside, so that an id of one kind cannot be passed
//! for another, neither in Rust nor by a person reading a log.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::cx::Cx;

/// What is wrong with a text that was meant as an id.
#[derive(Debug, PartialEq, Eq)]
pub struct BadId {
    expected: &'static str,
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected an id like {}_0190…", self.expected)
    }
}

pub(crate) fn parse(prefix: &'static str, text: &str) -> Result<Uuid, BadId> {
    let bad = BadId { expected: prefix };
    let Some(hex) = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')) else {
        return Err(bad);
    };
    // One spelling per id: upper case, braces and hyphens would make two names for one thing.
    if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Err(bad);
    }
    Uuid::from_str(hex).map_err(|_| bad)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The text before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, from the context's clock and randomness (RFC 9562, version 7).
            pub fn new(cx: &Cx) -> Self {
                Self(cx.uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                // On the stack: a page of messages writes some hundred of these.
                let mut buffer = [0u8; $prefix.len() + 33];
                buffer[..$prefix.len()].copy_from_slice($prefix.as_bytes());
                buffer[$prefix.len()] = b'_';
                self.0.simple().encode_lower(&mut buffer[$prefix.len() + 1..]);
                s.serialize_str(std::str::from_utf8(&buffer).map_err(serde::ser::Error::custom)?)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": concat!("^", $prefix, "_[0-9a-f]{32}$"), "maxLength": $prefix.len() + 33 })
            }
        }
    )*};
}

ids! {
    /// An organisation: the tenant.
    OrgId = "org";
    /// A person with an account on this installation.
    UserId = "usr";
    /// A person inside one organisation. Everything in an organisation points at members, never at users.
    MemberId = "mem";
    /// A signed-in browser.
    SessionId = "ses";
    /// An invitation into an organisation.
    InvitationId = "inv";
    /// A channel, direct conversations included.
    ChannelId = "chn";
    /// A message.
    MessageId = "msg";
    /// An entry of the audit ledger.
    AuditId = "aud";
    /// A request, as named in errors and logs.
    RequestId = "req";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_only() {
        let text = "msg_01900000000070008000000000000001";
        let id: MessageId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
        for bad in [
            "chn_01900000000070008000000000000001",
            "msg_0190000000007000800000000000000",
            "msg_0190000000007000800000000000000A",
            "msg_01900000-0000-7000-8000-000000000001",
            "msg-01900000000070008000000000000001",
            "../../etc/passwd",
            "msg_0190000000007000800000000000000\0",
            "",
        ] {
            assert!(bad.parse::<MessageId>().is_err(), "{bad:?}");
        }
    }
}
