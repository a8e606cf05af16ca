//! Killing, cutting, repeating: what was acknowledged is there, once, in order; and a client that follows the events ends
//! up with what it would have fetched anew.

use std::collections::BTreeMap;
use std::time::Duration;

use api_tests::{Client, Crowd, Dice, Process, Socket, all_messages, both};
use serde_json::{Value, json};
use uuid::Uuid;

fn at(client: &Client, channel: &str) -> Value {
    json!({ "org": client.org, "channel": channel })
}

async fn survives_kill(mut process: Process) {
    let mut olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    let mut all = Vec::new();
    for round in 0..3 {
        let crowd = Crowd::start(&olga, &general, 8);
        crowd.get_through(20).await;
        // Not a wait for readiness: the moment of the blow is what is random here.
        tokio::time::sleep(Duration::from_millis(70 * round)).await;
        process.kill();
        let mut told = crowd.stop().await;
        process.boot();
        olga.address = process.address;
        told.send_again(&olga, &general).await;
        all.push(told);
    }
    for told in all {
        told.kept(&olga, &general).await;
    }
}

// REQ RT-3, COMMS-3 (attack L5)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_messages_survive_kill_9_on_sqlite() {
    survives_kill(Process::sqlite().await).await;
}

// REQ RT-3, COMMS-3 (attack L5)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_messages_survive_kill_9_on_postgres() {
    survives_kill(Process::postgres().await).await;
}

// REQ EDGE-13
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_and_short_commands_end_well() {
    for mut process in [Process::sqlite().await, Process::postgres().await] {
        let olga = process.owner().await;
        let general = olga.channel("general", "public").await;
        let mut tab = Socket::open(&olga).await;
        tab.call("chat.channel.subscribe", at(&olga, &general), json!({})).await.unwrap();
        assert!(process.stop().success());
        let last = tab.until_closed().await;
        assert_eq!(last.last().map(|f| f["code"].clone()), Some(json!("restarting")), "{last:?}");
        // They end while the store's own thread is still busy, which must not end them badly.
        for _ in 0..5 {
            assert!(process.command(&["init"]).success());
        }
        assert!(process.command(&["check"]).success());
    }
}

// REQ EDGE-9, EDGE-13: nobody reads the log, the pipe is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_nobody_reads_stops_neither_serving_nor_stopping() {
    let mut process = Process::start(vec![("HOLDFAST_LOG__LEVEL".into(), "debug".into())]);
    let olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    assert!(process.stop().success());
    process.deaf.store(true, std::sync::atomic::Ordering::SeqCst);
    process.boot();
    let olga = olga.at(process.address);
    // A pipe holds 64 KiB; each call says some 200 bytes, and more wait in the server than it keeps.
    let crowd = Crowd::start(&olga, &general, 8);
    crowd.get_through(1_500).await;
    let started = std::time::Instant::now();
    olga.post(&general, "still served").await.ok();
    assert!(started.elapsed().as_secs() < 5);
    crowd.stop().await;
    let stopping = std::time::Instant::now();
    assert!(process.stop().success());
    assert!(stopping.elapsed().as_secs() < 10, "{:?}", stopping.elapsed());
}

/// What a client shows of a channel, kept up to date by events alone.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) messages: BTreeMap<String, Value>,
    pub(crate) last: i64,
}

