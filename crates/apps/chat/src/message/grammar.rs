//! Reads a message's text as the browser does (COMMS-12): whom it calls, and where it leads. Both follow CommonMark with
//! GFM's tables, without HTML (it is text), reference definitions and underlined headings; the browser's reading is
//! web/src/lib/markdown, and tests/cases/message-text.json holds for both.

mod marks;

use std::borrow::Cow;
use std::ops::Range;

use marks::{Mark, mark_at};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Handles looked up at most: more is noise, not talk.
const MOST: usize = 50;
/// Quotes and lists inside one another. What is deeper is no longer talk: the whole message is text.
const DEEPEST: usize = 20;

/// Whom a message calls.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Called {
    /// Handles in lower case, each once, in the order in which they come.
    pub(super) handles: Vec<String>,
    /// Everybody in the channel. Until there is presence, `@here` means the same.
    pub(super) all: bool,
}

/// Finds whom a message calls. What stands in code, links and addresses calls nobody.
pub(super) fn called(body: &str) -> Called {
    let mut called = Called::default();
    if !body.contains('@') {
        return called;
    }
    for mark in marks(body) {
        match mark {
            Mark::Mention(name) if matches!(name.as_str(), "all" | "channel" | "everyone" | "here") => {
                called.all = true;
            }
            Mark::Mention(name) if called.handles.len() < MOST && !called.handles.contains(&name) => {
                called.handles.push(name);
            }
            _ => {}
        }
    }
    called
}

fn marks(body: &str) -> Vec<Mark> {
    let lines = Lines::of(body);
    let plain = without_html_and_definitions(&lines.text);
    let (mut found, mut reader) = (Vec::new(), Reader { body, read: 0, spoken: None });
    let (mut depth, mut code, mut link) = (0_usize, false, 0_usize);
    for (event, at) in Parser::new_ext(&plain, Options::ENABLE_TABLES).into_offset_iter() {
        let at = lines.own(&at);
        match event {
            Event::Start(Tag::BlockQuote(_) | Tag::Item) => depth += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::Item) => depth -= 1,
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Start(Tag::Link { dest_url, link_type, .. }) => {
                link += 1;
                let mail = link_type == pulldown_cmark::LinkType::Email;
                found.push(Mark::Link(if mail {
                    format!("mailto:{dest_url}")
                } else {
                    dest_url.into_string()
                }));
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                if link == 0 {
                    found.push(Mark::Link(dest_url.into_string()));
                }
                link += 1;
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                link -= 1;
                reader.read = reader.read.max(at.end);
            }
            Event::Text(_) | Event::InlineHtml(_) | Event::Html(_) if !code && link == 0 => {
                reader.read(at, &mut found);
            }
            _ => {}
        }
        if depth > DEEPEST {
            let (mut found, mut reader) = (Vec::new(), Reader { body, read: 0, spoken: None });
            reader.read(0..body.len(), &mut found);
            return found;
        }
    }
    found
}

/// Goes through the stretches of plain text in order.
struct Reader<'a> {
    body: &'a str,
    /// Up to here everything has been read: an address may be longer than the stretch in which it begins.
    read: usize,
    /// Where the last mention ends.
    spoken: Option<usize>,
}

impl Reader<'_> {
    fn read(&mut self, at: Range<usize>, found: &mut Vec<Mark>) {
        let mut i = at.start.max(self.read);
        // The parser begins a stretch after a backslash that takes the next character's meaning away.
        if i == at.start && self.body[..i].ends_with('\\') {
            i += self.body[i..].chars().next().map_or(0, char::len_utf8);
        }
        while i < at.end {
            if let Some((mark, end)) = mark_at(self.body, i, self.spoken) {
                if matches!(mark, Mark::Mention(_)) {
                    self.spoken = Some(end);
                }
                found.push(mark);
                i = end;
            } else {
                i += self.body[i..].chars().next().map_or(1, char::len_utf8);
            }
        }
        self.read = self.read.max(i);
    }
}

/// What the parser reads in place of a message, and where a character stands in it that the message has not.
struct Lines {
    text: String,
    inserted: Vec<usize>,
}

