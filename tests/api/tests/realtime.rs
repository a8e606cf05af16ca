//! The WebSocket.

use api_tests::{Client, Socket, both};
use serde_json::{Value, json};

fn at(client: &Client, channel: &str) -> Value {
    json!({ "org": client.org, "channel": channel })
}

both! {
    // REQ RT-1, RT-2
    async fn a_post_reaches_who_listens_and_a_resume_misses_nothing(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let general = olga.channel("general", "public").await;
        let mut tab = Socket::open(&ben).await;
        let log = tab.call("chat.channel.subscribe", at(&ben, &general), json!({ "after": 0, "epoch": 1 })).await.unwrap();
        assert_eq!((&log["recovered"], &log["head"]), (&json!(true), &json!(1)));
        let said = olga.post(&general, "live").await.ok();
        let event = tab.next("event").await;
        assert_eq!(event, json!({
            "type": "event", "room": general, "seq": 2, "event": "chat.message.posted", "data": { "message": said },
        }));
        drop(tab);
        for n in 0..3 {
            olga.post(&general, &format!("missed {n}")).await.ok();
        }
        let mut tab = Socket::open(&ben).await;
        let log = tab.call("chat.channel.subscribe", at(&ben, &general), json!({ "after": 2, "epoch": 1 })).await.unwrap();
        let seqs: Vec<i64> = log["events"].as_array().unwrap().iter().map(|e| e["seq"].as_i64().unwrap()).collect();
        assert_eq!(seqs, [3, 4, 5]);
        let beat = tab.next("beat").await;
        assert_eq!(beat["heads"][&general], 5);
        let other = tab.call("chat.channel.subscribe", at(&ben, &general), json!({ "after": 2, "epoch": 9 })).await.unwrap();
        assert_eq!(other["recovered"], false);
    }

    // REQ RT-1, ID-3, COMMS-6
    async fn what_is_withdrawn_is_withdrawn_on_open_sockets(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let secret = olga.channel("secret", "private").await;
        let mut tab = Socket::open(&ben).await;
        let hidden = tab.call("chat.channel.subscribe", at(&ben, &secret), json!({})).await.unwrap_err();
        assert_eq!(hidden["code"], "not_found");
        let seat = [("channel", secret.as_str()), ("member", ben.member.as_str())];
        olga.own("chat.channel.invite", &seat, json!({})).await.ok();
        tab.call("chat.channel.subscribe", at(&ben, &secret), json!({})).await.unwrap();
        olga.post(&secret, "for members").await.ok();
        assert_eq!(tab.next("event").await["data"]["message"]["body"], "for members");
        olga.own("chat.channel.remove", &seat, json!({})).await.ok();
        olga.post(&secret, "not for ben").await.ok();
        loop {
            let frame = tab.frame().await.expect("gone");
            assert_ne!(frame["data"]["message"]["body"], "not for ben");
            if frame["type"] == "gone" {
                assert_eq!(frame["room"], secret);
                break;
            }
        }
        let sessions = ben.call("session.list", &[], json!({})).await.ok();
        let session = sessions["items"][0]["id"].as_str().unwrap().to_owned();
        ben.call("session.revoke", &[("session", &session)], json!({})).await.ok();
        let last = tab.until_closed().await;
        assert_eq!(last.last().map(|f| f["code"].clone()), Some(json!("session_ended")), "{last:?}");
        assert_eq!(Socket::try_open(&ben, &[]).await.err(), Some(401));
    }

    // REQ RT-1, EDGE-7
    async fn a_socket_of_another_site_is_refused(world: World) {
        let olga = world.owner().await;
        for headers in [
            [("origin", "https://evil.example")], [("origin", "null")], [("origin", "")],
            [("sec-fetch-site", "cross-site")], [("sec-fetch-site", "same-site")],
        ] {
            assert_eq!(Socket::try_open(&olga, &headers).await.err(), Some(403), "{headers:?}");
        }
        assert_eq!(Socket::try_open(&world.anonymous(), &[]).await.err(), Some(401));
        assert!(Socket::try_open(&olga, &[]).await.is_ok());
    }
}
