//! Typed identifiers: a UUIDv7 inside, `prefix_` and 32 hex digits outside, so that an id of one kind cannot be passed
//! for another, neither in Rust nor by a person reading a log.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// What the code that [`ids!`](crate::ids) writes is made of.
#[doc(hidden)]
pub mod of {
    pub use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    pub use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
    pub use uuid::Uuid;
}

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

/// Reads an id with this prefix.
pub fn parse(prefix: &'static str, text: &str) -> Result<Uuid, BadId> {
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

/// Declares ids: `/// A channel. ChannelId = "chn";`. Each module declares its own, and names their prefixes in its manifest.
#[macro_export]
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $crate::id::of::Uuid);

        impl $name {
            /// The text before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, from the context's clock and randomness (RFC 9562, version 7).
            pub fn new(cx: &$crate::Cx) -> Self {
                Self(cx.uuid())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::id::BadId;
            fn from_str(text: &str) -> Result<Self, $crate::id::BadId> {
                $crate::id::parse($prefix, text).map(Self)
            }
        }

        impl $crate::id::of::Serialize for $name {
            fn serialize<S: $crate::id::of::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                // On the stack: a page of messages writes some hundred of these.
                let mut buffer = [0u8; $prefix.len() + 33];
                buffer[..$prefix.len()].copy_from_slice($prefix.as_bytes());
                buffer[$prefix.len()] = b'_';
                self.0.simple().encode_lower(&mut buffer[$prefix.len() + 1..]);
                s.serialize_str(std::str::from_utf8(&buffer).map_err($crate::id::of::ser::Error::custom)?)
            }
        }

        impl<'de> $crate::id::of::Deserialize<'de> for $name {
            fn deserialize<D: $crate::id::of::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as $crate::id::of::Deserialize>::deserialize(d)?;
                text.parse().map_err($crate::id::of::de::Error::custom)
            }
        }

        impl $crate::id::of::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut $crate::id::of::SchemaGenerator) -> $crate::id::of::Schema {
                $crate::id::of::json_schema!({ "type": "string", "pattern": concat!("^", $prefix, "_[0-9a-f]{32}$"), "maxLength": $prefix.len() + 33 })
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
    /// A token with which a program acts for a member.
    TokenId = "tok";
    /// A request, as named in errors and logs.
    RequestId = "req";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_only() {
        let text = "mem_01900000000070008000000000000001";
        let id: MemberId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
        for bad in [
            "chn_01900000000070008000000000000001",
            "mem_0190000000007000800000000000000",
            "mem_0190000000007000800000000000000A",
            "mem_01900000-0000-7000-8000-000000000001",
            "mem-01900000000070008000000000000001",
            "../../etc/passwd",
            "mem_0190000000007000800000000000000\0",
            "",
        ] {
            assert!(bad.parse::<MemberId>().is_err(), "{bad:?}");
        }
    }
}
