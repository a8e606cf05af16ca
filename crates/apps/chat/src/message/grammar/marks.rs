//! What a message holds besides Markdown: people, addresses of pages, addresses of mail. The browser reads them by the
//! same rules (web/src/lib/markdown/marks.ts); tests/cases/message-text.json holds for both.

/// Longest handle, in characters.
const LONGEST_HANDLE: usize = 32;
/// Longest address of mail, in characters.
const LONGEST_MAIL: usize = 254;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Mention(String),
    Link(String),
}

/// What begins at a place, and where it ends. `spoken`: where the last mention before it ends.
pub(super) fn mark_at(text: &str, at: usize, spoken: Option<usize>) -> Option<(Mark, usize)> {
    if text[at..].starts_with('@') {
        return mention_at(text, at, spoken);
    }
    url_at(text, at).or_else(|| mail_at(text, at))
}

/// Scripts that are written without spaces between words: there a mention needs none before or after it.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

fn joins_word(c: Option<char>) -> bool {
    c.is_some_and(|c| (c.is_alphanumeric() || matches!(c, '\u{0300}'..='\u{036F}')) && !is_unspaced(c))
}

fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

fn mention_at(text: &str, at: usize, spoken: Option<usize>) -> Option<(Mark, usize)> {
    let rest = &text[at + 1..];
    let run =
        rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "._-".contains(c)).len();
    let handle = rest[..run].trim_end_matches(['.', '_', '-']);
    if !handle.starts_with(|c: char| c.is_ascii_alphanumeric()) || handle.len() > LONGEST_HANDLE {
        return None;
    }
    let prior = before(text, at);
    // A slash belongs to a path, but for @ada/@bob.
    let path = prior == Some('/') && spoken != Some(at - 1);
    let end = at + 1 + handle.len();
    let next = text[end..].chars().next();
    if prior == Some('@') || path || joins_word(prior) || next == Some('@') || joins_word(next) {
        return None;
    }
    Some((Mark::Mention(handle.to_ascii_lowercase()), end))
}

/// Ends an address: space and control, what Markdown needs for itself, and the punctuation of scripts that put no space
/// after it.
fn ends_url(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '`' | '[' | ']' | '\\' | '|' | '{' | '}' | '^' | '\u{AB}' | '\u{BB}'
            | '\u{060C}' | '\u{061B}' | '\u{061F}' | '\u{06D4}' | '\u{0964}' | '\u{0965}'
            | '\u{2000}'..='\u{206F}' | '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{3030}' | '\u{303D}'
            | '\u{FE30}'..='\u{FE6F}' | '\u{FEFF}'
            | '\u{FF01}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}' | '\u{FF3B}'..='\u{FF40}' | '\u{FF5B}'..='\u{FF65}')
}

fn url_at(text: &str, at: usize) -> Option<(Mark, usize)> {
    let rest = &text[at..];
    let begins = |prefix: &str| rest.get(..prefix.len()).is_some_and(|s| s.eq_ignore_ascii_case(prefix));
    let scheme = ["https://", "http://", "www."].into_iter().find(|prefix| begins(prefix))?;
    let first = rest[scheme.len()..].chars().next().filter(|c| c.is_alphanumeric())?;
    if before(text, at).is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let least = scheme.len() + first.len_utf8();
    let stop = rest[least..].find(ends_url).map_or(rest.len(), |i| least + i);
    let url = trimmed(&rest[..stop]);
    if url.len() < least {
        return None;
    }
    let href = if scheme == "www." { format!("http://{url}") } else { url.to_owned() };
    Some((Mark::Link(href), at + url.len()))
}

/// An address does not end in punctuation, in an entity, or in a bracket that it has not opened (GFM).
fn trimmed(mut url: &str) -> &str {
    let count = |c: char| url.chars().filter(|x| *x == c).count();
    let mut unopened = count(')').saturating_sub(count('('));
    loop {
        let shorter = match url.as_bytes().last() {
            Some(b';') => {
                let body = &url[..url.len() - 1];
                let name = body.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
                if name.len() < body.len() { name.strip_suffix('&').unwrap_or(body) } else { body }
            }
            Some(b')') if unopened > 0 => {
                unopened -= 1;
                &url[..url.len() - 1]
            }
            Some(b'?' | b'!' | b'.' | b',' | b':' | b'*' | b'_' | b'~' | b'\'') => &url[..url.len() - 1],
            _ => return url,
        };
        url = shorter;
    }
}

fn mail_at(text: &str, at: usize) -> Option<(Mark, usize)> {
    let local = |c: char| c.is_ascii_alphanumeric() || ".+_-".contains(c);
    let rest = &text[at..];
    if !rest.starts_with(|c: char| c.is_ascii_alphanumeric()) || before(text, at).is_some_and(local) {
        return None;
    }
    let sign = rest.find(|c| !local(c)).filter(|i| rest[*i..].starts_with('@'))?;
    let domain = &rest[sign + 1..];
    let label =
        |s: &str| s.len() - s.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-').len();
    let first = label(domain);
    let mut end = first;
    while domain[end..].starts_with('.') && label(&domain[end + 1..]) > 0 {
        end += 1 + label(&domain[end + 1..]);
    }
    let mail = &rest[..sign + 1 + end];
    if first == 0 || end == first || mail.ends_with('-') || mail.len() > LONGEST_MAIL {
        return None;
    }
    Some((Mark::Link(format!("mailto:{mail}")), at + mail.len()))
}
