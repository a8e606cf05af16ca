//! Values that must never be seen: shown as `[secret]` by every formatter, wiped when dropped.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::text::nfc;

/// A password, token or key. There is no `Display` and no `Serialize`; reading it is a word that a reviewer can search.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Longest secret accepted from outside, in bytes. Hashing longer ones would be a gift to an attacker.
    pub const MAX: usize = 512;

    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Every call is a place to look at.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether both are the same, in a time that does not tell where they differ.
    pub fn matches(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        if text.is_empty() {
            return Err(serde::de::Error::custom("Fill this in."));
        }
        if text.len() > Self::MAX {
            return Err(serde::de::Error::custom(format_args!("Use at most {} bytes.", Self::MAX)));
        }
        Ok(Self::new(text))
    }
}

impl JsonSchema for Secret {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": Secret::MAX, "writeOnly": true })
    }
}

/// A password as a person typed it. It is compared in one spelling (RFC 8265, OpaqueString): letters composed, and a plain space
/// for every kind of space; so that it is the same from every keyboard.
#[derive(Clone, Debug)]
pub struct Password {
    typed: Secret,
    spelled: Secret,
}

impl Password {
    /// Wraps a text.
    pub fn new(typed: &str) -> Self {
        let spaced: Zeroizing<String> = Zeroizing::new(
            typed.chars().map(|c| if c.is_whitespace() && !c.is_control() { ' ' } else { c }).collect(),
        );
        Self { typed: Secret::new(typed), spelled: Secret::new(nfc(&spaced)) }
    }

    /// The spelling to hash.
    pub fn spelled(&self) -> &Secret {
        &self.spelled
    }

    /// As typed, if that is another spelling: a hash made before there was a rule may be of it.
    pub fn as_typed(&self) -> Option<&Secret> {
        (!self.typed.matches(self.spelled.reveal())).then_some(&self.typed)
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Secret::deserialize(d).map(|typed| Self::new(typed.reveal()))
    }
}

impl JsonSchema for Password {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Password".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Secret::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ EDGE-9
    #[test]
    fn no_formatter_shows_it() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "[secret] Some([secret])");
        assert!(secret.matches("hunter2"));
        assert!(!secret.matches("hunter3"));
    }
}
