//! Reads the log of one day of an IRC channel, in the form that logs.ubuntu.com has: `[hh:mm] <nick> text`,
//! `[hh:mm]  * nick waves`, `=== nick [host]  has joined #channel`. Every line is either an entry or has a reason why not.

use kernel::Timestamp;
use kernel::text::{shows, without_hidden};
use kernel::time::{HOUR, MINUTE};
use sha2::{Digest, Sha256};
use time::{Date, Month};

/// Longest message, in characters: what the server takes.
const LONGEST: usize = 8000;
/// Longest topic; what is longer is cut.
const LONGEST_TOPIC: usize = 250;
/// Longest nick.
const LONGEST_NICK: usize = 64;
/// A clock that goes back less than this was set; one that goes back more has come round.
const COME_ROUND: i64 = 3 * HOUR;

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Said something.
    Said(String),
    /// `/me` did something: the sentence without the nick, in italics.
    Did(String),
    /// Came in.
    Joined,
    /// Went, or was put out.
    Left,
    /// Set the topic.
    Topic(String),
}

/// One line that is talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number in the file, from 1.
    pub(super) line: u64,
    /// What tells it from another line: the beginning of the SHA-256 of its text.
    pub(super) digest: String,
    /// When; lines of one minute follow one another by a microsecond.
    pub(super) at: Timestamp,
    /// Who.
    pub(super) nick: String,
    /// What.
    pub(super) act: Act,
}

/// Why a line is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Skip {
    /// Nothing is in it.
    Empty,
    /// Somebody said nothing that could be seen.
    SaysNothing,
    /// The new nick is a member of its own.
    NickChange,
    /// Operators and bans.
    Mode,
    /// Notices are for programs.
    Notice,
    /// Longer than a message can be.
    TooLong,
    /// None of the known forms.
    NotUnderstood,
    /// The name of the file holds no date, so nobody knows when it was.
    NoDate,
}

impl Skip {
    /// For people.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Skip::Empty => "empty",
            Skip::SaysNothing => "says nothing",
            Skip::NickChange => "nick change",
            Skip::Mode => "channel mode",
            Skip::Notice => "notice",
            Skip::TooLong => "longer than 8000 characters",
            Skip::NotUnderstood => "not understood",
            Skip::NoDate => "no date in the file's name",
        }
    }
}

/// Midnight (UTC) of the first date `yyyy-mm-dd` in a file's name.
pub(super) fn day(name: &str) -> Option<Timestamp> {
    let bytes = name.as_bytes();
    bytes.windows(10).find_map(|window| {
        let text = std::str::from_utf8(window).ok()?;
        let shape = |(at, b): (usize, u8)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() };
        if !window.iter().copied().enumerate().all(shape) {
            return None;
        }
        let month = Month::try_from(text[5..7].parse::<u8>().ok()?).ok()?;
        let date = Date::from_calendar_date(text[..4].parse().ok()?, month, text[8..].parse().ok()?).ok()?;
        let seconds = date.midnight().assume_utc().unix_timestamp();
        (seconds >= 0).then_some(Timestamp(seconds * kernel::time::SECOND))
    })
}

/// A file's lines, whatever ends them.
pub(super) fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines
}

/// Reads the log of a day.
pub(super) fn parse(bytes: &[u8], day: Timestamp) -> Vec<Result<Entry, Skip>> {
    let texts: Vec<String> = lines(bytes).into_iter().map(clean).collect();
    // Lines without a time (`=== …`) happened when the line before them did.
    let first = texts.iter().find_map(|text| timed(text).0).unwrap_or(0);
    let mut clock = Clock { day, told: first, since: first, within: 0 };
    let number = |(at, text): (usize, &String)| {
        let (time, rest) = timed(text);
        let at_time = clock.next(time);
        let (nick, act) = if time.is_some() { spoken(rest) } else { announced(rest) }?;
        Ok(Entry { line: at as u64 + 1, digest: digest(text), at: at_time, nick, act })
    };
    texts.iter().enumerate().map(number).collect()
}

fn digest(text: &str) -> String {
    Sha256::digest(text)[..8].iter().map(|b| format!("{b:02x}")).collect()
}

/// Turns the times of a log into moments that never go back.
struct Clock {
    day: Timestamp,
    /// What the last line said, since midnight.
    told: i64,
    /// What that was taken for: more than a day, after midnight.
    since: i64,
    /// Lines in this minute before this one.
    within: i64,
}

impl Clock {
    fn next(&mut self, told: Option<i64>) -> Timestamp {
        let told = told.unwrap_or(self.told);
        let mut since = self.since + (told - self.told);
        if self.told - told > COME_ROUND {
            // Old logs have a clock of twelve hours: after 12:59 comes 01:00. Others go on after midnight.
            while since < self.since {
                since += 12 * HOUR;
            }
        }
        if since > self.since {
            (self.since, self.within) = (since, 0);
        } else {
            self.within += 1;
        }
        // A clock that was set back a little stands still until it has caught up.
        if since >= self.since {
            self.told = told;
        }
        self.day.plus(self.since + self.within)
    }
}

