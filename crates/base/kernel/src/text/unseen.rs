//! Characters that nobody sees: where scripts and emoji need them they stay, elsewhere they only hide or fool.

use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier, ExtendedPictographic,
    GeneralCategory, Ideographic, JoiningType,
};
use icu_properties::{CodePointMapData, CodePointSetData};

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';
const BLACK_FLAG: char = '\u{1F3F4}';
const LAST_TAG: char = '\u{E007F}';
/// Tags in a flag at most, `gbeng` for instance.
const TAGS: usize = 6;

/// Whether a character leaves no mark of its own, wherever it stands. White space is another matter.
pub(super) fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() && !c.is_whitespace();
    }
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        // Blank though they count as letters and symbols: Braille's and the hieroglyphs' blanks, a note without a head, the
        // place of an object, and annotation's marks.
        || matches!(c, '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{1D159}' | '\u{FFF9}'..='\u{FFFC}')
        || c.is_control() && !c.is_whitespace()
}

/// Whether a text shows anything: not only blanks, what is unseen, and marks with nothing to stand on.
pub fn shows(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_graphic() || !c.is_whitespace() && !is_unseen(c) && !is_mark(c))
}

/// Whether Unicode gives a character no meaning, for good: noncharacters, and those for private use, which every font draws
/// as it likes.
pub(super) fn is_nothing(c: char) -> bool {
    matches!(category(c), GeneralCategory::PrivateUse)
        || matches!(c, '\u{FDD0}'..='\u{FDEF}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Whether a character is a mark on the one before it.
pub(super) fn is_mark(c: char) -> bool {
    matches!(category(c), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

/// Whether nobody sees this character and nothing around it needs it.
pub(super) fn is_idle(before: &str, c: char, after: &str) -> bool {
    if !is_unseen(c) {
        return false;
    }
    let (last, next) = (before.chars().next_back(), after.chars().next());
    let last = |is: fn(char) -> bool| last.is_some_and(is);
    let next = |is: fn(char) -> bool| next.is_some_and(is);
    let needed = match c {
        // The look of an emoji, or of a Han or Mongolian letter.
        '\u{FE0E}' | '\u{FE0F}' => last(|c| CodePointSetData::new::<Emoji>().contains(c)),
        '\u{FE00}'..='\u{FE0D}' | '\u{E0100}'..='\u{E01EF}' => {
            last(|c| CodePointSetData::new::<Ideographic>().contains(c))
        }
        '\u{180B}'..='\u{180F}' => last(|c| matches!(c, '\u{1820}'..='\u{18AA}')),
        ZWJ if joins_emoji(before, after) => true,
        ZWNJ | ZWJ => joins_letters(before, c, after),
        '\u{E0020}'..=LAST_TAG => is_in_flag(before, c, after),
        // A syllable of old Hangul that lacks its first or its second letter.
        '\u{115F}' => next(|c| matches!(c, '\u{1161}'..='\u{11A7}')),
        '\u{1160}' => last(|c| matches!(c, '\u{1100}'..='\u{115E}')),
        '\u{2800}' => last(is_braille) && next(is_braille),
        _ => false,
    };
    !needed
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn is_braille(c: char) -> bool {
    matches!(c, '\u{2801}'..='\u{28FF}')
}

/// 👩‍🚀: a picture, perhaps with its look or a tone of skin, and another picture.
fn joins_emoji(before: &str, after: &str) -> bool {
    let picture = CodePointSetData::new::<ExtendedPictographic>();
    let tone = CodePointSetData::new::<EmojiModifier>();
    let before = before.chars().rev().find(|c| *c != '\u{FE0F}' && !tone.contains(*c));
    before.is_some_and(|c| picture.contains(c)) && after.chars().next().is_some_and(|c| picture.contains(c))
}

/// Where a joiner shapes letters (RFC 5892, A.1 and A.2): behind a virama; the one that parts, between letters that would join.
fn joins_letters(before: &str, c: char, after: &str) -> bool {
    let joining = |c: char| CodePointMapData::<JoiningType>::new().get(c);
    let mark = |c: &char| joining(*c) == JoiningType::Transparent && !is_unseen(*c);
    let follows = after.chars().next().is_some_and(|c| !is_unseen(c) && c.is_alphanumeric());
    let virama = |c: char| {
        CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
    };
    if before.chars().next_back().is_some_and(virama) {
        return follows;
    }
    let left = before.chars().rev().find(|c| !mark(c)).map(joining);
    let right = after.chars().find(|c| !mark(c)).map(joining);
    c == ZWNJ
        && matches!(left, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(right, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// 🏴󠁧󠁢󠁥󠁮󠁧󠁿: a black flag, a few tags, and the last of them.
fn is_in_flag(before: &str, c: char, after: &str) -> bool {
    let is_tag = |c: &char| matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}');
    let (behind, ahead) =
        (before.chars().rev().take_while(is_tag).count(), after.chars().take_while(is_tag).count());
    let flag = before.chars().rev().nth(behind) == Some(BLACK_FLAG);
    if c == LAST_TAG {
        return flag && (1..=TAGS).contains(&behind);
    }
    flag && is_tag(&c) && behind + ahead < TAGS && after.chars().nth(ahead) == Some(LAST_TAG)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The characters of a text that are in nobody's use.
    fn idle(text: &str) -> Vec<char> {
        let at = |(at, c): (usize, char)| is_idle(&text[..at], c, &text[at + c.len_utf8()..]).then_some(c);
        text.char_indices().filter_map(at).collect()
    }

    #[test]
    fn scripts_and_emoji_keep_what_they_need() {
        for text in [
            "می‌خواهم",   // Persian: a joiner parts what would join
            "श्री क्‍ष क्‌ष", // Hindi: behind a virama
            "ශ්‍රී ලංකාව",   // Sinhala
            "👩‍🚀 👩‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 ❤️‍🔥 🏴‍☠️",
            "❤️ ☎︎ 1️⃣ #️⃣ ©️",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
            "葛\u{E0100} 逸\u{FE00}",
            "ᠠ\u{180B}",
            "\u{115F}\u{1161} \u{1100}\u{1160}",
            "⠓⠑⠇⠇⠕⠀⠺",
            "مرحبا 日本語 ไทย é ñ",
        ] {
            assert_eq!(idle(text), Vec::<char>::new(), "{text}");
        }
    }

    #[test]
    fn elsewhere_nothing_hides() {
        for c in [
            '\u{200B}',
            '\u{200C}',
            '\u{200D}',
            '\u{200E}',
            '\u{200F}',
            '\u{2060}',
            '\u{2062}',
            '\u{2063}',
            '\u{FEFF}',
            '\u{AD}',
            '\u{34F}',
            '\u{61C}',
            '\u{115F}',
            '\u{1160}',
            '\u{17B4}',
            '\u{180B}',
            '\u{180E}',
            '\u{202A}',
            '\u{202E}',
            '\u{2066}',
            '\u{2069}',
            '\u{206A}',
            '\u{2800}',
            '\u{3164}',
            '\u{FFA0}',
            '\u{FE00}',
            '\u{FE0F}',
            '\u{FFF9}',
            '\u{FFFC}',
            '\u{13441}',
            '\u{1BCA0}',
            '\u{1D159}',
            '\u{1D173}',
            '\u{E0001}',
            '\u{E0041}',
            '\u{E007F}',
            '\u{E0100}',
            '\u{E0FFF}',
            '\0',
            '\u{1b}',
            '\u{7f}',
            '\u{80}',
        ] {
            for text in
                [format!("a{c}b"), format!("{c}a"), format!("a{c}"), format!("م{c}"), format!("{c}{c}")]
            {
                assert!(idle(&text).contains(&c), "{text:?}");
            }
            assert!(!shows(&format!(" {c}\u{3000}{c}\u{a0}\u{301}")), "{c:?}");
        }
        // Hidden words: tags without a flag, looks upon looks.
        assert_eq!(idle("👍\u{E0068}\u{E0069}").len(), 2);
        assert_eq!(
            idle("🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E0067}\u{E0067}\u{E007F}").len(),
            8
        );
        assert_eq!(idle("👍\u{FE0F}\u{FE0E}\u{FE01}").len(), 2);
        assert_eq!(idle("👩\u{200D}a 👩\u{200D}").len(), 2);
    }
}
