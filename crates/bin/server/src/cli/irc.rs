//! `holdfast import irc DIR`: the logs of an IRC channel become a channel, every nick a member without an account.

mod log;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use kernel::{Clock, Error, Result, Timestamp};
use serde_json::{Value, json};

use super::console::{Console, Organisation};
use super::{print, say};
use crate::config::Config;
use log::{Act, Entry, Skip};

/// Lines and members that the server takes at once.
const AT_ONCE: usize = 500;

/// Where to read, and where to put it.
#[derive(Args)]
pub(super) struct Command {
    /// The directory with the logs: *.txt or *.log, each with its date (yyyy-mm-dd) in its name.
    dir: PathBuf,
    /// The channel; it is made if there is none. Without this, it has the directory's name.
    #[arg(long)]
    channel: Option<String>,
    /// The organisation, by id or slug; not needed if there is one.
    #[arg(long)]
    org: Option<String>,
}

/// What is imported into what.
pub struct Source {
    /// The files, in the order in which they are read.
    pub files: Vec<PathBuf>,
    /// The channel's name.
    pub channel: String,
    /// Bytes that the server takes at once.
    pub body: usize,
    /// Now: no line is later.
    pub now: Timestamp,
}

impl Source {
    /// The logs of a directory.
    pub fn directory(dir: &Path, channel: Option<String>, body: usize, now: Timestamp) -> Result<Self> {
        let unreadable = |e: std::io::Error| Error::field("DIR", format!("cannot be read: {e}"));
        let mut files = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_file() && path.extension().is_some_and(|e| e == "txt" || e == "log") {
                files.push(path);
            }
        }
        files.sort();
        if files.is_empty() {
            return Err(Error::field("DIR", "holds no *.txt or *.log"));
        }
        let channel = match channel {
            Some(channel) => channel,
            None => name(&dir.canonicalize().map_err(unreadable)?),
        };
        Ok(Self { files, channel, body, now })
    }
}

/// What has become of the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All lines.
    pub lines: u64,
    /// Lines in which somebody said something.
    pub messages: u64,
    /// Lines in which somebody did something (`/me`); they become messages as well.
    pub actions: u64,
    /// Lines in which somebody came.
    pub joined: u64,
    /// Lines in which somebody went.
    pub left: u64,
    /// Lines in which somebody set the topic.
    pub topics: u64,
    /// Lines passed over, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Of the others: lines that stand in the channel now.
    pub added: u64,
    /// Lines that an earlier import had taken.
    pub known: u64,
    /// Comings of people who were there, and goings of people who were not.
    pub idle: u64,
}

impl Tally {
    /// Lines passed over, for whatever reason.
    pub fn passed_over(&self) -> u64 {
        self.skipped.values().sum()
    }

    fn count(&mut self, act: &Act) {
        *match act {
            Act::Said(_) => &mut self.messages,
            Act::Did(_) => &mut self.actions,
            Act::Joined => &mut self.joined,
            Act::Left => &mut self.left,
            Act::Topic(_) => &mut self.topics,
        } += 1;
    }

    fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.lines, other.lines),
            (&mut self.messages, other.messages),
            (&mut self.actions, other.actions),
            (&mut self.joined, other.joined),
            (&mut self.left, other.left),
            (&mut self.topics, other.topics),
            (&mut self.added, other.added),
            (&mut self.known, other.known),
            (&mut self.idle, other.idle),
        ];
        for (sum, part) in pairs {
            *sum += part;
        }
        for (reason, count) in &other.skipped {
            *self.skipped.entry(*reason).or_default() += *count;
        }
    }

    fn table(&self) -> String {
        let mut rows = vec![
            ("lines", self.lines),
            ("  messages", self.messages),
            ("  actions (as messages)", self.actions),
            ("  joined", self.joined),
            ("  left", self.left),
            ("  topics", self.topics),
            ("  skipped", self.passed_over()),
        ];
        let skipped: Vec<(String, u64)> =
            self.skipped.iter().map(|(reason, count)| (format!("    {reason}"), *count)).collect();
        rows.extend(skipped.iter().map(|(reason, count)| (reason.as_str(), *count)));
        rows.extend([
            ("added now", self.added),
            ("known from before", self.known),
            ("joined or left, but was so already", self.idle),
        ]);
        rows.into_iter().map(|(what, count)| format!("{what:<36}{count:>9}")).collect::<Vec<_>>().join("\n")
    }
}

pub(super) async fn command(config: &Config, command: Command) -> Result<()> {
    let now = kernel::time::SystemClock.now();
    let source = Source::directory(&command.dir, command.channel, config.limits.body.bytes, now)?;
    let console = Console::open(config).await?;
    let org = console.organisation(command.org.as_deref()).await?;
    say(&format!("Importing {} files into {} in {}.", source.files.len(), source.channel, org.name));
    let started = Instant::now();
    let tally = import(&console, &org, &source, &mut |line| say(line)).await?;
    let seconds = started.elapsed().as_secs_f64();
    print(&tally.table());
    say(&format!("{:.1} s, {:.0} lines a second", seconds, tally.lines as f64 / seconds.max(0.001)));
    Ok(())
}

