//! Pages of a channel and read positions: what they say is so, whatever clocks and old tabs think.

use api_tests::{Socket, both};
use serde_json::{Value, json};

fn position(state: &Value) -> (i64, i64, i64) {
    let number = |field: &str| state[field].as_i64().unwrap();
    (number("readSeq"), number("readRevision"), number("unread"))
}

both! {
    // REQ COMMS-3
    async fn a_page_says_truly_what_lies_on_either_side(world: World) {
        let olga = world.owner().await;
        let general = olga.channel("general", "public").await;
        let at = [("channel", general.as_str())];
        let sides = async |input: Value| {
            let page = olga.own("chat.message.list", &at, input).await.ok();
            (page["items"].as_array().unwrap().len(), page["hasBefore"] == true, page["hasAfter"] == true)
        };
        let everywhere = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100];
        // Its log has an entry, its maker's arrival, and no message.
        for n in everywhere {
            for from in ["before", "after", "around"] {
                assert_eq!(sides(json!({ from: n })).await, (0, false, false), "{from} {n} of nothing");
            }
        }
        // Messages at 2, 3, 5 and 6; a reaction and a change of topic at 4 and 7.
        let first = olga.post(&general, "one").await.ok();
        olga.post(&general, "two").await.ok();
        let one = [at[0], ("message", first["id"].as_str().unwrap())];
        olga.own("chat.message.react", &one, json!({ "emoji": "👍", "on": true })).await.ok();
        olga.post(&general, "three").await.ok();
        olga.post(&general, "four").await.ok();
        olga.own("chat.channel.update", &at, json!({ "topic": "log entries" })).await.ok();
        let all = [2, 3, 5, 6];
        let any = |holds: &dyn Fn(i64) -> bool| all.iter().any(|seq| holds(*seq));
        for n in everywhere {
            for limit in [1, 2, 3, 4, 200] {
                for from in ["before", "after", "around"] {
                    let page = olga.own("chat.message.list", &at, json!({ from: n, "limit": limit })).await.ok();
                    let seqs: Vec<i64> =
                        page["items"].as_array().unwrap().iter().map(|m| m["seq"].as_i64().unwrap()).collect();
                    // With nothing on the page, the sides are those of the place that was asked for.
                    let (low, high) = match (seqs.first(), seqs.last(), from) {
                        (Some(first), Some(last), _) => (*first, *last),
                        (_, _, "before") => (n, n - 1),
                        (_, _, "after") => (n + 1, n),
                        _ => (n, n - 1),
                    };
                    let wanted = (any(&|seq| seq < low), any(&|seq| seq > high));
                    assert_eq!(
                        (page["hasBefore"] == true, page["hasAfter"] == true),
                        wanted,
                        "{from} {n}, limit {limit}: {seqs:?}"
                    );
                }
            }
        }
        assert_eq!(sides(json!({})).await, (4, false, false));
        assert_eq!(sides(json!({ "limit": 2 })).await, (2, true, false));
    }

    // REQ COMMS-4
    async fn automatic_marks_never_go_back_and_an_old_tab_brings_nothing_back(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let general = olga.channel("general", "public").await;
        let at = [("channel", general.as_str())];
        ben.own("chat.channel.join", &at, json!({})).await.ok();
        let mut seqs = Vec::new();
        for n in 0..6 {
            seqs.push(olga.post(&general, &format!("message {n}")).await.ok()["seq"].as_i64().unwrap());
        }
        let mut other = Socket::open(&ben).await;
        let mark = async |input: Value| position(&ben.own("chat.read.mark", &at, input).await.ok());
        assert_eq!(mark(json!({ "seq": seqs[4], "revision": 0 })).await, (seqs[4], 0, 1));
        let told = other.notice("chat.read.marked").await["data"].take();
        assert_eq!(position(&told), (seqs[4], 0, 1));
        // So that who has heard of messages beyond it counts them on, and of none twice.
        assert_eq!(told["head"], seqs[5]);
        // A tab that wakes with what it knew.
        assert_eq!(mark(json!({ "seq": seqs[0], "revision": 0 })).await, (seqs[4], 0, 1));
        assert_eq!(mark(json!({ "seq": seqs[0] })).await, (seqs[4], 0, 1));
        // Back, because it is said; the other device hears of it, and of nothing in between.
        assert_eq!(mark(json!({ "seq": seqs[1], "back": true })).await, (seqs[1], 1, 4));
        assert_eq!(position(&other.notice("chat.read.marked").await["data"]), (seqs[1], 1, 4));
        // A mark that was made before that, and comes after it.
        assert_eq!(mark(json!({ "seq": seqs[4], "revision": 0 })).await, (seqs[1], 1, 4));
        assert_eq!(mark(json!({ "seq": seqs[2], "revision": 1 })).await, (seqs[2], 1, 3));
        assert_eq!(position(&other.notice("chat.read.marked").await["data"]), (seqs[2], 1, 3));
        // Never past the end, forwards and back.
        let end = *seqs.last().unwrap();
        assert_eq!(mark(json!({ "seq": 10_000, "revision": 1 })).await, (end, 1, 0));
        assert_eq!(mark(json!({ "seq": 10_000, "back": true })).await, (end, 2, 0));
        assert_eq!(mark(json!({ "seq": 0, "back": true })).await, (0, 3, 6));
        let list = ben.own("chat.channel.list", &[], json!({})).await.ok();
        assert_eq!(position(&list["items"][0]), (0, 3, 6));
        // Whoever is not in it has no position.
        let eve = world.join(&olga, "eve", "editor").await;
        eve.own("chat.read.mark", &at, json!({ "seq": 1 })).await.refused(403, "forbidden");
    }

    // REQ RT-2, COMMS-3
    async fn a_message_tells_the_number_of_its_latest_change_in_every_copy(world: World) {
        let olga = world.owner().await;
        let general = olga.channel("general", "public").await;
        let at = [("channel", general.as_str())];
        let mut tab = Socket::open(&olga).await;
        let path = json!({ "org": olga.org, "channel": general });
        tab.call("chat.channel.subscribe", path, json!({})).await.unwrap();
        let posted = olga.post(&general, "one").await.ok();
        assert_eq!(posted["revision"], posted["seq"]);
        let one = [at[0], ("message", posted["id"].as_str().unwrap())];
        let there = async || {
            let page = olga.own("chat.message.list", &at, json!({})).await.ok();
            page["items"][0].clone()
        };
        assert_eq!(tab.next("event").await["data"]["message"], posted);
        // The clock goes back between two edits: the number does not.
        let mut before = posted["revision"].as_i64().unwrap();
        for text in ["two", "three"] {
            world.clock.jump(-20_000_000);
            let edited = olga.own("chat.message.edit", &one, json!({ "body": text })).await.ok();
            let event = tab.next("event").await;
            assert_eq!((&event["data"]["message"], &event["seq"]), (&edited, &edited["revision"]));
            assert!(edited["revision"].as_i64().unwrap() > before, "{edited:#}");
            assert_eq!(there().await, edited);
            before = edited["revision"].as_i64().unwrap();
        }
        for on in [true, false] {
            let reacted = olga.own("chat.message.react", &one, json!({ "emoji": "👍", "on": on })).await.ok();
            assert_eq!(tab.next("event").await["seq"], reacted["revision"]);
            assert_eq!(there().await, reacted);
            assert!(reacted["revision"].as_i64().unwrap() > before);
            before = reacted["revision"].as_i64().unwrap();
        }
        olga.own("chat.message.delete", &one, json!({})).await.ok();
        assert_eq!(tab.next("event").await["seq"], there().await["revision"]);
    }
}
