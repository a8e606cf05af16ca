//! Text from outside, bounded and cleaned by its type: once a value exists, it fits.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

/// Characters that reorder or hide text and have no place in a name: bidirectional controls and zero-width marks.
fn deceives(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{2028}' | '\u{2029}')
}

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $allow:expr, $what:literal, $trim:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<const MIN: usize, const MAX: usize>(String);

        impl<const MIN: usize, const MAX: usize> $name<MIN, MAX> {
            /// Checks and wraps a text. The error says what is wrong in words for the person who typed it.
            pub fn new(text: &str) -> Result<Self, String> {
                let text: &str = if $trim { text.trim() } else { text.trim_end() };
                let count = text.chars().count();
                if count < MIN {
                    return Err(if MIN == 1 { "must not be empty".into() } else { format!("must be at least {MIN} characters long") });
                }
                if count > MAX {
                    return Err(format!("must be at most {MAX} characters long"));
                }
                let allowed: fn(char) -> bool = $allow;
                if !text.chars().all(allowed) {
                    return Err($what.into());
                }
                Ok(Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<const MIN: usize, const MAX: usize> fmt::Debug for $name<MIN, MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Text that people wrote stays out of logs by its type (EDGE-9).
                write!(f, "[{} chars]", self.0.chars().count())
            }
        }

        impl<const MIN: usize, const MAX: usize> Serialize for $name<MIN, MAX> {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for $name<MIN, MAX> {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Self::new(&Cow::<'de, str>::deserialize(d)?).map_err(de::Error::custom)
            }
        }

        impl<const MIN: usize, const MAX: usize> JsonSchema for $name<MIN, MAX> {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                format!(concat!(stringify!($name), "{}To{}"), MIN, MAX).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "minLength": MIN, "maxLength": MAX })
            }
        }
    };
}

bounded!(
    /// One line: names, topics. No control characters, nothing that reorders or hides text.
    Line, |c| !c.is_control() && !deceives(c), "must be one line without control or hidden characters", true
);
bounded!(
    /// Several lines: message bodies. Control characters other than line feed and tab are refused.
    Text, |c| !c.is_control() || matches!(c, '\n' | '\t'), "must not contain control characters", false
);

/// An e-mail address, kept as typed; compared in lower case. Not more is checked than that mail could be sent there: the
/// only real test of an address is a message that arrives.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Longest address, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
    pub const MAX: usize = 254;

    /// Checks and wraps an address.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bad = || Err("must be an e-mail address like ada@example.org".to_owned());
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
        if text.len() > Self::MAX || !local_ok || !domain.split('.').all(label) {
            return bad();
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as typed, for sending.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one address are equal.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
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
        json_schema!({ "type": "string", "minLength": 3, "maxLength": Email::MAX })
    }
}

/// The name by which a member is mentioned: `@ada`. Lower case, unique in its organisation.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Handle(String);

impl Handle {
    /// Longest handle, in characters.
    pub const MAX: usize = 32;

    /// Words that would mean something else after an `@`.
    const RESERVED: [&'static str; 4] = ["channel", "here", "everyone", "all"];

    /// Checks and wraps a handle.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim().to_lowercase();
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        let edge = |c: char| c.is_ascii_alphanumeric();
        if text.is_empty()
            || text.len() > Self::MAX
            || !text.chars().all(inner)
            || !text.starts_with(edge)
            || !text.ends_with(edge)
        {
            return Err("must be 1 to 32 letters, digits, dots, dashes or underscores, beginning and ending with a letter or digit".into());
        }
        if Self::RESERVED.contains(&text.as_str()) {
            return Err("is a word with a meaning of its own after @; choose another".into());
        }
        Ok(Self(text))
    }

    /// The handle, without the `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Handle {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Handle {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(&Cow::<'de, str>::deserialize(d)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Handle {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Handle".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": Handle::MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hold_no_tricks() {
        assert_eq!(Line::<1, 10>::new("  general ").unwrap().as_str(), "general");
        for bad in ["", "   ", "a\nb", "a\u{202E}b", "a\0b", "12345678901", "\u{1b}[31mred"] {
            assert!(Line::<1, 10>::new(bad).is_err(), "{bad:?}");
        }
        assert!(Text::<1, 10>::new("a\n\tb").is_ok());
        assert!(Text::<1, 10>::new("a\rb").is_err());
    }

    #[test]
    fn addresses() {
        for good in ["a@b", "ada.lovelace+x@example.org", "ü@bücher.example"] {
            assert!(Email::new(good).is_ok(), "{good}");
        }
        for bad in
            ["", "@", "a@", "@b", "a b@c", "a@b\r\nBcc: x@y", "a@b..c", "a..b@c", "a@-b", "<a@b>", "a,b@c"]
        {
            assert!(Email::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Email::new("Ada@Example.ORG").unwrap().folded(), "ada@example.org");
    }

    #[test]
    fn handles() {
        assert_eq!(Handle::new("Ada_L").unwrap().as_str(), "ada_l");
        for bad in ["", "here", "Channel", "-a", "a-", "a b", "a@b", "é"] {
            assert!(Handle::new(bad).is_err(), "{bad:?}");
        }
    }
}