/// Imports every file, and tells of each.
pub async fn import(
    console: &Console,
    org: &Organisation,
    source: &Source,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<Tally> {
    let mut importer = Importer { console, org: &org.id, source, members: HashMap::new() };
    let mut total = Tally::default();
    for (at, file) in source.files.iter().enumerate() {
        let tally = importer.file(file).await?;
        total.add(&tally);
        tell(&format!(
            "{:>5}/{}  {}  {} lines: {} messages, {} joined, {} left, {} topics, {} skipped; {} added",
            at + 1,
            source.files.len(),
            name(file),
            tally.lines,
            tally.messages + tally.actions,
            tally.joined,
            tally.left,
            tally.topics,
            tally.passed_over(),
            tally.added,
        ));
    }
    Ok(total)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

struct Importer<'a> {
    console: &'a Console,
    org: &'a str,
    source: &'a Source,
    /// Members by nick, in lower case: IRC does not tell `Ada` from `ada`.
    members: HashMap<String, String>,
}

impl Importer<'_> {
    async fn file(&mut self, file: &Path) -> Result<Tally> {
        let bytes = std::fs::read(file)
            .map_err(|e| Error::field("DIR", format!("{} cannot be read: {e}", file.display())))?;
        let mut tally = Tally { lines: log::lines(&bytes).len() as u64, ..Tally::default() };
        let Some(day) = log::day(&name(file)) else {
            tally.skipped.insert(Skip::NoDate.as_str(), tally.lines);
            return Ok(tally);
        };
        let mut entries = Vec::new();
        for parsed in log::parse(&bytes, day) {
            match parsed {
                Ok(entry) => {
                    tally.count(&entry.act);
                    entries.push(entry);
                }
                Err(reason) => *tally.skipped.entry(reason.as_str()).or_default() += 1,
            }
        }
        self.meet(&entries).await?;
        for batch in batches(&entries, self.source.body) {
            self.send(&name(file), batch, &mut tally).await?;
        }
        Ok(tally)
    }

    /// Makes members of nicks not seen before.
    async fn meet(&mut self, entries: &[Entry]) -> Result<()> {
        let mut seen = HashSet::new();
        let new: Vec<&str> = entries
            .iter()
            .map(|entry| entry.nick.as_str())
            .filter(|nick| {
                let folded = kernel::text::fold(nick);
                !self.members.contains_key(&folded) && seen.insert(folded)
            })
            .collect();
        for nicks in new.chunks(AT_ONCE) {
            let items: Vec<Value> = nicks.iter().map(|n| json!({ "handle": n, "name": n })).collect();
            let path = [("org", self.org)];
            let answer = self.console.call("member.import", &path, &json!({ "items": items })).await?;
            let made = answer["items"].as_array().map(Vec::as_slice).unwrap_or_default();
            for (nick, item) in nicks.iter().zip(made) {
                let member = item["member"].as_str().unwrap_or_default();
                self.members.insert(kernel::text::fold(nick), member.to_owned());
            }
        }
        Ok(())
    }

    async fn send(&self, file: &str, batch: &[Entry], tally: &mut Tally) -> Result<()> {
        let lines: Vec<Value> = batch.iter().map(|entry| self.wire(entry)).collect();
        let input = json!({ "channel": self.source.channel, "source": file, "lines": lines });
        let answer = self.console.call("chat.import.lines", &[("org", self.org)], &input).await?;
        let count = |name: &str| answer[name].as_u64().unwrap_or_default();
        tally.added += count("added");
        tally.known += count("known");
        tally.idle += count("idle");
        Ok(())
    }

    fn wire(&self, entry: &Entry) -> Value {
        let what = match &entry.act {
            Act::Said(body) | Act::Did(body) => json!({ "message": { "body": body } }),
            Act::Joined => json!("joined"),
            Act::Left => json!("left"),
            Act::Topic(topic) => json!({ "topic": topic }),
        };
        let member = self.members.get(&kernel::text::fold(&entry.nick));
        // A log of today, kept in another time zone, can be ahead of the clock.
        let at = entry.at.min(self.source.now);
        json!({ "line": entry.line, "digest": entry.digest, "at": at, "member": member, "what": what })
    }
}

/// Entries in batches that the server takes.
fn batches(entries: &[Entry], bytes: usize) -> impl Iterator<Item = &[Entry]> {
    // What a line costs beside its text; in JSON a character may need an escape.
    let cost = |entry: &Entry| match &entry.act {
        Act::Said(text) | Act::Did(text) | Act::Topic(text) => 200 + 2 * text.len(),
        Act::Joined | Act::Left => 200,
    };
    let mut rest = entries;
    std::iter::from_fn(move || {
        let mut left = bytes.saturating_sub(1000);
        let fits = |entry: &&Entry| {
            let fits = left.checked_sub(cost(entry));
            left = fits.unwrap_or(0);
            fits.is_some()
        };
        // One line is sent even if it may be too long: then the server says so.
        let end = rest.iter().take(AT_ONCE).take_while(fits).count().max(1).min(rest.len());
        let (batch, after) = rest.split_at(end);
        rest = after;
        Some(batch).filter(|batch| !batch.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_fit_and_lose_nothing() {
        let entry = |line: u64, length: usize| Entry {
            line,
            digest: String::new(),
            at: Timestamp(0),
            nick: "ada".into(),
            act: Act::Said("x".repeat(length)),
        };
        let entries: Vec<Entry> = (0..1200).map(|n| entry(n, if n % 100 == 0 { 8000 } else { 20 })).collect();
        for bytes in [0, 1024, 20_000, 262_144] {
            let sent: Vec<&[Entry]> = batches(&entries, bytes).collect();
            assert!(sent.iter().all(|batch| (1..=AT_ONCE).contains(&batch.len())));
            assert_eq!(sent.concat(), entries, "{bytes}");
        }
        assert_eq!(batches(&[], 262_144).count(), 0);
    }
}
