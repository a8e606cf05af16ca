//! Channels and messages.

use std::time::Duration;

use api_tests::both;
use serde_json::json;

both! {
    // REQ COMMS-1, COMMS-2, COMMS-3, COMMS-4
    async fn two_people_talk(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let general = olga.channel("general", "public").await;
        let at = [("channel", general.as_str())];
        ben.own("chat.message.list", &at, json!({})).await.ok();
        ben.post(&general, "hello").await.refused(403, "forbidden");
        ben.own("chat.channel.join", &at, json!({})).await.ok();
        let said = ben.post(&general, "hello @olga, **all** well?").await.ok();
        assert_eq!(said["mentions"], json!([olga.member]));
        let list = olga.own("chat.channel.list", &[], json!({})).await.ok();
        let channel = &list["items"][0];
        assert_eq!((&channel["unread"], &channel["mentions"]), (&json!(1), &json!(1)), "{channel:#}");
        let page = olga.own("chat.message.list", &at, json!({})).await.ok();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        assert_eq!(page["items"][0], said);
        let read = olga.own("chat.read.mark", &at, json!({ "seq": said["seq"] })).await.ok();
        assert_eq!((&read["unread"], &read["mentions"]), (&json!(0), &json!(0)));

        let one = [at[0], ("message", said["id"].as_str().unwrap())];
        olga.own("chat.message.edit", &one, json!({ "body": "no" })).await.refused(403, "forbidden");
        let edited = ben.own("chat.message.edit", &one, json!({ "body": "hello" })).await.ok();
        assert_eq!((&edited["body"], &edited["mentions"]), (&json!("hello"), &json!([])));
        let before = olga.own("chat.message.revisions", &one, json!({})).await.ok();
        assert_eq!(before["items"][0]["body"], "hello @olga, **all** well?");
        olga.own("chat.message.react", &one, json!({ "emoji": "👍", "on": true })).await.ok();
        let again = olga.own("chat.message.react", &one, json!({ "emoji": "👍", "on": true })).await.ok();
        assert_eq!(again["reactions"], json!([{ "emoji": "👍", "members": [olga.member] }]));
        olga.own("chat.message.delete", &one, json!({})).await.ok();
        let page = olga.own("chat.message.list", &at, json!({})).await.ok();
        assert_eq!((&page["items"][0]["body"], page["items"][0]["deletedAt"].is_i64()), (&json!(""), true));

        let log = olga.own("chat.channel.subscribe", &at, json!({ "after": 0, "epoch": 1 })).await.ok();
        let seqs: Vec<i64> = log["events"].as_array().unwrap().iter().map(|e| e["seq"].as_i64().unwrap()).collect();
        assert_eq!(seqs, (1..=log["head"].as_i64().unwrap()).collect::<Vec<_>>());
    }

    // REQ COMMS-2
    async fn pages_and_lists_name_everybody_whom_they_show_those_who_have_left_too(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let eva = world.join(&olga, "eva", "editor").await;
        world.join(&olga, "quiet", "editor").await;
        let general = olga.channel("general", "public").await;
        let at = [("channel", general.as_str())];
        for one in [&ben, &eva] {
            one.own("chat.channel.join", &at, json!({})).await.ok();
        }
        let empty = olga.own("chat.message.list", &at, json!({})).await.ok();
        assert_eq!(empty["people"], json!([]));
        let said = ben.post(&general, "hello @ben and @olga").await.ok();
        let one = [at[0], ("message", said["id"].as_str().unwrap())];
        eva.own("chat.message.react", &one, json!({ "emoji": "👍", "on": true })).await.ok();
        let direct = olga.own("chat.direct.open", &[], json!({ "members": [ben.member] })).await.ok();
        olga.post(direct["id"].as_str().unwrap(), "hello").await.ok();
        olga.own("member.remove", &[("member", ben.member.as_str())], json!({})).await.ok();
        let named = |answer: &serde_json::Value| {
            let people = answer["people"].as_array().unwrap().iter();
            let mut all: Vec<_> = people.map(|p| (p["handle"].as_str().unwrap().to_owned(), p["active"] == true)).collect();
            all.sort();
            all
        };
        let all = [("ben".to_owned(), false), ("eva".to_owned(), true), ("olga".to_owned(), true)];
        for input in [json!({}), json!({ "around": said["seq"] }), json!({ "after": 0 })] {
            let page = olga.own("chat.message.list", &at, input).await.ok();
            assert_eq!(named(&page), all, "{page:#}");
            assert_eq!(page["people"].as_array().unwrap().iter().find(|p| p["handle"] == "ben").unwrap()["id"], json!(ben.member));
        }
        let list = olga.own("chat.channel.list", &[], json!({})).await.ok();
        assert!(list["items"].as_array().unwrap().iter().any(|c| c["id"] == direct["id"]));
        assert_eq!(named(&list), [("ben".to_owned(), false), ("olga".to_owned(), true)]);
    }

    // REQ COMMS-2
    async fn a_page_is_found_by_a_time(world: World) {
        let olga = world.owner().await;
        let general = olga.channel("general", "public").await;
        let at = [("channel", general.as_str())];
        let empty = olga.own("chat.message.list", &at, json!({ "at": 1 })).await.ok();
        assert_eq!(empty["items"], json!([]), "where nothing was said, nothing is found");
        let mut said = Vec::new();
        for number in 0..9 {
            said.push(olga.post(&general, &format!("message {number}")).await.ok());
            world.clock.advance(Duration::from_secs(3600));
        }
        let time = |index: usize| said[index]["createdAt"].as_i64().unwrap();
        let first_from = async |since: i64| {
            let page = olga.own("chat.message.list", &at, json!({ "at": since, "limit": 4 })).await.ok();
            let items = page["items"].as_array().unwrap().clone();
            items.iter().find(|m| m["createdAt"].as_i64().unwrap() >= since).map(|m| m["id"].clone())
        };
        for index in 0..9 {
            assert_eq!(first_from(time(index)).await.as_ref(), Some(&said[index]["id"]));
            let next = said.get(index + 1).map(|m| m["id"].clone());
            assert_eq!(first_from(time(index) + 1).await, next, "between two, the later one; after the last, none");
        }
        assert_eq!(first_from(0).await.as_ref(), Some(&said[0]["id"]));
        olga.own("chat.message.list", &at, json!({ "at": 1, "around": 1 })).await.refused(422, "invalid_input");
    }

    // REQ COMMS-4
    async fn what_waits_is_told_in_one_number_each(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let (general, news, quiet) = (
            olga.channel("general", "public").await,
            olga.channel("news", "public").await,
            olga.channel("quiet", "public").await,
        );
        for channel in [&general, &news, &quiet] {
            ben.own("chat.channel.join", &[("channel", channel)], json!({})).await.ok();
        }
        let totals = || async { ben.own("chat.read.totals", &[], json!({})).await.ok() };
        assert_eq!(totals().await, json!({ "conversations": 0, "calls": 0 }), "comings and goings are no news");
        olga.post(&general, "hello").await.ok();
        olga.post(&news, "hello @ben").await.ok();
        ben.post(&quiet, "my own words do not wait for me").await.ok();
        assert_eq!(totals().await, json!({ "conversations": 2, "calls": 1 }));
        let direct = olga.own("chat.direct.open", &[], json!({ "members": [ben.member] })).await.ok();
        let direct = direct["id"].as_str().unwrap();
        olga.post(direct, "one").await.ok();
        let last = olga.post(direct, "two").await.ok();
        assert_eq!(totals().await, json!({ "conversations": 3, "calls": 3 }));
        ben.own("chat.read.mark", &[("channel", direct)], json!({ "seq": last["seq"] })).await.ok();
        olga.own("chat.channel.archive", &[("channel", &news)], json!({})).await.ok();
        assert_eq!(totals().await, json!({ "conversations": 1, "calls": 0 }));
        // Nobody else's, and nobody else's organisation.
        let rita = world.stranger().await;
        rita.call("chat.read.totals", &[("org", &olga.org)], json!({})).await.refused(404, "not_found");
    }

    // REQ RT-3
    async fn the_same_send_again_returns_the_first(world: World) {
        let olga = world.owner().await;
        let general = olga.channel("general", "public").await;
        let at = [("channel", general.as_str())];
        let send = json!({ "clientId": uuid::Uuid::new_v4(), "body": "once" });
        let first = olga.own("chat.message.post", &at, send.clone()).await.ok();
        let second = olga.own("chat.message.post", &at, send.clone()).await.ok();
        assert_eq!(first, second);
        let mut other = send.clone();
        other["body"] = json!("twice");
        olga.own("chat.message.post", &at, other).await.refused(409, "conflict");
        let next = olga.post(&general, "next").await.ok();
        assert_eq!(next["seq"].as_i64().unwrap(), first["seq"].as_i64().unwrap() + 1, "a replay takes no number");
    }

    // REQ COMMS-3
    async fn numbers_have_no_gaps_under_concurrent_senders(world: World) {
        let olga = world.owner().await;
        let general = olga.channel("general", "public").await;
        let posts = (0..60).map(|i| {
            let (olga, general) = (olga.clone(), general.clone());
            tokio::spawn(async move { olga.post(&general, &format!("message {i}")).await })
        });
        let mut seqs = Vec::new();
        for post in posts.collect::<Vec<_>>() {
            seqs.push(post.await.unwrap().ok()["seq"].as_i64().unwrap());
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (2..62).collect::<Vec<_>>());
    }
}
