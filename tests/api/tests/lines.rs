//! Bad lines: everybody's bytes are delayed, split, stalled and cut on the way, and nothing comes out wrong.

use std::time::Duration;

use api_tests::{Client, Crowd, Proxy, Socket, World, all_messages};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::faults::View;

/// A client that follows a channel by its events over a bad line, coming back whenever it is cut, until it has seen
/// `end` in a message.
pub(crate) async fn follow(client: Client, channel: String, end: String) -> View {
    let (mut view, mut cuts) = (View::default(), 0);
    'connection: loop {
        cuts += 1;
        assert!(cuts < 3000, "it comes through in the end");
        let Some(mut tab) = Socket::over_a_bad_line(&client).await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        loop {
            // At first, and after a gap: what was missed, from the log.
            let input = json!({ "after": view.last, "epoch": 1 });
            let path = json!({ "org": client.org, "channel": channel });
            let asked = tab.send("chat.channel.subscribe", path, input).await;
            loop {
                let Some(frame) = tab.frame().await else { continue 'connection };
                let entries: Vec<&Value> = match frame["type"].as_str() {
                    Some("reply") if frame["id"] == asked && frame["error"].is_object() => {
                        // For now; whatever is wrong for good shows in the end.
                        assert_eq!(frame["error"]["code"], "unavailable", "{frame}");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        break;
                    }
                    Some("reply") if frame["id"] == asked => {
                        assert_eq!(frame["ok"]["recovered"], true, "{frame}");
                        frame["ok"]["events"].as_array().unwrap().iter().collect()
                    }
                    Some("event") => vec![&frame],
                    _ => continue,
                };
                let mut gap = false;
                for entry in entries {
                    let (seq, data) = (entry["seq"].as_i64().unwrap(), &entry["data"]);
                    gap |= !view.apply(seq, entry["event"].as_str().unwrap(), data);
                    if data["message"]["body"] == end.as_str() && view.last == seq {
                        return view;
                    }
                }
                if gap {
                    break;
                }
            }
        }
    }
}

// REQ RT-2, RT-3, COMMS-3 (attack L5)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delays_and_cuts_lose_double_and_reorder_nothing() {
    let seed = Uuid::new_v4().as_u64_pair().0;
    for world in World::on_each(vec![("HOLDFAST_LIMITS__RATE_FACTOR".into(), "1000".into())]).await {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let general = olga.channel("general", "public").await;
        ben.own("chat.channel.join", &[("channel", &general)], json!({})).await.ok();
        let proxy = Proxy::start(world.address, seed).await;
        let far = |client: &Client| client.at(proxy.address);
        let end = format!("the end {}", Uuid::new_v4());
        let followers: Vec<_> = [&ben, &olga, &ben]
            .map(|who| tokio::spawn(follow(far(who), general.clone(), end.clone())))
            .into_iter()
            .collect();
        let crowd = Crowd::start(&far(&olga), &general, 6);
        crowd.get_through(200).await;
        let mut told = crowd.stop().await;
        told.send_again(&olga, &general).await;
        olga.post(&general, &end).await.ok();
        told.kept(&olga, &general).await;
        let fetched = View::sorted(all_messages(&ben, &general).await.into_iter());
        for follower in followers {
            let view = follower.await.unwrap();
            assert_eq!(View::sorted(view.messages.into_values()), fetched, "seed {seed}");
        }
        assert!(told.refusals.is_empty(), "seed {seed}: {:#?}", told.refusals);
    }
}
