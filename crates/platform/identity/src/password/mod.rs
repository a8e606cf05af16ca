//! Passwords: the rule, and the verbs that check or change one.

pub(crate) mod change;
pub(crate) mod hasher;
pub(crate) mod rate;
pub(crate) mod request_reset;
pub(crate) mod reset;

use kernel::error::Field;
use kernel::text::fold;
use kernel::{Code, Error, Password, Result};
use schemars::JsonSchema;
use serde::Serialize;
use zxcvbn::Score;

use crate::Identity;

/// Shortest password, in characters.
pub(crate) const SHORTEST: usize = 10;

/// So much must be left of a password without its owner's name and address.
const FEWEST_OF_ONES_OWN: usize = 5;

/// How a password fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct PasswordRating {
    /// From 0 (guessed at once) to 4 (not in this life).
    #[schemars(range(min = 0, max = 4))]
    pub score: u8,
    /// Whether the rule accepts it.
    pub acceptable: bool,
    /// Why not.
    pub problem: Option<String>,
    /// How to find a better one.
    pub suggestions: Vec<String>,
}

/// Rates a password for a person of whom these words are known. Length first; then how many guesses it takes, with the
/// dictionaries of breached and common passwords, names and words; no rules of composition (NIST SP 800-63B, 5.1.1.2).
pub(crate) fn rate(password: &str, about: &[&str]) -> PasswordRating {
    // Parts too: ada.lovelace@example.org is guessed as ada, lovelace and example.
    let parts =
        about.iter().flat_map(|w| w.split(|c: char| !c.is_alphanumeric())).filter(|w| w.chars().count() > 2);
    let words: Vec<&str> = about.iter().copied().filter(|w| !w.is_empty()).chain(parts).collect();
    let entropy = zxcvbn::zxcvbn(password, &words);
    let score = entropy.score();
    let problem = if password.chars().count() < SHORTEST {
        Some(format!("Use at least {SHORTEST} characters."))
    } else if without(password, &words) < FEWEST_OF_ONES_OWN {
        Some("It is little more than your own name or address.".to_owned())
    } else if score < Score::Three {
        let warning = entropy.feedback().and_then(zxcvbn::feedback::Feedback::warning);
        Some(warning.map_or_else(|| "It is too easy to guess.".to_owned(), |w| w.to_string()))
    } else {
        None
    };
    let suggestions = entropy.feedback().map(|f| f.suggestions().iter().map(ToString::to_string).collect());
    PasswordRating {
        score: score.into(),
        acceptable: problem.is_none(),
        problem,
        suggestions: suggestions.unwrap_or_default(),
    }
}

/// How many characters are left of a password without these words.
fn without(password: &str, words: &[&str]) -> usize {
    let mut words: Vec<String> = words.iter().map(|w| fold(w)).filter(|w| !w.is_empty()).collect();
    words.sort_by_key(|w| std::cmp::Reverse(w.len()));
    let left = words.iter().fold(fold(password), |left, word| left.replace(word.as_str(), " "));
    left.chars().filter(|c| !c.is_whitespace()).count()
}

impl Identity {
    /// The hash of a new password, if the rule accepts it.
    pub(crate) async fn new_password(
        &self,
        cx: &kernel::Cx,
        password: &Password,
        about: &[&str],
    ) -> Result<String> {
        let words: Vec<String> = about.iter().map(|w| (*w).to_owned()).collect();
        let (hasher, secret) = (self.hasher(), password.spelled().clone());
        let rating = hasher
            .work(move || rate(secret.reveal(), &words.iter().map(String::as_str).collect::<Vec<_>>()))
            .await?;
        if let Some(problem) = rating.problem {
            let mut error =
                Error::new(Code::WeakPassword).message(format!("Choose a stronger password. {problem}"));
            let hint = rating.suggestions.join(" ");
            error.hint = (!hint.is_empty()).then(|| hint.into());
            error.fields.push(Field { field: "password".into(), problem });
            return Err(error);
        }
        hasher.hash(password.spelled(), cx.random()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ ID-1
    #[test]
    fn length_first_then_guesses_then_ones_own_name() {
        let about = ["Ada Lovelace", "ada.lovelace@example.org"];
        for bad in [
            "short",
            "password123",
            "1234567890",
            "qwertyuiop",
            "adalovelace1",
            "ada.lovelace@example.org",
            "Ada Lovelace",
        ] {
            let rating = rate(bad, &about);
            assert!(!rating.acceptable && rating.problem.is_some(), "{bad}: {rating:?}");
        }
        for good in ["correct horse battery staple", "tr0mbone glacier 77", "Ünïcödé-Straßenbahn 4"] {
            let rating = rate(good, &about);
            assert!(rating.acceptable && rating.problem.is_none(), "{good}: {rating:?}");
        }
        // No rule of composition: words alone are well.
        assert_eq!(rate("mirror otter plankton velvet", &[]).score, 4);
        // The longest that is accepted from outside does not take long.
        assert!(rate(&"aB3$".repeat(128), &[]).score <= 4);
    }
}
