//! The WebSocket.

use std::time::Duration;

use api_tests::{Client, OPENAPI, Socket, both, in_all};
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
            "type": "event", "topic": general, "seq": 2, "event": "chat.message.posted", "data": { "message": said },
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
        let gone = async {
            loop {
                let frame = tab.frame().await.expect("gone");
                assert_ne!(frame["data"]["message"]["body"], "not for ben");
                if frame["type"] == "gone" {
                    return frame;
                }
            }
        };
        assert_eq!(in_all("gone", gone).await["topic"], secret);
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

    // REQ RT-1, RT-2, AUTHZ-4 (attack A14)
    async fn a_role_change_asks_for_many_rooms_and_takes_none_away(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let mut rooms = Vec::new();
        for number in 0..100 {
            if number % 10 == 0 {
                world.clock.advance(Duration::from_secs(60));
            }
            rooms.push(olga.channel(&format!("room-{number}"), "public").await);
        }
        // More questions than one person may ask in a minute.
        let mut tabs = Vec::new();
        let calls: Vec<_> = rooms.iter().map(|room| (at(&ben, room), json!({ "after": 1, "epoch": 1 }))).collect();
        for _ in 0..7 {
            let mut tab = Socket::open(&ben).await;
            let answers = tab.call_each("chat.channel.subscribe", &calls).await;
            assert_eq!(answers.len(), 100);
            assert!(answers.iter().all(|answer| answer["ok"]["recovered"] == true), "{answers:?}");
            tabs.push(tab);
        }
        let seat = [("member", ben.member.as_str())];
        olga.own("member.update", &seat, json!({ "role": "viewer" })).await.ok();
        for room in [&rooms[0], &rooms[99]] {
            world.clock.advance(Duration::from_secs(60));
            olga.post(room, "still here").await.ok();
            for tab in &mut tabs {
                let event = async {
                    loop {
                        let frame = tab.frame().await.expect("open");
                        assert_ne!(frame["type"], "gone");
                        if frame["type"] == "event" {
                            return frame;
                        }
                    }
                };
                assert_eq!(in_all("an event", event).await["topic"], room.as_str());
            }
        }
    }

    // REQ RT-2, AUTHZ-2, COMMS-6
    async fn several_rooms_are_asked_for_in_one_frame(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let (general, secret) = (olga.channel("general", "public").await, olga.channel("secret", "private").await);
        olga.post(&general, "before").await.ok();
        let mut tab = Socket::open(&ben).await;
        let since = json!({ "after": 1, "epoch": 1 });
        let calls = [
            (at(&ben, &general), since.clone()), (at(&ben, &secret), since.clone()), (at(&ben, &general), json!({ "after": "x" })),
        ];
        let answers = tab.call_each("chat.channel.subscribe", &calls).await;
        assert_eq!(answers[0]["ok"]["events"][0]["data"]["message"]["body"], "before");
        assert_eq!(answers[1]["error"]["code"], "not_found");
        assert_eq!(answers[2]["error"]["code"], "invalid_input");
        let mut tab = Socket::open(&ben).await;
        tab.call_each("chat.channel.subscribe", &calls[..2]).await;
        olga.post(&secret, "not for ben").await.ok();
        olga.post(&general, "live").await.ok();
        assert_eq!(tab.next("event").await["data"]["message"]["body"], "live");
        for (operation, each) in [("chat.message.post", 1), ("chat.channel.subscribe", 101), ("chat.channel.subscribe", 0)] {
            let each = vec![json!({ "path": at(&ben, &general), "input": {} }); each];
            tab.send_text(&json!({ "id": 77, "op": operation, "each": each }).to_string()).await;
            let refused = tab.next("reply").await;
            assert!(refused["error"]["code"].is_string() && refused["each"].is_null(), "{refused}");
        }
    }

    // REQ ID-3, EDGE-7
    async fn what_touches_the_cookie_is_not_offered_over_a_socket(world: World) {
        let olga = world.owner().await;
        let mut tab = Socket::open(&olga).await;
        let mut refused = Vec::new();
        for entry in OPENAPI["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values()) {
            let operation = entry["operationId"].as_str().unwrap();
            let answer = tab.call(operation, json!({}), json!({})).await;
            let only = answer.as_ref().is_err_and(|error| error["code"] == "http_only");
            assert_eq!(only, entry["x-over"] == json!(["http"]), "{operation}: {answer:?}");
            if only {
                refused.push(operation.to_owned());
            }
        }
        for operation in ["session.create", "session.end", "me.change_password", "invitation.accept", "setup.complete"] {
            assert!(refused.iter().any(|known| known == operation), "{operation} is not among {refused:?}");
        }
        assert_eq!(olga.call("me.read", &[], json!({})).await.status, 200, "and the session is what it was");
    }
}
