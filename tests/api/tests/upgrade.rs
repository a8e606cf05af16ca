//! A database of an earlier version is brought up to date with all that is in it. `tests/cases/foundation` was filled by the
//! version before migration 4: three people of whom one was removed, a public and a private channel, a direct conversation,
//! edits, a deletion, reactions in two forms of one emoji, mentions by the old rule, an open invitation.

use api_tests::Process;
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("../../cases/foundation/postgres.sql");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cases/foundation");

/// Puts the old database in the place of a new one that was stopped.
async fn put_old(process: &Process) {
    let database = process.database().await;
    if database.is_postgres() {
        database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
        database.execute(SCRIPT).await.unwrap();
        database.execute("RESET search_path").await.unwrap();
    } else {
        // Into the files that are there: a clone does not keep modes, and others may not read these.
        for (from, to) in [("holdfast.db", "holdfast.db"), ("database.key", "keys/database.key")] {
            let old = std::fs::read(format!("{FOLDER}/{from}")).unwrap();
            std::fs::write(process.data().join(to), old).unwrap();
        }
    }
    drop(std::fs::remove_file(process.data().join("history.json")));
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["name"] == name)
        .unwrap_or_else(|| panic!("{list}"))
}

fn count(list: &Value) -> usize {
    list.as_array().unwrap().len()
}

// REQ RUN-4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_the_foundation_is_brought_up_to_date_with_all_that_is_in_it() {
    for mut process in Process::on_each(Vec::new()).await {
        let nobody = process.owner().await;
        assert!(process.stop().success());
        put_old(&process).await;
        let (_, said) = process.command_with(&["check"], &[]);
        assert!(said.contains("A start would bring its tables up to date: 0004"), "{said}");
        process.boot();
        let nobody = nobody.at(process.address);
        let olga = nobody.sign_in("olga@example.org", "correct-horse-battery-staple-42").await;

        let channels = olga.own("chat.channel.list", &[], json!({})).await.ok();
        let (general, private) = (named(&channels, "General Ärger"), named(&channels, "Secret Straße"));
        let id = |channel: &Value| channel["id"].as_str().unwrap().to_owned();
        let (general, private) = (id(general), id(private));
        let page =
            olga.own("chat.message.list", &[("channel", &general)], json!({ "limit": 100 })).await.ok();
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 30);
        let seqs: Vec<i64> = items.iter().map(|m| m["seq"].as_i64().unwrap()).collect();
        assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
        let said = |body: &str| {
            let with = |m: &&Value| m["body"].as_str().unwrap().starts_with(body);
            items.iter().find(with).unwrap_or_else(|| panic!("{page}"))
        };
        let (edited, plain) = (said("edited twice @ben"), said("message 2 "));
        assert!(edited["revision"].as_i64() > edited["seq"].as_i64() && edited["editedAt"].is_i64());
        assert_eq!((&plain["revision"], count(&edited["mentions"])), (&plain["seq"], 1));
        assert_eq!(items.iter().filter(|m| m["deletedAt"].is_i64() && m["body"] == "").count(), 1);
        let reacted: Vec<_> = items.iter().filter(|m| count(&m["reactions"]) > 0).collect();
        let one = [("👍", 2), ("❤️", 1)].map(|(emoji, by)| (json!(emoji), by));
        let seen = reacted[0]["reactions"].as_array().unwrap().iter();
        let seen: Vec<_> = seen.map(|r| (r["emoji"].clone(), count(&r["members"]))).collect();
        assert_eq!((reacted.len(), seen.as_slice()), (1, one.as_slice()));
        let at = [("channel", general.as_str()), ("message", edited["id"].as_str().unwrap())];
        let before = olga.own("chat.message.revisions", &at, json!({})).await.ok();
        assert_eq!(count(&before["items"]), 2, "{before}");

        // The log is whole: every number once.
        let since = json!({ "after": 0, "epoch": 1 });
        let log = olga.own("chat.channel.subscribe", &[("channel", &general)], since).await.ok();
        assert_eq!(log["recovered"], true, "{log}");
        let numbers: Vec<i64> =
            log["events"].as_array().unwrap().iter().map(|e| e["seq"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=log["head"].as_i64().unwrap()).collect::<Vec<_>>());

        // Who had been removed has no seat any more.
        let seats = olga.own("chat.channel.members", &[("channel", &private)], json!({})).await.ok();
        assert_eq!(count(&seats["items"]), 2, "{seats}");
        let invited = olga.own("invitation.list", &[], json!({})).await.ok();
        assert_eq!(invited["items"][0]["email"], "dora@example.org");
        let ledger = olga.own("audit.list", &[], json!({ "limit": 200 })).await.ok();
        let actions: Vec<&str> =
            ledger["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
        let place =
            |action: &str| actions.iter().position(|a| *a == action).unwrap_or_else(|| panic!("{actions:?}"));
        assert!(place("member.remove") < place("chat.channel.create"), "newest first: {actions:?}");

        let posted = olga.post(&general, "and it goes on @ben").await.ok();
        assert_eq!(posted["seq"], log["head"].as_i64().unwrap() + 1);
        assert!(process.stop().success());
        let (status, said) = process.command_with(&["check", "--deep"], &[]);
        assert!(status.success() && said.contains("up to date"), "{said}");
    }
}
