//! E-mail addresses.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::{EMPTY, fold, hidden, trimmed};

/// An e-mail address, composed and otherwise as typed. Not more is checked than that mail could be sent there: the only
/// real test of an address is a message that arrives.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Longest address, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
    pub const MAX: usize = 254;

    /// Checks and wraps an address.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = trimmed(text);
        if text.is_empty() {
            return Err(EMPTY.into_owned());
        }
        let bad = || Err("Enter an e-mail address like ada@example.org.".to_owned());
        let Some((local, domain)) = text.rsplit_once('@') else { return bad() };
        let plain = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
        let label = |l: &str| {
            !l.is_empty()
                && l.len() <= 63
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && local.chars().all(plain)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let domain_ok = domain.split('.').all(label) && idna::domain_to_ascii(domain).is_ok();
        if text.len() > Self::MAX || !local_ok || !domain_ok || hidden(&text).is_some() {
            return bad();
        }
        Ok(Self(text.into_owned()))
    }

    /// An address that was checked when it was stored. Rules grow stricter; whoever is known by it stays known.
    pub fn stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The address as typed, for sending.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one address are equal, for finding an account. The domain as DNS compares it, so that
    /// `bücher.example` and `xn--bcher-kva.example` are one. Never send anything to what was typed: send to what is stored.
    pub fn folded(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let domain = match idna::domain_to_unicode(domain) {
            (domain, Ok(())) => domain,
            _ => fold(domain),
        };
        format!("{}@{domain}", fold(local))
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[email]")
    }
}

impl Serialize for Email {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(&Cow::<'de, str>::deserialize(d)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Email {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Email".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "minLength": 3, "maxLength": Email::MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["a@b", "ada.lovelace+x@example.org", "ü@bücher.example"] {
            assert!(Email::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a@xn--a",
            "a\u{3164}@b",
            "a\u{200D}b@c",
            "ada@example.org.",
            "a@b\u{3002}c",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b\r\nBcc: x@y",
            "a@b..c",
            "a..b@c",
            "a@-b",
            "<a@b>",
            "a,b@c",
        ] {
            assert!(Email::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Email::new("Ada@Example.ORG").unwrap().folded(), "ada@example.org");
        assert_eq!(Email::new(" \u{FEFF}u\u{308}@b\u{200B} ").unwrap().as_str(), "\u{fc}@b");
    }

    // REQ ID-1
    #[test]
    fn spellings_of_one_address_are_one_account_and_others_are_not() {
        let folded = |text: &str| Email::new(text).unwrap().folded();
        for (one, other) in [
            ("kim@example.org", "\u{212A}im@example.org"),
            ("sam@example.org", "\u{17F}am@EXAMPLE.ORG"),
            ("ada@example.org", "ａｄａ@ｅｘａｍｐｌｅ.org"),
            ("strasse@example.org", "STRAẞE@example.org"),
            ("jos\u{e9}@example.org", "jose\u{301}@example.org"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@bu\u{308}cher.example", "ada@BÜCHER.example"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        // Other domains are other people's: DNS keeps ß, and the dotless i.
        for (one, other) in [
            ("ada@fußball.example", "ada@fussball.example"),
            ("kım@example.org", "kim@example.org"),
            ("kim@example.org", "kim@exampl\u{435}.org"),
        ] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }
}