impl View {
    /// Applies an entry of the log; one seen before changes nothing. False: there is a gap.
    pub(crate) fn apply(&mut self, seq: i64, event: &str, data: &Value) -> bool {
        if seq <= self.last {
            return true;
        }
        if seq != self.last + 1 {
            return false;
        }
        self.last = seq;
        let id = |v: &Value| v["id"].as_str().unwrap().to_owned();
        match event {
            "chat.message.posted" | "chat.message.edited" => {
                self.messages.insert(id(&data["message"]), data["message"].clone());
            }
            "chat.message.deleted" => {
                let message = self.messages.get_mut(&id(data)).unwrap();
                message["deletedAt"] = data["deletedAt"].clone();
                message["revision"] = json!(seq);
                for (field, empty) in [
                    ("body", json!("")),
                    ("reactions", json!([])),
                    ("mentions", json!([])),
                    ("handles", json!([])),
                    ("mentionsAll", json!(false)),
                ] {
                    message[field] = empty;
                }
            }
            "chat.message.reacted" => {
                let message = self.messages.get_mut(&id(data)).unwrap();
                message["revision"] = json!(seq);
                let reactions = message["reactions"].as_array_mut().unwrap();
                let at = reactions.iter().position(|r| r["emoji"] == data["emoji"]);
                match (at, data["on"] == true) {
                    (Some(at), true) => {
                        let members = reactions[at]["members"].as_array_mut().unwrap();
                        if !members.contains(&data["member"]) {
                            members.push(data["member"].clone());
                        }
                    }
                    (None, true) => {
                        reactions.push(json!({ "emoji": data["emoji"], "members": [data["member"]] }))
                    }
                    (Some(at), false) => {
                        reactions[at]["members"].as_array_mut().unwrap().retain(|m| *m != data["member"]);
                        if reactions[at]["members"].as_array().unwrap().is_empty() {
                            reactions.remove(at);
                        }
                    }
                    (None, false) => {}
                }
            }
            _ => {}
        }
        true
    }