/// The text of a line: UTF-8 or, as old clients have it, Latin-1; without colours and other control characters.
fn clean(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim_start_matches('\u{FEFF}').chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            // mIRC: colour, and perhaps a second one behind a comma.
            '\u{3}' => {
                let digits = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| {
                    (0..2).filter(|_| rest.next_if(char::is_ascii_digit).is_some()).count()
                };
                let second = |rest: &std::iter::Peekable<std::str::Chars<'_>>| {
                    let mut ahead = rest.clone();
                    ahead.next() == Some(',') && ahead.next().is_some_and(|c| c.is_ascii_digit())
                };
                if digits(&mut rest) > 0 && second(&rest) {
                    rest.next();
                    digits(&mut rest);
                }
            }
            '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {}
            c => out.push(c),
        }
    }
    let mut out = without_hidden(&out);
    out.truncate(out.trim_end().len());
    out
}

/// The time at the beginning of a line, since midnight, and what follows it.
fn timed(text: &str) -> (Option<i64>, &str) {
    let read = || {
        let (time, rest) = text.strip_prefix('[')?.split_once(']')?;
        let (hour, minute) = time.get(..5).filter(|_| matches!(time.len(), 5 | 8))?.split_once(':')?;
        let number = |text: &str, below: i64| text.parse::<i64>().ok().filter(|n| (0..below).contains(n));
        let since = number(hour, 24)? * HOUR + number(minute, 60)? * MINUTE;
        Some((since, rest.strip_prefix(' ').unwrap_or(rest)))
    };
    read().map_or((None, text), |(since, rest)| (Some(since), rest))
}

type Parsed = Result<(String, Act), Skip>;

/// What stands behind a time.
fn spoken(rest: &str) -> Parsed {
    if let Some((nick, text)) = rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
        let text = text.strip_prefix(' ').unwrap_or(text);
        // Some logs show who is an operator or has a voice.
        return said(nick.trim_start_matches(['@', '+', '%', '&', '~', ' ']), text, Act::Said);
    }
    let line = rest.trim_start();
    if let Some((nick, text)) = line.strip_prefix("* ").and_then(|r| r.split_once(' ')) {
        return said(nick, text, did);
    }
    match line.strip_prefix('-').and_then(|r| r.split_once(":#")) {
        Some((nick, _)) if !nick.contains(' ') => Err(Skip::Notice),
        _ if line.is_empty() => Err(Skip::Empty),
        _ => Err(Skip::NotUnderstood),
    }
}

/// What the log itself says, without a time.
fn announced(rest: &str) -> Parsed {
    let Some(line) = rest.strip_prefix("===").map(str::trim) else {
        return Err(if rest.trim().is_empty() { Skip::Empty } else { Skip::NotUnderstood });
    };
    if line.starts_with("mode/#") {
        return Err(Skip::Mode);
    }
    if let Some((nick, topic)) = line.strip_prefix("..[topic/#").and_then(|r| r.split_once("] :")) {
        let (_, nick) = nick.split_once(':').ok_or(Skip::NotUnderstood)?;
        return Ok((whose(nick)?, Act::Topic(cut(topic.trim(), LONGEST_TOPIC))));
    }
    let moved = [
        (" has joined #", Act::Joined),
        (" has left #", Act::Left),
        (" was kicked off #", Act::Left),
        (" has quit", Act::Left),
    ];
    for (words, act) in moved {
        let Some((before, after)) = line.split_once(words) else { continue };
        // `/me has quit smoking` is no leaving: there the address is missing.
        let nick = before.trim_end();
        let (nick, address) = nick.rsplit_once(" [").map_or((nick, false), |(nick, _)| (nick, true));
        let plain = address || (!nick.contains(' ') && (words.ends_with('#') || after.is_empty()));
        if plain {
            return Ok((whose(nick)?, act));
        }
    }
    let (nick, text) = line.split_once(' ').ok_or(Skip::NotUnderstood)?;
    if let Some(to) = text.trim_start().strip_prefix("is now known as ")
        && !to.trim().contains(' ')
    {
        return Err(Skip::NickChange);
    }
    said(nick, text, did)
}

fn said(nick: &str, text: &str, act: fn(String) -> Act) -> Parsed {
    let nick = whose(nick)?;
    if !shows(text) {
        return Err(Skip::SaysNothing);
    }
    let act = act(text.to_owned());
    let (Act::Said(body) | Act::Did(body)) = &act else { return Err(Skip::NotUnderstood) };
    if body.chars().count() > LONGEST { Err(Skip::TooLong) } else { Ok((nick, act)) }
}

/// An action, as Markdown.
fn did(text: String) -> Act {
    Act::Did(format!("*{}*", text.trim().replace('\\', "\\\\").replace('*', "\\*")))
}

fn whose(nick: &str) -> Result<String, Skip> {
    let nick = nick.trim();
    let fits = shows(nick) && nick.chars().count() <= LONGEST_NICK;
    if fits { Ok(nick.to_owned()) } else { Err(Skip::NotUnderstood) }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
