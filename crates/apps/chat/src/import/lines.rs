//! Bring lines of talk into a public channel, at the times at which they were said. At the console only: whoever can do
//! this decides what was said and when. It speaks for members without an account and for nobody else.

use std::collections::{HashMap, HashSet};

use crate::ChannelId;
use ::store::Tx;
use access::{Audit, DataClass, Expose, Operation, OrgTarget, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};

use ::store::Tenanted;
use kernel::text::fold;
use kernel::{Error, Line, MemberId, Timestamp, Whole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::store;
use crate::channel::create::blank;
use crate::channel::join::put_in_at;
use crate::channel::leave::take_out;
use crate::channel::update::tell_at;
use crate::channel::{self, Kind, Name, Topic};
use crate::event::Reacted;
use crate::message::write::{Draft, Written, write};
use crate::message::{Body, Emoji, by_client_id, react};

/// Lines at once at most: so many hold the database for some tens of milliseconds.
const MOST: usize = 500;

/// Reactions to one message at most.
const MOST_REACTIONS: usize = 20;

/// Lines of one source, in order.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// The channel's name; it is made, public, if there is none.
    channel: Name,
    /// Where the lines come from, for instance a file's name. Its lines are taken once; another line in the place of one
    /// that was taken is refused.
    source: Line<1, 200>,
    /// The lines, by rising number.
    #[schemars(length(max = 500))]
    lines: Vec<ImportedLine>,
}

/// One line.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportedLine {
    /// Its number in the source.
    line: Whole<1, 9_007_199_254_740_991>,
    /// A digest of the line as it stands in the source, or whatever else tells it from another line.
    digest: Line<1, 64>,
    /// When it was.
    at: Timestamp,
    /// Whose it is.
    member: MemberId,
    /// What happened.
    what: What,
}

/// What happened.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum What {
    /// They said something. Who was not in the channel is from then on.
    Message {
        /// Markdown.
        body: Body,
        /// What others reacted with.
        #[serde(default)]
        #[schemars(length(max = 20))]
        reactions: Vec<ImportedReaction>,
    },
    /// They came in. Also people with an account.
    Joined,
    /// They went.
    Left,
    /// They changed what the channel is about.
    Topic(Topic),
}

/// A reaction to an imported message.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ImportedReaction {
    member: MemberId,
    emoji: Emoji,
}

/// What has become of the lines.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Imported {
    /// Where they are.
    channel: ChannelId,
    /// Lines that stand in the channel now.
    added: u32,
    /// Lines that had been taken before.
    known: u32,
    /// Lines that changed nothing: somebody came who was there, or went who was not.
    idle: u32,
}

/// See the module.
pub(crate) struct Import;

impl Operation for Import {
    const ID: &'static str = "chat.import.lines";
    const SUMMARY: &'static str =
        "Brings lines of talk into a public channel, at their own times and once only; at the console only.";
    const ROUTE: Route = Route::post("/orgs/{org}/imports");
    const PERMISSION: Permission = Permission::Console("says in others' names what they said elsewhere");
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Content;
    type Target = OrgTarget;
    type Input = Batch;
    type Output = Imported;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, batch: Batch) -> Result<Imported> {
        check(cx, &batch)?;
        let Batch { channel, source, lines } = batch;
        // Members before the channel, as everybody takes them.
        let people: Vec<_> = lines.iter().map(|line| line.member).collect();
        identity::people::hold(tx.within(at), &people);
        let since = lines.first().map_or_else(|| cx.now(), |line| line.at);
        let channel = find_or_make(cx, tx, at, &channel, since).await?;
        let mut book =
            Book { channel, source: source.as_str(), silent: HashMap::new(), joined: HashSet::new() };
        let taken = store::taken(tx, at, channel, book.source).await?;
        let range = lines.first().zip(lines.last()).map_or((0, 0), |(a, b)| (a.line.get(), b.line.get()));
        let digests = store::digests(tx, at, channel, book.source, range).await?;
        let mut fresh = Vec::new();
        let mut answer = Imported { channel, added: 0, known: 0, idle: 0 };
        for line in lines {
            let number = line.line.get();
            if number <= taken.last {
                let same = match digests.get(&number) {
                    Some(digest) => *digest == line.digest.as_str(),
                    None => number <= taken.undigested && book.has(tx, at, &line).await?,
                };
                if !same {
                    return Err(another(number, book.source));
                }
                answer.known += 1;
                continue;
            }
            fresh.push((number, line.digest.as_str().to_owned()));
            if book.enter(cx, tx, at, line).await? {
                answer.added += 1;
            } else {
                answer.idle += 1;
            }
        }
        store::take(tx, at, channel, book.source, &fresh).await?;
        cx.about(channel);
        cx.note("source", book.source);
        cx.note("added", answer.added);
        Ok(answer)
    }
}

fn another(line: i64, source: &str) -> Error {
    Error::conflict(format!(
        "Line {line} of {source} is not the one that this channel has from a source of that name."
    ))
    .hint("another source needs another name, or another channel; a source may grow at its end only")
}

