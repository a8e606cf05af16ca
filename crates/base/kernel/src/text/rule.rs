//! The one rule by which texts are stored and compared (ADR 8). Stored and shown: NFC. Compared: [`fold`], on both sides.
//! Nobody else in the house lowers, normalises or compares text that people typed.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::unseen;

/// The edition of [`fold`]. Raise it when `fold` gives anything else than before, as with new Unicode data: at the next start
/// whatever the databases keep in folded form is made anew.
pub const EDITION: i64 = 1;

/// The form in which text is stored, shown and hashed: letters and their marks composed (NFC).
pub fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { ComposingNormalizerBorrowed::new_nfc().normalize(text) }
}

/// The form in which two spellings of one text are equal: Unicode's compatibility caseless match (NFKC and full case folding),
/// without what nobody sees, and with one space for any white space. For comparing only: act on what is stored.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return single_spaced(text.to_ascii_lowercase());
    }
    let (compose, case) = (ComposingNormalizerBorrowed::new_nfkc(), CaseMapper::new());
    // Decomposed first, because an iota below that stands apart folds to a letter and its neighbours change places with it;
    // twice, because what compatibility uncovers has a case of its own (Unicode 3.13, D145 and D146).
    let text = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    let text = compose.normalize(&case.fold_string(&text)).into_owned();
    let text = compose.normalize(&case.fold_string(&text)).into_owned();
    let seen: String = text.chars().filter(|c| !unseen::is_unseen(*c)).collect();
    single_spaced(compose.normalize(&seen).into_owned())
}

/// Without white space at the ends, and with one space for any run of it.
pub(super) fn single_spaced(text: String) -> String {
    if text.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace)) {
        return text;
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_text_are_equal() {
        for (one, other) in [
            ("kim", "\u{212A}im"),
            ("sam", "\u{17F}am"),
            ("ada", "ＡＤＡ"),
            ("straße", "STRASSE"),
            ("straße", "STRAẞE"),
            ("caf\u{e9}", "Cafe\u{301}"),
            ("ørsted", "ØRSTED"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("Ǆ", "ǆ"),
            ("ﬁne", "FINE"),
            ("Ⅷ", "viii"),
            ("２５", "25"),
            ("a b", " a\u{3000}\u{a0} b"),
            ("ada", "a\u{200B}d\u{AD}a\u{FE0F}"),
            ("\u{1F80}", "\u{1F88}"),
            ("\u{3B1}\u{345}\u{301}", "\u{391}\u{301}\u{345}"),
            ("Ω", "\u{2126}"),
            ("Å", "\u{212B}"),
            ("한", "\u{1112}\u{1161}\u{11AB}"),
            ("ガ", "ｶﾞ"),
        ] {
            assert_eq!(fold(one), fold(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn different_letters_stay_different() {
        for (one, other) in [("ı", "i"), ("o", "ø"), ("u", "ü"), ("a", "а"), ("l", "1"), ("ann", "an n")]
        {
            assert_ne!(fold(one), fold(other), "{one:?} {other:?}");
        }
        // Folding knows no language: the capital i with a dot is i and a dot.
        assert_eq!(fold("İ"), "i\u{307}");
    }

    /// Where the characters are that fold to anything but themselves.
    fn folding() -> impl Iterator<Item = char> {
        let blocks = [0..0x3400, 0xA640..0xAC10, 0xF900..0x1_0000, 0x1_0400..0x1_0600, 0x1_1080..0x1_10D0];
        let more = [
            0x1_18A0..0x1_18E0,
            0x1_D150..0x1_D800,
            0x1_E900..0x1_F260,
            0x2_F800..0x2_FA20,
            0xE_0000..0xE_0200,
        ];
        blocks.into_iter().chain(more).flatten().filter_map(char::from_u32)
    }

    #[test]
    fn folding_and_composing_twice_is_folding_and_composing_once() {
        for c in folding() {
            for text in [format!("{c}"), format!("\u{3B1}\u{345}{c}\u{301}")] {
                let folded = fold(&text);
                assert_eq!(fold(&folded), folded, "{text:?}");
                assert_eq!(fold(&nfc(&text)), folded, "{text:?}");
                assert_eq!(nfc(&nfc(&text)), nfc(&text), "{text:?}");
            }
        }
    }

    /// What databases keep depends on it.
    #[test]
    fn a_fold_that_gives_something_else_has_a_new_edition() {
        let hash = folding().fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| {
            fold(c.encode_utf8(&mut [0; 4]))
                .bytes()
                .chain([0])
                .fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        });
        assert_eq!(
            (EDITION, hash),
            (1, 0x532b_6350_5d61_049e),
            "fold has changed: raise EDITION, and then write this number down"
        );
    }
}
