//! Bringing talk in: the demo workspace, IRC logs, and that only the console can.

use std::collections::BTreeMap;
use std::path::Path;

use api_tests::{Client, World, both};
use holdfast::cli::{Console, IrcSource, IrcTally, Organisation, fill_demo, import_irc};
use kernel::{Clock, Timestamp};
use serde_json::{Value, json};

/// A day of a channel: ordinary lines, and one of each kind that is passed over.
const DAY_ONE: &str = "\
[09:58] <grace> morning all
=== Lin [~lin@host.example]  has joined #boats
[09:59] <Lin> good morning @grace, has **anybody** a spare oar?
=== mode/#boats [+o grace]  by harbour
[10:00]  * grace looks into the shed
=== ..[topic/#boats:grace] : Oars are in the shed | https://boats.example/shed

[10:01] <wei|away> I have one
=== wei|away is now known as wei
[10:02] <wei> left-handed though
[10:02] <olga> not the olga who has an account here
[10:03] -bell:#boats- eight bells
[10:03] <Lin>
=== Lin [~lin@host.example]  has left #boats []
=== nobody [~n@host.example]  has left #boats []
12 o'clock and all's well
";

/// The next one: it ends after midnight.
const DAY_TWO: &str = "[23:59] <LIN> still there?\n[00:01] <grace> always\n";

async fn console(world: &World) -> Console {
    Console::at_socket(&world.data().join("holdfast.sock")).await.unwrap()
}

async fn import(world: &World, dir: &Path, most: usize) -> IrcTally {
    try_import(world, dir, most).await.unwrap()
}

async fn try_import(world: &World, dir: &Path, most: usize) -> kernel::Result<IrcTally> {
    let console = console(world).await;
    let org = console.organisation(None).await.unwrap();
    let mut source = IrcSource::directory(dir, Some("boats".into()), 262_144, world.clock.now()).unwrap();
    source.files.truncate(most);
    let mut told = 0;
    let tally = import_irc(&console, &org, &source, &mut |_| told += 1).await?;
    assert_eq!(told, source.files.len(), "a line of progress for each file");
    Ok(tally)
}

fn sums_agree(tally: &IrcTally) {
    let entries = tally.messages + tally.actions + tally.joined + tally.left + tally.topics;
    assert_eq!(entries + tally.passed_over(), tally.lines, "{tally:?}");
    assert_eq!(tally.added + tally.known + tally.idle, entries, "{tally:?}");
}

/// All that can be seen of a workspace.
async fn seen(client: &Client) -> Value {
    let channels = client.own("chat.channel.list", &[], json!({})).await.ok();
    let mut logs = Vec::new();
    for channel in channels["items"].as_array().unwrap() {
        let at = [("channel", channel["id"].as_str().unwrap())];
        logs.push(client.own("chat.channel.subscribe", &at, json!({ "after": 0, "epoch": 1 })).await.ok());
        logs.push(client.own("chat.message.list", &at, json!({})).await.ok());
        logs.push(client.own("chat.channel.members", &at, json!({})).await.ok());
    }
    let members = client.own("member.list", &[], json!({})).await.ok();
    json!({ "channels": channels, "logs": logs, "members": members })
}

both! {
    // REQ RUN-6
    async fn an_irc_log_becomes_a_channel_once(world: World) {
        let olga = world.owner().await;
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("2004-11-15.txt"), DAY_ONE).unwrap();
        std::fs::write(dir.path().join("2004-11-16.txt"), DAY_TWO).unwrap();
        std::fs::write(dir.path().join("notes.txt"), "no\ndate\n").unwrap();
        let first = import(&world, dir.path(), 3).await;
        sums_agree(&first);
        assert_eq!((first.lines, first.messages, first.actions), (20, 7, 1), "{first:?}");
        assert_eq!((first.joined, first.left, first.topics), (1, 2, 1), "{first:?}");
        assert_eq!((first.added, first.known, first.idle), (11, 0, 1), "somebody left who had not come: {first:?}");
        let reasons = [
            ("channel mode", 1), ("empty", 1), ("nick change", 1), ("no date in the file's name", 2),
            ("not understood", 1), ("notice", 1), ("says nothing", 1),
        ];
        assert_eq!(first.skipped, BTreeMap::from(reasons));

        let channels = olga.own("chat.channel.list", &[], json!({})).await.ok();
        let boats = channels["items"][0].clone();
        assert_eq!((&boats["name"], &boats["kind"]), (&json!("boats"), &json!("public")));
        assert_eq!(boats["topic"], "Oars are in the shed | https://boats.example/shed");
        let at = [("channel", boats["id"].as_str().unwrap())];
        let page = olga.own("chat.message.list", &at, json!({})).await.ok();
        let said: Vec<&str> = page["items"].as_array().unwrap().iter().map(|m| m["body"].as_str().unwrap()).collect();
        assert_eq!(said, [
            "morning all", "good morning @grace, has **anybody** a spare oar?", "*looks into the shed*", "I have one",
            "left-handed though", "not the olga who has an account here", "still there?", "always",
        ]);
        let times: Vec<i64> = page["items"].as_array().unwrap().iter().map(|m| m["createdAt"].as_i64().unwrap()).collect();
        let minute = |n: usize| times[n] / 60_000_000;
        assert!(times.is_sorted_by(|a, b| a < b));
        assert_eq!(minute(0), 1_100_476_800 / 60 + 9 * 60 + 58, "2004-11-15 09:58 UTC");
        assert_eq!(minute(7) - minute(6), 2, "midnight lies between them");

        let members = olga.own("member.list", &[], json!({})).await.ok();
        let named = |name: &str| {
            let all = members["items"].as_array().unwrap();
            all.iter().find(|m| m["name"] == name).unwrap_or_else(|| panic!("{name} in {members:#}")).clone()
        };
        let lin = named("Lin");
        assert_eq!((&lin["imported"], &named("Olga Owner")["imported"]), (&json!(true), &json!(null)));
        assert_eq!((&lin["handle"], &lin["role"], &lin["state"]), (&json!("lin"), &json!("editor"), &json!("active")));
        assert_eq!(page["items"][6]["author"], lin["id"], "LIN is Lin");
        assert_eq!(page["items"][1]["mentions"], json!([named("grace")["id"]]));
        assert_ne!(named("wei|away")["id"], named("wei")["id"]);
        assert_ne!(page["items"][5]["author"], json!(olga.member), "nobody speaks for somebody with an account");
        assert!(named("olga")["handle"].as_str().unwrap().starts_with("olga-"));

        let log = olga.own("chat.channel.subscribe", &at, json!({ "after": 0, "epoch": 1 })).await.ok();
        let seqs: Vec<i64> = log["events"].as_array().unwrap().iter().map(|e| e["seq"].as_i64().unwrap()).collect();
        assert_eq!(seqs, (1..=log["head"].as_i64().unwrap()).collect::<Vec<_>>());

        let before = seen(&olga).await;
        let second = import(&world, dir.path(), 3).await;
        sums_agree(&second);
        assert_eq!((second.added, second.known, second.idle), (0, 12, 0), "{second:?}");
        assert_eq!(seen(&olga).await, before);

        // A log that has grown goes on where it was.
        std::fs::write(dir.path().join("2004-11-16.txt"), format!("{DAY_TWO}[00:02] <Lin> good\n")).unwrap();
        let third = import(&world, dir.path(), 3).await;
        assert_eq!((third.added, third.known), (1, 12), "{third:?}");
    }

    // REQ RUN-6
    async fn another_log_of_the_same_name_is_not_taken_for_the_one_that_is_known(world: World) {
        let olga = world.owner().await;
        let file = |text: &str| {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("2015-01-01.txt"), text).unwrap();
            dir
        };
        let ours = "[10:00] <ada> one\n[10:01] <ada> two\n=== bob [b@h]  has joined #boats\n";
        let first = import(&world, file(ours).path(), 1).await;
        assert_eq!((first.added, first.known), (3, 0));
        let before = seen(&olga).await;
        let other_end = ours.replace("=== bob", "=== cy");
        for (other, line) in [
            ("[11:00] <cy> three\n[11:01] <cy> four\n[11:02] <cy> five\n[11:03] <cy> six\n", 1),
            ("[10:00] <ada> one\n[10:01] <ada> TWO\n", 2),
            ("[10:00] <ada> one\n[10:01] <eve> two\n[10:02] <eve> more\n", 2),
            (other_end.as_str(), 3),
        ] {
            let refused = try_import(&world, file(other).path(), 1).await.unwrap_err();
            let said = refused.to_string();
            assert!(said.contains(&format!("Line {line} of 2015-01-01.txt")), "{said}");
            let now = seen(&olga).await;
            assert_eq!((&now["logs"], &now["channels"]), (&before["logs"], &before["channels"]));
        }
        // Of a log that was cut off nothing is missing, and then it goes on.
        let cut = import(&world, file("[10:00] <ada> one\r\n").path(), 1).await;
        assert_eq!((cut.added, cut.known), (0, 1));
        let grown = import(&world, file(&format!("{ours}[10:03] <ada> end\n")).path(), 1).await;
        assert_eq!((grown.added, grown.known), (1, 3));
    }

    // REQ AUTHZ-1
    async fn only_the_console_brings_talk_in(world: World) {
        let olga = world.owner().await;
        let general = olga.channel("general", "public").await;
        olga.channel("secret", "private").await;
        let people = json!({ "items": [{ "handle": "ghost", "name": "Ghost" }] });
        let org = [("org", olga.org.as_str())];
        let made = world.console("member.import", &org, people.clone()).await.ok();
        let ghost = made["items"][0]["member"].clone();
        let line = |line: i64, member: &Value, what: Value| {
            json!({ "line": line, "digest": "d", "at": 1_000_000, "member": member, "what": what })
        };
        let batch = |channel: &str, lines: &[Value]| json!({ "channel": channel, "source": "test", "lines": lines });
        let said = json!({ "message": { "body": "boo" } });
        let input = batch("general", &[line(1, &ghost, said.clone())]);
        let ben = world.join(&olga, "ben", "editor").await;
        let stranger = world.stranger().await;
        for somebody in [&olga, &ben, &stranger] {
            somebody.call("member.import", &org, people.clone()).await.refused(404, "not_found");
            somebody.call("chat.import.lines", &org, input.clone()).await.refused(404, "not_found");
        }
        world.anonymous().call("chat.import.lines", &org, input.clone()).await.refused(401, "unauthenticated");
        ben.call("org.list", &[], json!({})).await.refused(404, "not_found");
        let page = olga.own("chat.message.list", &[("channel", &general)], json!({})).await.ok();
        assert_eq!(page["items"], json!([]));

        // Nor does the console speak for somebody who can speak for themselves, or reach what is not public.
        let me = json!(olga.member);
        let rita = json!(stranger.member);
        let late = json!({ "line": 1, "digest": "d", "at": 4_000_000_000_000_000_i64, "member": ghost, "what": said });
        let many: Vec<Value> = (1..=501).map(|n| line(n, &ghost, json!("joined"))).collect();
        let by_me = json!({ "message": { "body": "x", "reactions": [{ "member": me, "emoji": "👍" }] } });
        let reactions = vec![json!({ "member": ghost, "emoji": "👍" }); 21];
        let crowded = json!({ "message": { "body": "x", "reactions": reactions } });
        for refused in [
            batch("general", &[line(1, &me, said.clone())]),
            batch("general", &[line(1, &me, json!({ "topic": "mine" }))]),
            batch("general", &[line(1, &me, json!("left"))]),
            batch("general", &[line(1, &ghost, by_me)]),
            batch("general", &[line(1, &rita, said.clone())]),
            batch("general", &[line(2, &ghost, said.clone()), line(2, &ghost, said.clone())]),
            batch("general", &[line(0, &ghost, said.clone())]),
            batch("general", &[line(9_007_199_254_740_992, &ghost, said.clone())]),
            batch("general", &[line(1, &ghost, crowded)]),
            batch("general", &[late]),
            batch("general", &many),
            batch("secret", &[line(1, &ghost, said.clone())]),
            batch("", &[]),
        ] {
            world.console("chat.import.lines", &org, refused).await.refused(422, "invalid_input");
        }
        let page = olga.own("chat.message.list", &[("channel", &general)], json!({})).await.ok();
        assert_eq!(page["items"], json!([]));
        world.console("chat.import.lines", &org, input.clone()).await.ok();
        let again = world.console("chat.import.lines", &org, input).await.ok();
        assert_eq!((&again["added"], &again["known"]), (&json!(0), &json!(1)));

        // Members without an account count for nobody who could own an organisation.
        let at = [org[0], ("member", ghost.as_str().unwrap())];
        olga.call("member.update", &at, json!({ "role": "owner" })).await.ok();
        olga.own("member.remove", &[("member", &olga.member)], json!({})).await.refused(409, "conflict");
        let people = world.console("account.list", &[], json!({})).await.ok();
        assert_eq!(people["items"].as_array().unwrap().len(), 3, "an imported member has no account to sign in to");
    }

    // REQ RUN-6
    async fn the_demo_fills_a_workspace_once(world: World) {
        let olga = world.owner().await;
        let console = console(&world).await;
        let org = console.organisation(None).await.unwrap();
        assert_eq!(console.organisation(Some("acme")).await.unwrap().id, olga.org);
        let now = world.clock.now();
        assert!(fill_demo(&console, &org, now).await.unwrap() > 100);
        let channels = olga.own("chat.channel.list", &[], json!({})).await.ok();
        let channels = channels["items"].as_array().unwrap();
        assert_eq!(channels.len(), 6);
        for channel in channels {
            assert_eq!(channel["joined"], true, "{channel:#}");
            assert!((1..=20).contains(&channel["unread"].as_i64().unwrap()), "{channel:#}");
            assert!(!channel["topic"].as_str().unwrap().is_empty());
        }
        assert!(channels.iter().any(|c| c["mentions"].as_i64().unwrap() > 0));
        let before = seen(&olga).await;
        assert!(before.to_string().contains("👍"));
        let another_time = Timestamp(now.0 - 86_400_000_000);
        assert_eq!(fill_demo(&console, &org, another_time).await.unwrap(), 0);
        assert_eq!(seen(&olga).await, before);
        world.stranger().await;
        assert!(console.organisation(None).await.is_err(), "there are two now, so one has to be named");
        let rival: Organisation = console.organisation(Some("rival")).await.unwrap();
        fill_demo(&console, &rival, now).await.unwrap();
        assert_eq!(seen(&olga).await, before, "another organisation is another world");
    }
}

/// The real logs, where they are.
#[cfg_attr(not(real_talk), ignore = "the logs are not there (build.rs)")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_talk_comes_in_whole() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ubuntu-irc.tar.xz");
    let dir = tempfile::tempdir().unwrap();
    let unpacked =
        std::process::Command::new("tar").arg("xJf").arg(&archive).arg("-C").arg(dir.path()).status();
    assert!(unpacked.unwrap().success());
    let world = World::sqlite().await;
    let olga = world.owner().await;
    let first = import(&world, &dir.path().join("ubuntu-irc"), 3).await;
    sums_agree(&first);
    assert!(first.messages > 2000 && first.joined > 0 && first.passed_over() * 20 < first.lines, "{first:?}");
    let before = olga.own("chat.channel.list", &[], json!({})).await.ok();
    let again = import(&world, &dir.path().join("ubuntu-irc"), 3).await;
    assert_eq!((again.added, again.idle, again.known), (0, 0, first.added + first.idle));
    assert_eq!(olga.own("chat.channel.list", &[], json!({})).await.ok(), before);
}