fn check(cx: &Cx, batch: &Batch) -> Result<()> {
    let lines = &batch.lines;
    if lines.len() > MOST {
        return Err(Error::field("lines", format!("must have at most {MOST} entries")));
    }
    if !lines.is_sorted_by(|a, b| a.line.get() < b.line.get()) {
        return Err(Error::field("lines", "must rise in number"));
    }
    let crowded =
        |what: &What| matches!(what, What::Message { reactions, .. } if reactions.len() > MOST_REACTIONS);
    if lines.iter().any(|line| crowded(&line.what)) {
        return Err(Error::field("lines", format!("must have at most {MOST_REACTIONS} reactions each")));
    }
    let now = cx.now();
    if lines.iter().any(|line| line.at.0 < 0 || line.at > now) {
        return Err(Error::field("lines", "must lie between 1970 and now"));
    }
    Ok(())
}

async fn find_or_make(
    cx: &Cx,
    tx: &mut Tx,
    at: &impl Tenanted,
    name: &Name,
    since: Timestamp,
) -> Result<ChannelId> {
    let folded = fold(name.as_str());
    match channel::store::by_name(tx, at, &folded).await? {
        Some((id, Kind::Public, false)) => Ok(id),
        Some(_) => Err(Error::field("channel", "Choose another name: this channel is private or archived.")),
        None => {
            let made = blank(cx, Kind::Public, name, "", since);
            if !channel::store::insert(tx, at, &made, &folded).await? {
                return Err(Error::conflict("Somebody is making this channel just now. Try again."));
            }
            channel::log::channels_changed(tx, at, None)?;
            Ok(made.id)
        }
    }
}

/// Where lines are entered, and what is known of their members.
struct Book<'a> {
    channel: ChannelId,
    source: &'a str,
    /// Whether a member has no account, so that an import may speak for them.
    silent: HashMap<MemberId, bool>,
    /// Who is in the channel for certain.
    joined: HashSet<MemberId>,
}

impl Book<'_> {
    /// Whether a line may be one that was taken when digests were not kept: of messages, their place and author are known.
    async fn has(&self, tx: &mut Tx, at: &impl Tenanted, line: &ImportedLine) -> Result<bool> {
        if !matches!(line.what, What::Message { .. }) {
            return Ok(true);
        }
        let client_id = place(self.channel, self.source, line.line.get());
        Ok(by_client_id(tx, at, line.member, client_id).await?.is_some())
    }

    /// Enters a line. False: it changed nothing.
    async fn enter(&mut self, cx: &Cx, tx: &mut Tx, at: &impl Tenanted, line: ImportedLine) -> Result<bool> {
        let ImportedLine { line, digest: _, at: when, member, what } = line;
        match what {
            What::Joined => self.put_in(tx, at, member, when).await,
            What::Left => {
                self.may_speak_for(tx, at, member).await?;
                self.joined.remove(&member);
                take_out(tx, at, self.channel, member, None, when).await
            }
            What::Topic(topic) => {
                self.may_speak_for(tx, at, member).await?;
                channel::store::set_topic(tx, at, self.channel, topic.as_str()).await?;
                tell_at(tx, at, self.channel, None, when).await?;
                Ok(true)
            }
            What::Message { body, reactions } => {
                self.may_speak_for(tx, at, member).await?;
                self.put_in(tx, at, member, when).await?;
                let client_id = place(self.channel, self.source, line.get());
                let body = body.as_str().to_owned();
                let draft = Draft { channel: self.channel, author: member, client_id, body, when };
                let Written::New(message) = write(cx, tx, at, draft).await? else { return Ok(false) };
                for ImportedReaction { member, emoji } in reactions {
                    self.may_speak_for(tx, at, member).await?;
                    let emoji = emoji.as_str().to_owned();
                    let reacted = Reacted { id: message.id, member, emoji, on: true };
                    react::set(tx, at, (self.channel, message.seq), reacted, when).await?;
                }
                Ok(true)
            }
        }
    }

    /// True: they came in now.
    async fn put_in(
        &mut self,
        tx: &mut Tx,
        at: &impl Tenanted,
        member: MemberId,
        when: Timestamp,
    ) -> Result<bool> {
        if !self.joined.insert(member) {
            return Ok(false);
        }
        put_in_at(tx, at, self.channel, member, when).await
    }

    /// Refuses to put words into the mouth of somebody who has an account.
    async fn may_speak_for(&mut self, tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<()> {
        let silent = match self.silent.get(&member) {
            Some(silent) => *silent,
            None => {
                let silent = identity::people::is_acted_as(tx, at, member).await? == Some(false);
                self.silent.insert(member, silent);
                silent
            }
        };
        if silent {
            return Ok(());
        }
        Err(Error::field("lines", format!("{member} is no member without an account; import them first")))
    }
}

/// The name of a line, the same whenever it is brought in: a version 8 UUID (RFC 9562, 5.8) of where it stands.
fn place(channel: ChannelId, source: &str, line: i64) -> Uuid {
    let digest = Sha256::new().chain_update(format!("{channel}\0{source}\0{line}")).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
