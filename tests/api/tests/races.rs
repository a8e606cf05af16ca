//! Changes of one thing at once, raced many times on both databases: every pair of the changes of a message in `OPS`, and
//! chosen pairs of other changes. What comes of two at once is what comes of one after the other, in one of the two orders. `HOLDFAST_RACES` says how often; the seed is printed with what fails.

use std::collections::BTreeSet;
use std::future::Future;

use api_tests::{Client, Dice, PASSWORD, Reply, Socket, World};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::faults::View;

#[allow(clippy::disallowed_methods, reason = "how often is said by whoever runs the test")]
fn rounds(usual: usize) -> usize {
    std::env::var("HOLDFAST_RACES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

async fn worlds() -> [World; 2] {
    World::on_each(vec![("HOLDFAST_LIMITS__RATE_FACTOR".into(), "100000".into())]).await
}

/// Lets two go at once, neither always first. No answer says that something is broken.
async fn race(
    dice: &mut Dice,
    a: impl Future<Output = Reply>,
    b: impl Future<Output = Reply>,
) -> (Reply, Reply) {
    let pause = std::time::Duration::from_micros(dice.roll(1500));
    let late = dice.roll(2) == 0;
    let wait = async |yes: bool| {
        if yes {
            tokio::time::sleep(pause).await;
        }
    };
    let both = tokio::join!(
        async {
            wait(late).await;
            a.await
        },
        async {
            wait(!late).await;
            b.await
        }
    );
    for reply in [&both.0, &both.1] {
        assert!(reply.status < 500 || reply.status == 503, "{:#}", reply.body);
    }
    both
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Edit(&'static str),
    Delete,
    DeleteAsAdmin,
    React(&'static str, bool),
    OthersReact(&'static str, bool),
}

const OPS: [Op; 8] = [
    Op::Edit("first @ben"),
    Op::Edit("second"),
    Op::Delete,
    Op::DeleteAsAdmin,
    Op::React("👍", true),
    Op::React("🎉", true),
    Op::OthersReact("👍", false),
    Op::OthersReact("🎉", true),
];

/// What a message is, as far as these operations change it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Model {
    body: String,
    before: Vec<String>,
    reactions: BTreeSet<(String, String)>,
    deleted: bool,
}

struct People {
    author: Client,
    ben: Client,
    admin: Client,
}

impl Op {
    async fn ask(self, people: &People, at: &[(&str, &str)]) -> Reply {
        let react = |emoji: &str, on: bool| json!({ "emoji": emoji, "on": on });
        match self {
            Op::Edit(body) => people.author.own("chat.message.edit", at, json!({ "body": body })).await,
            Op::Delete => people.author.own("chat.message.delete", at, json!({})).await,
            Op::DeleteAsAdmin => people.admin.own("chat.message.delete", at, json!({})).await,
            Op::React(emoji, on) => people.author.own("chat.message.react", at, react(emoji, on)).await,
            Op::OthersReact(emoji, on) => people.ben.own("chat.message.react", at, react(emoji, on)).await,
        }
    }

    /// False: it is refused.
    fn apply(self, people: &People, to: &mut Model) -> bool {
        if to.deleted {
            return false;
        }
        match self {
            Op::Edit(body) if to.body == body => {}
            Op::Edit(body) => to.before.push(std::mem::replace(&mut to.body, body.to_owned())),
            Op::Delete | Op::DeleteAsAdmin => {
                *to = Model {
                    body: String::new(),
                    before: Vec::new(),
                    reactions: BTreeSet::new(),
                    deleted: true,
                };
            }
            Op::React(emoji, on) | Op::OthersReact(emoji, on) => {
                let who = if matches!(self, Op::React(..)) { &people.author } else { &people.ben };
                let one = (emoji.to_owned(), who.member.clone());
                if on {
                    to.reactions.insert(one);
                } else {
                    to.reactions.remove(&one);
                }
            }
        }
        true
    }
}

fn model(message: &Value, revisions: &Value) -> Model {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let reactions = message["reactions"].as_array().unwrap().iter();
    Model {
        body: text(&message["body"]),
        before: revisions["items"].as_array().into_iter().flatten().map(|r| text(&r["body"])).collect(),
        reactions: reactions
            .flat_map(|r| r["members"].as_array().unwrap().iter().map(|m| (text(&r["emoji"]), text(m))))
            .collect(),
        deleted: message["deletedAt"].is_i64(),
    }
}

/// Takes events until this number has come. False: it does not come.
async fn follow(tab: &mut Socket, view: &mut View, head: i64) -> bool {
    let mut beats = 0;
    while view.last < head {
        let frame = tab.frame().await.expect("an open socket");
        match frame["type"].as_str() {
            Some("event") => {
                let seq = frame["seq"].as_i64().unwrap();
                if !view.apply(seq, frame["event"].as_str().unwrap(), &frame["data"]) {
                    return false;
                }
            }
            Some("beat") if beats == 40 => return false,
            Some("beat") => beats += 1,
            _ => {}
        }
    }
    true
}

async fn message_pair(people: &People, a: Op, b: Op, seed: u64) {
    let mut dice = Dice(seed);
    let channel = people.author.channel(&format!("race {}", Uuid::new_v4()), "public").await;
    let at = [("channel", channel.as_str())];
    for other in [&people.ben, &people.admin] {
        other.own("chat.channel.join", &at, json!({})).await.ok();
    }
    let mut tab = Socket::open(&people.ben).await;
    let path = json!({ "org": people.ben.org, "channel": channel });
    let start = tab.call("chat.channel.subscribe", path, json!({})).await.unwrap();
    let mut view = View { last: start["head"].as_i64().unwrap(), ..View::default() };
    for round in 0..rounds(4) {
        let why = format!("{a:?} with {b:?}, round {round}, seed {seed}");
        let posted = people.author.post(&channel, "zero @ben").await.ok();
        let id = posted["id"].as_str().unwrap();
        let one = [at[0], ("message", id)];
        people.ben.own("chat.message.react", &one, json!({ "emoji": "👍", "on": true })).await.ok();
        let start = Model {
            body: "zero @ben".into(),
            before: Vec::new(),
            reactions: [("👍".to_owned(), people.ben.member.clone())].into(),
            deleted: false,
        };
        let (first, second) = race(&mut dice, a.ask(people, &one), b.ask(people, &one)).await;
        let seq = posted["seq"].as_i64().unwrap();
        let page = json!({ "around": seq, "limit": 1 });
        let now = people.ben.own("chat.message.list", &at, page).await.ok()["items"][0].clone();
        let revisions = match now["deletedAt"].is_i64() {
            true => json!({}),
            false => people.ben.own("chat.message.revisions", &one, json!({})).await.ok(),
        };
        let found = model(&now, &revisions);
        let serial = [false, true].map(|turned| {
            let mut state = start.clone();
            let order = if turned { [b, a] } else { [a, b] };
            let answers = order.map(|op| op.apply(people, &mut state));
            let [x, y] = if turned { [answers[1], answers[0]] } else { answers };
            (x, y, state)
        });
        let got = (first.status == 200, second.status == 200, found);
        // Who was told to come again has changed nothing; that must be rare, and is not this test's to repeat.
        assert!(![first.status, second.status].contains(&503), "{why}: a deadlock");
        assert!(serial.contains(&got), "{why}: {got:#?} is neither order of {serial:#?}");
        if now["deletedAt"].is_i64() {
            assert_eq!((&now["mentions"], &now["mentionsAll"]), (&json!([]), &json!(false)), "{why}");
        }
        let told = follow(&mut tab, &mut view, now["revision"].as_i64().unwrap()).await;
        assert!(told, "{why}: {} of {} told", view.last, now["revision"]);
    }
    // State and events: a tab that followed shows what a fresh one fetches.
    let fetched = View::sorted(api_tests::all_messages(&people.ben, &channel).await.into_iter());
    assert_eq!(View::sorted(view.messages.into_values()), fetched, "{a:?} with {b:?}, seed {seed}");
}

// REQ OPS-13, COMMS-3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_changes_of_one_message_are_one_after_the_other() {
    let seed = Uuid::new_v4().as_u64_pair().0;
    for world in worlds().await {
        let olga = world.owner().await;
        let author = world.join(&olga, "ann", "editor").await;
        let people = People { author, ben: world.join(&olga, "ben", "editor").await, admin: olga };
        let mut pairs = Vec::new();
        for (index, a) in OPS.into_iter().enumerate() {
            pairs.extend(OPS[index..].iter().map(|b| (a, *b)));
        }
        for some in pairs.chunks(6) {
            let all = some.iter().map(|(a, b)| message_pair(&people, *a, *b, seed));
            futures_util::future::join_all(all).await;
        }
        // Of what is deleted nothing is left, in no table.
        let left = "SELECT m.id FROM message m WHERE m.deleted_at IS NOT NULL AND (m.body <> '' OR m.mentions IS NOT NULL
             OR EXISTS (SELECT 1 FROM reaction r WHERE r.org_id = m.org_id AND r.channel_id = m.channel_id AND r.seq = m.seq)
             OR EXISTS (SELECT 1 FROM mention n WHERE n.org_id = m.org_id AND n.channel_id = m.channel_id AND n.seq = m.seq)
             OR EXISTS (SELECT 1 FROM message_revision v WHERE v.org_id = m.org_id AND v.message_id = m.id))";
        assert!(world.database().await.column(left).await.is_empty(), "seed {seed}");
    }
}

/// No seat belongs to somebody who is no member.
async fn no_seat_is_left(world: &World, why: &str) {
    let left =
        "SELECT s.member_id FROM channel_member s JOIN member m ON m.org_id = s.org_id AND m.id = s.member_id
                WHERE m.state <> 'active'";
    assert_eq!(
        world.database().await.column(left).await.len(),
        0,
        "{why}: a seat has outlived its membership"
    );
}

// REQ OPS-13, COMMS-1
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_is_closed_or_left_is_so_whatever_comes_at_once() {
    let seed = Uuid::new_v4().as_u64_pair().0;
    let mut dice = Dice(seed);
    for world in worlds().await {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        for round in 0..rounds(12) {
            let why = format!("round {round}, seed {seed}");
            // Closed, and something is said.
            let channel = olga.channel(&format!("closing {round}"), "private").await;
            let at = [("channel", channel.as_str())];
            let seat = [at[0], ("member", ben.member.as_str())];
            olga.own("chat.channel.invite", &seat, json!({})).await.ok();
            let close = olga.own("chat.channel.archive", &at, json!({}));
            let (closed, said) = race(&mut dice, close, ben.post(&channel, "last words")).await;
            closed.ok();
            let log = olga.own("chat.channel.subscribe", &at, json!({ "after": 0, "epoch": 1 })).await.ok();
            let names: Vec<&str> =
                log["events"].as_array().unwrap().iter().map(|e| e["event"].as_str().unwrap()).collect();
            assert_eq!(names.contains(&"chat.message.posted"), said.status == 200, "{why}");
            assert_eq!(names.last(), Some(&"chat.channel.updated"), "{why}: {names:?}");
            // Taken out, and something is said.
            let channel = olga.channel(&format!("leaving {round}"), "private").await;
            let at = [("channel", channel.as_str())];
            let seat = [at[0], ("member", ben.member.as_str())];
            olga.own("chat.channel.invite", &seat, json!({})).await.ok();
            let out = olga.own("chat.channel.remove", &seat, json!({}));
            let (out, said) = race(&mut dice, out, ben.post(&channel, "last words")).await;
            out.ok();
            let log = olga.own("chat.channel.subscribe", &at, json!({ "after": 0, "epoch": 1 })).await.ok();
            let names: Vec<&str> =
                log["events"].as_array().unwrap().iter().map(|e| e["event"].as_str().unwrap()).collect();
            assert_eq!(names.contains(&"chat.message.posted"), said.status == 200, "{why}");
            assert_eq!(names.last(), Some(&"chat.channel.left"), "{why}: {names:?}");
            // The last two leave.
            olga.own("chat.channel.invite", &seat, json!({})).await.ok();
            let leave = |who: &Client| {
                let (who, channel) = (who.clone(), channel.clone());
                async move { who.own("chat.channel.leave", &[("channel", &channel)], json!({})).await }
            };
            let (a, b) = race(&mut dice, leave(&olga), leave(&ben)).await;
            a.ok();
            b.ok();
            let id = channel.strip_prefix("chn_").unwrap();
            let abandoned = format!(
                "SELECT name FROM channel WHERE archived_at IS NOT NULL AND private_name_folded IS NULL AND name = 'leaving {round}'"
            );
            assert_eq!(world.database().await.column(&abandoned).await.len(), 1, "{why}: {id}");
        }
    }
}

// REQ OPS-13, ID-7
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_membership_ends_whole_whatever_comes_at_once() {
    let seed = Uuid::new_v4().as_u64_pair().0;
    let mut dice = Dice(seed);
    for world in worlds().await {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let general = olga.channel("general", "public").await;
        let open = olga.channel("open", "public").await;
        let mut came_first = 0;
        for round in 0..rounds(4) {
            for what in 0..6 {
                let why = format!("round {round}, {what}, seed {seed}");
                let guest = world.join(&olga, &format!("guest-{what}-{round}"), "editor").await;
                guest.own("chat.channel.join", &[("channel", &general)], json!({})).await.ok();
                let seat = [("channel", general.as_str()), ("member", guest.member.as_str())];
                let end = async {
                    match round % 2 {
                        0 => olga.own("member.remove", &[("member", &guest.member)], json!({})).await,
                        _ => olga.call("account.delete", &[("user", &guest.user)], json!({})).await,
                    }
                };
                let other = async {
                    match what {
                        0 => {
                            let new =
                                json!({ "name": format!("new {round}"), "topic": "", "kind": "private" });
                            guest.own("chat.channel.create", &[], new).await
                        }
                        1 => {
                            let seat = [("channel", open.as_str()), seat[1]];
                            olga.own("chat.channel.invite", &seat, json!({})).await
                        }
                        2 => guest.own("chat.channel.join", &[("channel", &open)], json!({})).await,
                        3 => guest.post(&general, "my last words, @ben").await,
                        4 => ben.post(&general, &format!("farewell @guest-{what}-{round}")).await,
                        _ => ben.own("chat.direct.open", &[], json!({ "members": [guest.member] })).await,
                    }
                };
                let (ended, other) = race(&mut dice, end, other).await;
                ended.ok();
                assert_ne!(other.status, 503, "{why}: a deadlock");
                came_first += usize::from(other.status == 200 && what != 4);
                no_seat_is_left(&world, &why).await;
                let unsaid = "SELECT id FROM channel WHERE kind = 'direct' AND head = 0";
                assert_eq!(world.database().await.column(unsaid).await.len(), 0, "{why}");
                let seen = guest.own("chat.channel.list", &[], json!({})).await;
                assert!([401, 404].contains(&seen.status), "{why}: {seen:?}");
            }
        }
        assert!(came_first > 0, "the end always came first, seed {seed}");
    }
}

// REQ OPS-13, ID-7
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_keeps_an_owner_and_an_invitation_has_one_end() {
    let seed = Uuid::new_v4().as_u64_pair().0;
    let mut dice = Dice(seed);
    for world in worlds().await {
        let olga = world.owner().await;
        for round in 0..rounds(8) {
            let why = format!("round {round}, seed {seed}");
            // Two owners of another organisation take each other's role, or place.
            let email = format!("first{round}@example.net");
            let made = json!({ "name": format!("Org {round}"), "ownerEmail": email });
            world.console("org.create", &[], made).await.ok();
            let mut first = world.anonymous();
            let token = world.mailed_token(&email).await;
            let input = json!({ "token": token, "name": "First", "handle": "first", "password": PASSWORD });
            first.call("invitation.accept", &[], input).await.ok();
            first.settle().await;
            let second = world.join(&first, &format!("second{round}"), "owner").await;
            let against = |who: &Client, whom: &Client| {
                let (who, whom) = (who.clone(), whom.member.clone());
                async move {
                    match round % 2 {
                        0 => {
                            who.own("member.update", &[("member", &whom)], json!({ "role": "viewer" })).await
                        }
                        _ => who.own("member.remove", &[("member", &whom)], json!({})).await,
                    }
                }
            };
            let (a, b) = race(&mut dice, against(&first, &second), against(&second, &first)).await;
            assert_eq!([a.status, b.status].iter().filter(|s| **s == 200).count(), 1, "{why}: {a:?} {b:?}");
            // Withdrawn and accepted.
            let email = format!("guest{round}@example.org");
            let made =
                olga.own("invitation.create", &[], json!({ "email": email, "role": "viewer" })).await.ok();
            let token = world.mailed_token(&email).await;
            let guest = world.anonymous();
            let input = json!({ "token": token, "name": "Guest", "handle": format!("guest{round}"), "password": PASSWORD });
            let accept = guest.call("invitation.accept", &[], input);
            let invitation = [("invitation", made["id"].as_str().unwrap())];
            let withdraw = olga.own("invitation.revoke", &invitation, json!({}));
            let (accepted, withdrawn) = race(&mut dice, accept, withdraw).await;
            assert!(
                (accepted.status == 200) != (withdrawn.status == 200),
                "{why}: {accepted:?} {withdrawn:?}"
            );
            let members = olga.own("member.list", &[], json!({})).await.ok();
            let there =
                members["items"].as_array().unwrap().iter().any(|m| m["handle"] == format!("guest{round}"));
            assert_eq!(there, accepted.status == 200, "{why}");
        }
    }
}

// REQ OPS-13, ID-3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_outlives_the_password_or_the_account_that_it_was_begun_with() {
    let seed = Uuid::new_v4().as_u64_pair().0;
    let mut dice = Dice(seed);
    for world in worlds().await {
        let olga = world.owner().await;
        for round in 0..rounds(10) {
            for what in ["reset", "change", "delete"] {
                let why = format!("{what}, round {round}, seed {seed}");
                let handle = format!("{what}{round}");
                let email = format!("{handle}@example.org");
                let ben = world.join(&olga, &handle, "viewer").await;
                let device = world.anonymous();
                let sign_in =
                    device.call("session.create", &[], json!({ "email": email, "password": PASSWORD }));
                let new = "mirror otter plankton velvet";
                let end = async {
                    match what {
                        "reset" => {
                            let asked = json!({ "email": email });
                            world.anonymous().call("password.request_reset", &[], asked).await.ok();
                            let input = json!({ "token": world.mailed_token(&email).await, "password": new });
                            world.anonymous().call("password.reset", &[], input).await
                        }
                        "change" => {
                            let input = json!({ "current": PASSWORD, "password": new });
                            ben.call("me.change_password", &[], input).await
                        }
                        _ => olga.call("account.delete", &[("user", &ben.user)], json!({})).await,
                    }
                };
                let (signed_in, ended) = race(&mut dice, sign_in, end).await;
                ended.ok();
                assert!([200, 401].contains(&signed_in.status), "{why}: {signed_in:?}");
                device.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
            }
        }
    }
}
