//! Text from outside, bounded and cleaned by its type: once a value exists, it fits. How texts are stored and compared is
//! one rule for the whole house: `docs/adr/0008-one-rule-for-text.md`.

mod email;
mod rule;
mod unseen;

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

pub use email::Email;
pub use rule::{EDITION, fold, nfc};
pub use unseen::shows;

use rule::single_spaced;
use unseen::{is_idle, is_mark, is_nothing};

/// What is wrong with a text, in words for the person who typed it.
type Problem = Cow<'static, str>;

const EMPTY: Problem = Cow::Borrowed("Fill this in.");

/// Composed, without white space and unseen characters at its ends.
fn trimmed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text.trim());
    }
    let text = nfc(text);
    let mut rest = without_idle_end(&text);
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if !is_blank("", c, after) {
            break;
        }
        rest = after;
    }
    Cow::Owned(rest.to_owned())
}

fn without_idle_end(text: &str) -> &str {
    let mut rest = text;
    while let Some(c) = rest.chars().next_back() {
        let before = &rest[..rest.len() - c.len_utf8()];
        if !is_blank(before, c, "") {
            break;
        }
        rest = before;
    }
    rest
}

/// What may go from an end without a word. Control characters are no accident there, so they are refused.
fn is_blank(before: &str, c: char, after: &str) -> bool {
    c.is_whitespace() || !c.is_control() && is_idle(before, c, after)
}

/// The first character that nobody sees and nothing needs.
fn hidden(text: &str) -> Option<char> {
    let idle = |(at, c): &(usize, char)| is_idle(&text[..*at], *c, &text[at + c.len_utf8()..]);
    text.char_indices().find(idle).map(|(_, c)| c)
}

/// A text without what would be refused in a name, for whoever brings in what others have written.
pub fn without_hidden(text: &str) -> String {
    let mut marks = 0;
    let seen = |(at, c): &(usize, char)| {
        marks = if is_mark(*c) { marks + 1 } else { 0 };
        marks <= MARKS && !is_nothing(*c) && !is_idle(&text[..*at], *c, &text[at + c.len_utf8()..])
    };
    text.char_indices().filter(seen).map(|(_, c)| c).collect()
}

/// Marks on one letter at most: scripts need up to half as many, and a tower of them stands in the lines above.
const MARKS: usize = 8;

/// Refuses what hides in a text by which people are known, what nobody can read, and what does not stay in its line.
fn refuse_hidden(text: &str) -> Result<(), Problem> {
    if let Some(c) = hidden(text) {
        return Err(format!("Remove the invisible character in it (U+{:04X}).", u32::from(c)).into());
    }
    if let Some(c) = text.chars().find(|c| is_nothing(*c)) {
        return Err(format!("Remove the character in it that means nothing (U+{:04X}).", u32::from(c)).into());
    }
    if text.split(|c| !is_mark(c)).any(|marks| marks.chars().count() > MARKS) {
        return Err(format!("Use at most {MARKS} marks on one letter.").into());
    }
    Ok(())
}

/// A line that people are known by: composed, single spaces, nothing hidden.
fn line(text: &str) -> Result<String, Problem> {
    let text = trimmed(text);
    if text.chars().any(|c| c.is_whitespace() && c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err("Write it on one line.".into());
    }
    refuse_hidden(&text)?;
    Ok(single_spaced(text.into_owned()))
}

