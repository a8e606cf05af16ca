//! `holdfast demo`: a small workspace that looks lived in, so that a newcomer sees what Holdfast is. Its text is in
//! `demo/workspace.toml`.

use std::collections::{BTreeMap, HashMap};

use kernel::time::{DAY, HOUR, MINUTE, SECOND};
use kernel::{Clock, Error, Result, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use time::{OffsetDateTime, Weekday};

use super::console::{Console, Organisation};
use super::say;
use crate::config::Config;

const WORKSPACE: &str = include_str!("../../demo/workspace.toml");

/// Under which its lines are taken, so that they are taken once.
const SOURCE: &str = "demo";

/// How many working days ago it begins.
const LONGEST_AGO: i64 = 5;

/// What stands in the text for the handle of whoever looks at it.
const YOU: &str = "{you}";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Workspace {
    people: Vec<Person>,
    channels: Vec<Room>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    handle: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Room {
    name: String,
    topic: String,
    /// Who is in it; the first one made it.
    people: Vec<String>,
    /// How many of the last messages are new to whoever looks at it.
    unread: usize,
    messages: Vec<Said>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    who: String,
    /// `3 09:14`: three working days ago at that time (UTC). `25 min`: so many minutes ago.
    at: String,
    text: String,
    /// Emoji, and who reacted with it.
    #[serde(default)]
    reactions: BTreeMap<String, Vec<String>>,
}

pub(super) async fn command(config: &Config, org: Option<&str>) -> Result<()> {
    let console = Console::open(config).await?;
    let org = console.organisation(org).await?;
    let added = fill(&console, &org, kernel::time::SystemClock.now()).await?;
    let url = config.public_url.as_str().trim_end_matches('/');
    match added {
        0 => say(&format!("{} has the demo workspace already.", org.name)),
        added => say(&format!("{added} lines of talk are in {} now. Look at it: {url}", org.name)),
    }
    Ok(())
}

/// Fills an organisation. Returns how many lines are new.
pub async fn fill(console: &Console, org: &Organisation, now: Timestamp) -> Result<u64> {
    let workspace = read()?;
    let path = [("org", org.id.as_str())];
    let items: Vec<Value> =
        workspace.people.iter().map(|p| json!({ "handle": p.handle, "name": p.name })).collect();
    let met = console.call("member.import", &path, &json!({ "items": items })).await?;
    let met = met["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut cast = Cast { members: HashMap::new(), renamed: Vec::new(), you: None };
    for (person, item) in workspace.people.iter().zip(met) {
        cast.members.insert(person.handle.clone(), text(&item["member"]));
        let handle = text(&item["handle"]);
        if handle != person.handle {
            cast.renamed.push((format!("@{}", person.handle), format!("@{handle}")));
        }
    }
    let all = console.call("member.list", &path, &json!({})).await?;
    let owner = |m: &&Value| m["role"] == "owner" && m["state"] == "active";
    // The oldest owner: whoever set it up.
    let you = all["items"].as_array().into_iter().flatten().find(owner);
    cast.you = you.map(|m| (text(&m["id"]), text(&m["handle"])));
    let mut added = 0;
    for room in &workspace.channels {
        let input = json!({ "channel": room.name, "source": SOURCE, "lines": cast.lines(room, now)? });
        let answer = console.call("chat.import.lines", &path, &input).await?;
        added += answer["added"].as_u64().unwrap_or_default();
    }
    Ok(added)
}

fn read() -> Result<Workspace> {
    toml::from_str(WORKSPACE).map_err(Error::internal)
}

/// Who plays whom.
struct Cast {
    members: HashMap<String, String>,
    /// Handles that somebody here has already, and those that are used instead.
    renamed: Vec<(String, String)>,
    /// Member and handle of whoever looks at it.
    you: Option<(String, String)>,
}

impl Cast {
    fn member(&self, handle: &str) -> Result<&str> {
        let unknown = || Error::internal(format_args!("nobody in the demo is called {handle}"));
        self.members.get(handle).map(String::as_str).ok_or_else(unknown)
    }

    fn text(&self, text: &str, now: Timestamp) -> Result<String> {
        let you = self.you.as_ref().map_or("everybody", |(_, handle)| handle.as_str());
        let mut text = text.trim().replace(YOU, you);
        for days in 1..=LONGEST_AGO {
            let name = format!("{{day {days}}}");
            if text.contains(&name) {
                text = text.replace(&name, &weekday(working_days_before(now, days)?)?.to_string());
            }
        }
        Ok(self.renamed.iter().fold(text, |text, (from, to)| text.replace(from.as_str(), to)))
    }

    /// A channel's story, in order.
    fn lines(&self, room: &Room, now: Timestamp) -> Result<Vec<Value>> {
        let mut story = Story { lines: Vec::new(), at: Timestamp(0) };
        let first = room.messages.first().map_or(Ok(now), |m| moment(&m.at, now))?;
        let mut begin = first.plus(-HOUR);
        for handle in &room.people {
            story.tell(begin, self.member(handle)?, &json!("joined"));
            begin = begin.plus(MINUTE);
        }
        if let Some(maker) = room.people.first() {
            story.tell(begin, self.member(maker)?, &json!({ "topic": room.topic }));
        }
        let new = room.messages.len().saturating_sub(room.unread);
        for (at, said) in room.messages.iter().enumerate() {
            let when = moment(&said.at, now)?;
            if at == new {
                self.enter_you(&mut story, when);
            }
            let mut reactions = Vec::new();
            for (emoji, people) in &said.reactions {
                for handle in people {
                    reactions.push(json!({ "member": self.member(handle)?, "emoji": emoji }));
                }
            }
            let what = json!({ "message": { "body": self.text(&said.text, now)?, "reactions": reactions } });
            story.tell(when, self.member(&said.who)?, &what);
        }
        if room.unread == 0 {
            self.enter_you(&mut story, now);
        }
        Ok(story.lines)
    }

    fn enter_you(&self, story: &mut Story, when: Timestamp) {
        if let Some((you, _)) = &self.you {
            story.tell(when, you, &json!("joined"));
        }
    }
}

/// Lines that follow one another.
struct Story {
    lines: Vec<Value>,
    at: Timestamp,
}

impl Story {
    fn tell(&mut self, when: Timestamp, member: &str, what: &Value) {
        self.at = when.max(self.at.plus(1));
        let line = self.lines.len() + 1;
        // The story is told anew each time (days, your handle), so its lines are known by their numbers alone.
        let digest = line.to_string();
        self.lines
            .push(json!({ "line": line, "digest": digest, "at": self.at, "member": member, "what": what }));
    }
}

/// When something was said, seen from now.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp> {
    let wrong = || Error::internal(format_args!("{text:?} in the demo is no time"));
    if let Some(minutes) = text.strip_suffix(" min") {
        return Ok(now.plus(-minutes.parse::<i64>().map_err(|_| wrong())? * MINUTE));
    }
    let (days, time) = text.split_once(' ').ok_or_else(wrong)?;
    let (hour, minute) = time.split_once(':').ok_or_else(wrong)?;
    let number = |text: &str| text.parse::<i64>().map_err(|_| wrong());
    let midnight = working_days_before(now, number(days)?)?;
    Ok(midnight.plus(number(hour)? * HOUR + number(minute)? * MINUTE))
}

fn weekday(at: Timestamp) -> Result<Weekday> {
    OffsetDateTime::from_unix_timestamp(at.0 / SECOND).map(OffsetDateTime::weekday).map_err(Error::internal)
}

/// Midnight of the n-th working day before today.
fn working_days_before(now: Timestamp, days: i64) -> Result<Timestamp> {
    let mut midnight = now.0 - now.0.rem_euclid(DAY);
    let mut left = days;
    while left > 0 {
        midnight -= DAY;
        if !matches!(weekday(Timestamp(midnight))?, Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    Ok(Timestamp(midnight))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thursday, 2026-01-01, 00:00 UTC.
    const NEW_YEAR: Timestamp = Timestamp(1_767_225_600 * SECOND);

    #[test]
    fn the_story_is_whole() {
        let workspace = read().unwrap();
        let members = workspace.people.iter().map(|p| (p.handle.clone(), format!("mem_{}", p.handle)));
        let you = Some(("mem_you".to_owned(), "olga".to_owned()));
        let renamed = vec![("@priya".to_owned(), "@priya-1".to_owned())];
        let cast = Cast { members: members.collect(), renamed, you };
        let mut said = 0;
        let mut all = String::new();
        for room in &workspace.channels {
            assert!(room.unread <= room.messages.len(), "{}", room.name);
            assert!(kernel::Line::<1, 250>::new(&room.topic).is_ok(), "{}", room.name);
            let moments: Vec<Timestamp> =
                room.messages.iter().map(|m| moment(&m.at, NEW_YEAR).unwrap()).collect();
            assert!(moments.is_sorted(), "{} is not in order", room.name);
            assert!(room.messages.iter().all(|m| room.people.contains(&m.who)), "{}", room.name);
            let lines = cast.lines(room, NEW_YEAR).unwrap();
            let at: Vec<i64> = lines.iter().map(|l| l["at"].as_i64().unwrap()).collect();
            assert!(at.is_sorted_by(|a, b| a < b) && at.iter().all(|at| *at <= NEW_YEAR.0), "{}", room.name);
            assert_eq!(lines.iter().filter(|l| l["member"] == "mem_you").count(), 1, "{}", room.name);
            said += room.messages.len();
            all += &serde_json::to_string(&lines).unwrap();
        }
        assert!((80..=130).contains(&said), "{said} messages");
        assert!(all.contains("@olga") && all.contains("@priya-1") && !all.contains(YOU));
        assert!(all.contains("goes live on Wednesday") && !all.contains("{day"));
    }

    #[test]
    fn days_are_working_days() {
        let days = |text: &str| (NEW_YEAR.0 - moment(text, NEW_YEAR).unwrap().0) / HOUR;
        assert_eq!(days("1 00:00"), 24);
        assert_eq!(days("3 00:00"), 72);
        assert_eq!(days("4 00:00"), 24 * 6, "over the weekend");
        assert_eq!(days("60 min"), 1);
        for wrong in ["", "yesterday", "1 9", "x min", "1 a:b"] {
            assert!(moment(wrong, NEW_YEAR).is_err(), "{wrong}");
        }
    }
}