    /// The same whatever the order in which reactions came.
    pub(crate) fn sorted(messages: impl Iterator<Item = Value>) -> Vec<Value> {
        let mut all: Vec<Value> = messages.collect();
        for message in &mut all {
            for reaction in message["reactions"].as_array_mut().unwrap() {
                reaction["members"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
            }
            message["reactions"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
        }
        all.sort_by_key(|m| m["seq"].as_i64());
        all
    }
}

/// Random people do random things while a listener is cut off, loses frames and sees frames twice.
async fn chaos(olga: Client, ben: Client, seed: u64) {
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let general = olga.channel("general", "public").await;
    let channel = [("channel", general.as_str())];
    ben.own("chat.channel.join", &channel, json!({})).await.ok();
    let mut view = View::default();
    let mut tab: Option<Socket> = None;
    let mut known: Vec<String> = Vec::new();
    for _ in 0..150 {
        let actor = if dice.roll(2) == 0 { &olga } else { &ben };
        let pick = |dice: &mut Dice, known: &[String]| {
            known[usize::try_from(dice.roll(known.len() as u64)).unwrap()].clone()
        };
        match dice.roll(10) {
            0..=3 => {
                let said = actor.post(&general, &format!("message {} @ben", known.len())).await.ok();
                known.push(said["id"].as_str().unwrap().to_owned());
            }
            _ if known.is_empty() => {}
            4 => {
                let path = [channel[0], ("message", &*pick(&mut dice, &known))];
                // Not everybody may, and some are gone: refusals are part of life.
                actor
                    .own("chat.message.edit", &path, json!({ "body": format!("edited {}", dice.roll(1000)) }))
                    .await;
            }
            5 => {
                let path = [channel[0], ("message", &*pick(&mut dice, &known))];
                actor.own("chat.message.delete", &path, json!({})).await;
            }
            6 | 7 => {
                let path = [channel[0], ("message", &*pick(&mut dice, &known))];
                let emoji = ["👍", "🎉", "❤️"][usize::try_from(dice.roll(3)).unwrap()];
                actor
                    .own("chat.message.react", &path, json!({ "emoji": emoji, "on": dice.roll(2) == 0 }))
                    .await;
            }
            8 => tab = None,
            _ => {
                if tab.is_none() {
                    tab = Some(Socket::open(&ben).await);
                }
                // Asking again from an earlier number repeats what was seen.
                let after = view.last - i64::try_from(dice.roll(4)).unwrap().min(view.last);
                let input = json!({ "after": after, "epoch": 1 });
                let tab = tab.as_mut().unwrap();
                let log = tab.call("chat.channel.subscribe", at(&ben, &general), input).await.unwrap();
                assert_eq!(log["recovered"], true);
                for entry in log["events"].as_array().unwrap() {
                    assert!(view.apply(
                        entry["seq"].as_i64().unwrap(),
                        entry["event"].as_str().unwrap(),
                        &entry["data"]
                    ));
                }
            }
        }
    }
    // Whatever came live before is taken now, some of it lost on the way; then the log closes the gaps.
    let mut tab = match tab {
        Some(tab) => tab,
        None => Socket::open(&ben).await,
    };
    tab.call("chat.channel.subscribe", at(&ben, &general), json!({ "after": null })).await.unwrap();
    let last = olga.post(&general, "the end").await.ok();
    loop {
        let event = tab.next("event").await;
        let seq = event["seq"].as_i64().unwrap();
        if dice.roll(3) > 0 {
            view.apply(seq, event["event"].as_str().unwrap(), &event["data"]);
        }
        if seq == last["seq"].as_i64().unwrap() {
            break;
        }
    }
    let input = json!({ "after": view.last, "epoch": 1 });
    let log = tab.call("chat.channel.subscribe", at(&ben, &general), input).await.unwrap();
    for entry in log["events"].as_array().unwrap() {
        assert!(view.apply(entry["seq"].as_i64().unwrap(), entry["event"].as_str().unwrap(), &entry["data"]));
    }
    assert_eq!(view.last, log["head"].as_i64().unwrap());
    let fetched = all_messages(&ben, &general).await;
    assert_eq!(View::sorted(view.messages.into_values()), View::sorted(fetched.into_iter()), "seed {seed}");
}

both! {
    // REQ RT-2
    async fn state_and_events_are_state_fetched_anew(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let seed = Uuid::new_v4().as_u64_pair().0 | 1;
        chaos(olga, ben, seed).await;
    }

    // REQ RT-1, RT-4 (attack A6)
    async fn who_does_not_read_is_not_sent_what_was_withdrawn_meanwhile(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let secret = olga.channel("secret", "private").await;
        let member = [("channel", secret.as_str()), ("member", ben.member.as_str())];
        olga.own("chat.channel.invite", &member, json!({})).await.ok();
        let mut sleeper = Socket::open_small(&ben).await;
        sleeper.call("chat.channel.subscribe", at(&ben, &secret), json!({})).await.unwrap();
        // More than the buffers on the way hold, less than may wait.
        let long = "€".repeat(8_000);
        for _ in 0..5 {
            let done = futures_util::future::join_all((0..50).map(|_| olga.post(&secret, &long))).await;
            assert!(done.iter().all(|reply| reply.status == 200));
            world.clock.advance(Duration::from_secs(60));
        }
        olga.own("chat.channel.remove", &member, json!({})).await.ok();
        let closed = tokio::time::timeout(Duration::from_secs(20), sleeper.until_closed()).await;
        let frames = closed.expect("whoever has not taken it yet is cut");
        let events = frames.iter().filter(|f| f["type"] == "event").count();
        assert!(events < 250, "all {events} reached somebody who had been removed");
    }

    // REQ RT-4
    async fn who_does_not_read_is_cut_and_others_are_not_slowed(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let general = olga.channel("general", "public").await;
        let mut sleeper = Socket::open_small(&ben).await;
        sleeper.call("chat.channel.subscribe", at(&ben, &general), json!({})).await.unwrap();
        let mut reader = Socket::open(&olga).await;
        reader.call("chat.channel.subscribe", at(&olga, &general), json!({})).await.unwrap();
        let reading = tokio::spawn(async move {
            let mut read = 0;
            while reader.next("event").await["data"]["message"]["body"] != "the end" {
                read += 1;
            }
            read
        });
        // More than the mailbox and all the buffers on the way can hold.
        let long = "€".repeat(8_000);
        let mut posted = 0;
        for _ in 0..12 {
            let posts = (0..50).map(|_| olga.post(&general, &long));
            let done = futures_util::future::join_all(posts).await;
            posted += done.into_iter().filter(|r| r.status == 200).count();
            world.clock.advance(Duration::from_secs(60));
        }
        olga.post(&general, "the end").await.ok();
        assert_eq!(posted, 600);
        assert_eq!(reading.await.unwrap(), posted, "who reads gets everything");
        let frames = sleeper.until_closed().await;
        let events = frames.iter().filter(|f| f["type"] == "event").count();
        assert!(events < posted, "{events} of {posted} reached somebody who did not read");
        assert_eq!(sleeper.code(), Some(4408), "whoever goes on reading hears why");
        assert_eq!(frames.last().map(|f| f["code"].clone()), Some(json!("slow_reader")));
        let mut back = Socket::open(&ben).await;
        let log = back.call("chat.channel.subscribe", at(&ben, &general), json!({ "after": 1, "epoch": 1 })).await.unwrap();
        assert_eq!(log["recovered"], false, "too far behind to be told one by one");
    }
}