/// What somebody wrote, with what came along when it was pasted put right: every end of a line is a line feed, other control
/// characters and what hides are gone, the end is trimmed. What stands at the beginning is the writer's: it may be code.
fn writing(text: &str) -> Result<String, Problem> {
    if text.bytes().all(|b| matches!(b, b'\n' | b'\t' | b' '..=b'~')) {
        return Ok(text.trim_end().to_owned());
    }
    let text =
        text.replace("\r\n", "\n").replace(['\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let stays =
        |(at, c): &(usize, char)| lays_out(*c) || !is_idle(&text[..*at], *c, &text[at + c.len_utf8()..]);
    let text: String = text.char_indices().filter(stays).map(|(_, c)| c).collect();
    Ok(without_idle_end(&nfc(&text)).to_owned())
}

/// What nobody sees, and yet says where a line may break or in which direction its next neighbour runs.
fn lays_out(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}')
}

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $clean:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<const MIN: usize, const MAX: usize>(String);

        impl<const MIN: usize, const MAX: usize> $name<MIN, MAX> {
            /// Checks and wraps a text. The error says what is wrong in words for the person who typed it.
            pub fn new(text: &str) -> Result<Self, String> {
                let clean: fn(&str) -> Result<String, Problem> = $clean;
                Self::sized(clean(text)).map_err(Cow::into_owned)
            }

            fn sized(text: Result<String, Problem>) -> Result<Self, Problem> {
                let text = text.map(|text| if shows(&text) { text } else { String::new() })?;
                let count = text.chars().count();
                match count {
                    0 if MIN > 0 => Err(EMPTY),
                    _ if count < MIN => Err(format!("Use at least {MIN} characters.").into()),
                    _ if count > MAX => Err(format!("Use at most {MAX} characters.").into()),
                    _ => Ok(Self(text)),
                }
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
    /// One line: names, topics. Composed, with single spaces, without anything that reorders or hides text.
    Line, line
);
bounded!(
    /// Several lines: message bodies. Composed; line feeds end lines; without other control characters.
    Text, writing
);

/// The name by which a member is mentioned: `@ada`. Folded, and ASCII then; unique in its organisation.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Handle(String);

impl Handle {
    /// Longest handle, in characters.
    pub const MAX: usize = 32;

    /// Words that would mean something else after an `@`.
    const RESERVED: [&'static str; 4] = ["channel", "here", "everyone", "all"];

    /// Checks and wraps a handle.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = trimmed(text);
        refuse_hidden(&text).map_err(Cow::into_owned)?;
        let text = fold(&text);
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        let edge = |c: char| c.is_ascii_alphanumeric();
        if text.is_empty() {
            return Err(EMPTY.into_owned());
        }
        if text.len() > Self::MAX
            || !text.chars().all(inner)
            || !text.starts_with(edge)
            || !text.ends_with(edge)
        {
            return Err("Use 1 to 32 letters from a to z, digits, dots, dashes or underscores, with a letter or digit first and last.".into());
        }
        if Self::RESERVED.contains(&text.as_str()) {
            return Err("Choose another: this word has a meaning of its own after @.".into());
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
    }

    // REQ COMMS-1, ID-1
    #[test]
    fn what_people_are_known_by_is_seen_and_has_one_spelling() {
        let line = |text: &str| Line::<1, 20>::new(text).map(|line| line.as_str().to_owned());
        for (typed, kept) in [
            ("Cafe\u{301}", "Caf\u{e9}"),
            (" Ada \u{a0}\u{3000} L ", "Ada L"),
            ("\u{FEFF}Ada\u{200D}\u{2800}\u{3164}", "Ada"),
            ("\u{202A}+49 30 1234\u{202C}", "+49 30 1234"),
            ("👩‍🚀 Ada ❤️", "👩‍🚀 Ada ❤️"),
            ("می‌خواهم", "می‌خواهم"),
        ] {
            assert_eq!(line(typed).as_deref(), Ok(kept), "{typed:?}");
        }
        for empty in [
            "\u{3164}",
            "\u{2800}\u{2800}",
            "\u{200B}",
            "\u{AD}",
            "\u{115F}\u{1160}",
            "\u{301}",
            "\u{E0041}",
            "\u{3000}",
        ] {
            assert_eq!(line(empty), Err("Fill this in.".into()), "{empty:?}");
            assert_eq!(Line::<0, 9>::new(empty).map(|line| line.as_str().len()), Ok(0), "{empty:?}");
            assert!(Text::<1, 9>::new(&format!(" {empty}\n{empty}")).is_err(), "{empty:?}");
        }
        assert_eq!(line("A\u{3164}da"), Err("Remove the invisible character in it (U+3164).".into()));
        for (strange, said) in [
            ("A\u{FDD0}", "(U+FDD0)"),
            ("A\u{FFFF}", "(U+FFFF)"),
            ("\u{E000}da", "(U+E000)"),
            ("\u{F8FF}", "(U+F8FF)"),
            ("A\u{10FFFE}", "(U+10FFFE)"),
            (&format!("Z{}", "\u{30D}".repeat(9)), "at most 8 marks"),
        ] {
            assert!(line(strange).unwrap_err().contains(said), "{strange:?}");
            assert!(line(&without_hidden(&format!("A{strange}"))).is_ok(), "{strange:?}");
        }
        for letters in ["שָׁלוֹם", "ຜູ້", "བསྒྲུབས", "ậ̃", &format!("Z{}", "\u{30D}".repeat(8))]
        {
            assert!(line(letters).is_ok(), "{letters:?}");
        }
        assert_eq!(line("A\u{2028}da"), Err("Write it on one line.".into()));
        assert!(
            line("A\u{200F}da").is_err() && line("A\u{FE0F}da").is_err() && line("A\u{E0064}da").is_err()
        );
    }

    // REQ COMMS-2
    #[test]
    fn what_was_pasted_is_put_right_and_keeps_its_indent() {
        let text = |text: &str| Text::<1, 40>::new(text).map(|text| text.as_str().to_owned());
        for (pasted, kept) in [
            ("    let a = 1;\n\tb  \n\n", "    let a = 1;\n\tb"),
            ("a\r\nb\rc\u{B}d\u{C}e\u{85}f\u{2028}g\u{2029}h", "a\nb\nc\nd\ne\nf\ng\nh"),
            ("\u{FEFF}a\0b\u{1b}[31mc\u{7f}\u{9b}", "ab[31mc"),
            ("pay \u{202E}001\u{202C} \u{2066}now\u{2069}", "pay 001 now"),
            ("e\u{301} 👩‍🚀 ❤️ می‌خواهم", "\u{e9} 👩‍🚀 ❤️ می‌خواهم"),
            ("ภาษา\u{200B}ไทย \u{200F}שלום", "ภาษา\u{200B}ไทย \u{200F}שלום"),
            ("hi\u{E0068}\u{E0069}\u{200D}\u{3164} \u{200B}", "hi"),
        ] {
            assert_eq!(text(pasted).as_deref(), Ok(kept), "{pasted:?}");
            assert_eq!(text(kept).as_deref(), Ok(kept), "{kept:?}");
        }
        assert_eq!(text("\0\r\n\u{200B}"), Err("Fill this in.".into()));
    }

    #[test]
    fn handles() {
        assert_eq!(Handle::new("Ada_L").unwrap().as_str(), "ada_l");
        for bad in ["", "here", "Channel", "-a", "a-", "a b", "a@b", "é"] {
            assert!(Handle::new(bad).is_err(), "{bad:?}");
        }
        assert!(Handle::new("a\u{202E}b").is_err());
        assert_eq!(Handle::new("\u{200B}\u{212A}ｉｍ ").unwrap().as_str(), "kim");
    }
}
