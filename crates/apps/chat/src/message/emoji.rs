//! A reaction's emoji: what Unicode's emoji data says is one, in the one form that Unicode recommends.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

/// An emoji, fully qualified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Emoji(&'static str);

/// Asks for the coloured picture. Keyboards and fonts put it or leave it out, and it tells no two emoji apart.
const PICTURE: char = '\u{FE0F}';
/// Longest in characters, with every selector that somebody might put.
const LONGEST: usize = 32;

/// Every emoji in every skin, by its key. The library's own look-up gives some couples of two skins another skin.
static EVERY: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let skins = |emoji: &'static emojis::Emoji| emoji.skin_tones().into_iter().flatten().chain([emoji]);
    emojis::iter().flat_map(skins).map(|emoji| (key(emoji.as_str()), emoji.as_str())).collect()
});

impl Emoji {
    /// The emoji that a text is, however it is qualified.
    pub(crate) fn new(text: &str) -> Option<Self> {
        if text.chars().count() > LONGEST {
            return None;
        }
        EVERY.get(&key(text)).map(|full| Self(full))
    }

    pub(crate) fn as_str(self) -> &'static str {
        self.0
    }
}

/// What an emoji is called in the database: all its forms are one there.
pub(crate) fn key(emoji: &str) -> String {
    emoji.replace(PICTURE, "")
}

impl<'de> Deserialize<'de> for Emoji {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        Self::new(&text).ok_or_else(|| serde::de::Error::custom("must be an emoji"))
    }
}

impl JsonSchema for Emoji {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Emoji".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": LONGEST })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ COMMS-12
    #[test]
    fn every_form_of_every_emoji_of_unicodes_list_is_that_emoji() {
        // "form fully-qualified", one a line, from Unicode's emoji-test.txt.
        let list = include_str!("../../../../../tests/cases/emoji.txt");
        let mut forms = 0;
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            let (form, full) = line.split_once(' ').unwrap();
            assert_eq!(Emoji::new(form).map(Emoji::as_str), Some(full), "{form:?}");
            forms += 1;
        }
        assert!(forms > 4600, "{forms}");
    }

    // REQ COMMS-12
    #[test]
    fn nothing_else_is_an_emoji() {
        let long = "👍".repeat(40);
        let others = [
            "",
            " ",
            "a",
            "<b>",
            "1",
            "#",
            "*",
            "é",
            "€",
            "—",
            "…",
            "→",
            "中",
            "\u{200B}",
            "\u{200D}",
            "\u{FE0F}",
            "\u{FE0E}",
            "\u{1b}",
            "👍a",
            "👍 ",
            " 👍",
            "👍👍",
            "1\u{FE0F}",
            "\u{20E3}",
            "🇪",
            "🇪🇺🇩",
            "❤\u{FE0E}",
            "👩\u{200D}",
            "\u{E0067}",
            &long,
        ];
        for other in others {
            assert_eq!(Emoji::new(other), None, "{other:?}");
        }
    }

    // REQ COMMS-12
    #[test]
    fn a_selector_more_or_less_makes_no_other_emoji() {
        for form in ["👍", "👍\u{FE0F}", "\u{FE0F}👍"] {
            assert_eq!(Emoji::new(form).map(Emoji::as_str), Some("👍"), "{form:?}");
        }
        assert_eq!(Emoji::new("ℹ").map(Emoji::as_str), Some("ℹ\u{FE0F}"));
        assert_eq!(Emoji::new("🅰").map(Emoji::as_str), Some("🅰\u{FE0F}"));
    }
}