impl Lines {
    /// Markdown takes the line after a quote's last for a part of it, and a line under which stands `--` or `==` for a heading.
    /// In messages the first is an answer, the second a signature; `---` is a rule there, too.
    fn of(body: &str) -> Self {
        let (mut text, mut inserted) = (String::with_capacity(body.len() + 8), Vec::new());
        let (mut quoted, mut text_before) = (false, false);
        for line in body.split_inclusive('\n') {
            let begins_quote = is_quoted(line);
            if quoted && !begins_quote {
                inserted.push(text.len());
                text.push('\n');
                text_before = false;
            }
            match is_underline(line) && text_before {
                true if line.matches('-').count() >= 3 => text.push_str(&line.replace('-', "*")),
                true => text.push_str(&line.replace(['-', '='], "%")),
                false => text.push_str(line),
            }
            (quoted, text_before) = (begins_quote, !line.trim().is_empty());
        }
        Self { text, inserted }
    }

    /// The message's own range.
    fn own(&self, at: &Range<usize>) -> Range<usize> {
        let own = |at: usize| at - self.inserted.partition_point(|&inserted| inserted < at);
        own(at.start)..own(at.end)
    }
}

fn is_quoted(line: &str) -> bool {
    let text = line.trim_start_matches(' ');
    line.len() - text.len() <= 3 && text.starts_with('>')
}

fn is_underline(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t', '>']).trim_end();
    !line.is_empty() && (line.bytes().all(|b| b == b'-') || line.bytes().all(|b| b == b'='))
}

/// The parser knows HTML and reference definitions, messages do not: what would begin one becomes a character without
/// meaning. Every other character stays where it is.
fn without_html_and_definitions(body: &str) -> Cow<'_, str> {
    if !body.contains('<') && !body.contains("]:") {
        return Cow::Borrowed(body);
    }
    let mut plain = String::with_capacity(body.len());
    let mut defines = true;
    for (at, c) in body.char_indices() {
        match c {
            '<' if !is_autolink(&body[at + 1..]) && !body[..at].trim_end_matches(' ').ends_with("](") => {
                plain.push('%');
            }
            ':' if defines && body[..at].ends_with(']') => plain.push('%'),
            _ => plain.push(c),
        }
        // A definition begins its line; only quotes and lists may stand before it.
        if c == '\n' {
            let line =
                body[at + 1..].trim_start_matches(|c: char| c != '\n' && " \t>-*+.)0123456789".contains(c));
            defines = line.starts_with('[');
        } else if at == 0 {
            defines = body.trim_start_matches(|c: char| " \t>-*+.)0123456789\n".contains(c)).starts_with('[');
        }
    }
    Cow::Owned(plain)
}

/// Whether what follows a `<` is an address that ends with a `>`.
fn is_autolink(rest: &str) -> bool {
    let end = rest.find(|c: char| c <= ' ' || matches!(c, '<' | '>'));
    end.is_some_and(|end| rest[end..].starts_with('>') && rest[..end].contains([':', '@']))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        why: String,
        text: String,
        #[serde(default)]
        mentions: Vec<String>,
        #[serde(default)]
        all: bool,
        #[serde(default)]
        links: Vec<String>,
    }

    fn links(body: &str) -> Vec<String> {
        let leads = |address: &String| {
            let address = address.to_ascii_lowercase();
            ["http:", "https:", "mailto:"].iter().any(|scheme| address.starts_with(scheme))
        };
        let links = marks(body).into_iter().filter_map(|mark| match mark {
            Mark::Link(address) => Some(address),
            Mark::Mention(_) => None,
        });
        links.filter(leads).collect()
    }

    // REQ COMMS-12
    #[test]
    fn the_server_reads_messages_as_the_browser_does() {
        let cases = include_str!("../../../../../tests/cases/message-text.json");
        let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
        assert!(cases.len() > 90);
        for case in cases {
            let found = called(&case.text);
            let told = format!("{}: {:?}", case.why, case.text);
            assert_eq!((found.handles, found.all), (case.mentions, case.all), "{told}");
            assert_eq!(links(&case.text), case.links, "{told}");
        }
    }

    // REQ COMMS-12
    #[test]
    fn at_most_fifty_people_are_looked_up() {
        let body: String = (0..200).map(|i| format!("@x{i} ")).collect();
        assert_eq!(called(&body).handles.len(), MOST);
    }
}
