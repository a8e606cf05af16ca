//! PostgreSQL has committed, and the line breaks before it can say so.

use std::time::Duration;

use api_tests::{Client, CommitCutter, Socket, World, in_all, postgres};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

/// A beat in these tests, and some: the machine may be busy.
const A_BEAT: Duration = Duration::from_secs(5);

fn at(client: &Client, channel: &str) -> Value {
    json!({ "org": client.org, "channel": channel })
}

async fn world() -> (World, CommitCutter) {
    let url = postgres::database().await.reveal().to_owned();
    let server = url.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
    let cutter = CommitCutter::start(server.parse().unwrap()).await;
    let through = url.replace(&server, &cutter.address.to_string());
    (World::start(vec![("HOLDFAST_DATABASE__URL".into(), through)]).await, cutter)
}

// REQ RT-2, RT-3, OPS-6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unanswered_commit_is_told_to_everybody_and_its_author() {
    let (world, cutter) = world().await;
    let olga = world.owner().await;
    let ben = world.join(&olga, "ben", "editor").await;
    let general = olga.channel("general", "public").await;
    let mut tab = Socket::open(&ben).await;
    tab.call("chat.channel.subscribe", at(&ben, &general), json!({})).await.unwrap();
    cutter.cut("a message with a mark", Duration::ZERO);
    let said = olga.post(&general, "a message with a mark").await.ok();
    cutter.has_cut().await;
    let event = timeout(A_BEAT, tab.next("event")).await.expect("told");
    assert_eq!(event["data"]["message"], said);

    // What other commits tell, too: hints, and one's own read position.
    let mut own = Socket::open(&ben).await;
    cutter.cut("another-channel", Duration::ZERO);
    olga.channel("another-channel", "public").await;
    cutter.has_cut().await;
    timeout(A_BEAT, own.notice("chat.channels.changed")).await.expect("told");
}

// REQ RT-2, RT-3, OPS-6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_and_database_are_lost_is_found_out_later() {
    let (world, cutter) = world().await;
    let olga = world.owner().await;
    let ben = world.join(&olga, "ben", "editor").await;
    let general = olga.channel("general", "public").await;
    let mut tab = Socket::open(&ben).await;
    tab.call("chat.channel.subscribe", at(&ben, &general), json!({})).await.unwrap();
    let away = Duration::from_secs(5);
    cutter.cut("a message with a mark", away);
    let id = uuid::Uuid::new_v4();
    let post = async || {
        let input = json!({ "clientId": id, "body": "a message with a mark" });
        olga.own("chat.message.post", &[("channel", &general)], input).await
    };
    let began = Instant::now();
    let refused = post().await;
    assert_eq!((refused.status, &refused.body["code"]), (503, &json!("unavailable")));
    let event = timeout(away + A_BEAT, tab.next("event")).await.expect("told");
    assert!(began.elapsed() >= away, "nobody got through before");
    let said = post().await.ok();
    assert_eq!(event["data"]["message"], said, "asked again, the author has what the others have");
    let next = olga.post(&general, "next").await.ok();
    assert_eq!(tab.next("event").await["seq"], next["seq"], "and they have it once");
}

// REQ RT-2, RT-6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_wrote_is_seen_within_a_beat() {
    let world = World::postgres().await;
    let olga = world.owner().await;
    let ben = world.join(&olga, "ben", "editor").await;
    let general = olga.channel("general", "public").await;
    let quiet = olga.channel("quiet", "public").await;
    let mut tab = Socket::open(&ben).await;
    for channel in [&general, &quiet] {
        tab.call("chat.channel.subscribe", at(&ben, channel), json!({})).await.unwrap();
    }
    let said = olga.post(&general, "told").await.ok();
    tab.next("event").await;
    // As a second server on the same database does: this one is not told of it.
    let sql = "UPDATE channel SET head = head + 1";
    world.database().await.execute(sql).await.unwrap();
    let heads = timeout(A_BEAT, async {
        loop {
            let beat = tab.next("beat").await;
            if beat["heads"][&general] != said["seq"] {
                return beat["heads"].clone();
            }
        }
    });
    let heads = heads.await.expect("a beat that tells");
    assert_eq!(heads[&general], said["seq"].as_i64().unwrap() + 1);
    let rest = timeout(A_BEAT, async { while tab.next("beat").await["heads"][&quiet] != 2 {} });
    rest.await.expect("also of a room in which nothing was said since anybody listened");
}

// REQ RT-1, AUTHZ-4 (attack A14)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nobody_can_say_who_may_listen_nothing_is_lost_or_gained() {
    let (world, cutter) = world().await;
    let olga = world.owner().await;
    let ben = world.join(&olga, "ben", "editor").await;
    let (open, secret) = (olga.channel("open", "public").await, olga.channel("secret", "private").await);
    let seat = [("channel", secret.as_str()), ("member", ben.member.as_str())];
    olga.own("chat.channel.invite", &seat, json!({})).await.ok();
    let mut tab = Socket::open(&ben).await;
    for channel in [&open, &secret] {
        tab.call("chat.channel.subscribe", at(&ben, channel), json!({})).await.unwrap();
    }
    // The change is committed, the database is away, and the socket has to ask whether it may go on.
    let away = Duration::from_secs(3);
    cutter.cut("chat.channel.left", away);
    olga.own("chat.channel.remove", &seat, json!({})).await;
    cutter.has_cut().await;
    tokio::time::sleep(away).await;
    let unheard = async {
        while olga.post(&secret, "not for ben").await.status != 200 {}
        while olga.post(&open, "for everybody").await.status != 200 {}
    };
    timeout(A_BEAT * 4, unheard).await.expect("the database is back");
    let heard = async {
        let mut gone = false;
        loop {
            let frame = timeout(A_BEAT * 2, tab.frame()).await.expect("goes on").expect("open");
            match frame["type"].as_str().unwrap() {
                "gone" => {
                    assert_eq!(frame["topic"], secret);
                    gone = true;
                }
                "event" if frame["topic"] == open => return gone,
                "event" => panic!("{frame}"),
                _ => {}
            }
        }
    };
    let gone = in_all("what was said to everybody", heard).await;
    assert!(gone, "what was withdrawn is withdrawn");
}
