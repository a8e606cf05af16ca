//! The machine's clock jumps under the whole server (ADR 11).

use std::time::Duration;

use api_tests::{Client, both};
use reqwest::Method;
use serde_json::json;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

both! {
    // REQ EDGE-5, RT-2, AUDIT-3
    async fn back_an_hour_everything_goes_on(world: World) {
        let olga = world.owner().await;
        let general = olga.channel("general", "public").await;
        olga.post(&general, "before").await.ok();
        world.clock.jump(-HOUR);
        for n in 0..30 {
            olga.post(&general, &format!("after {n}")).await.ok();
        }
        let ben = world.join(&olga, "ben", "editor").await;
        ben.call("me.read", &[], json!({})).await.ok();
        let page = olga.own("audit.list", &[], json!({ "limit": 1 })).await.ok();
        assert_eq!(page["items"][0]["action"], "invitation.accept", "{page}");
    }

    // REQ ID-2, ID-3, ID-7
    async fn a_year_ahead_and_back_nobody_waits_for_a_year(world: World) {
        let olga = world.owner().await;
        world.clock.jump(YEAR);
        let eve = world.anonymous();
        for _ in 0..5 {
            eve.call("session.create", &[], json!({ "email": "olga@example.org", "password": "not the right one" })).await;
        }
        world.clock.jump(-YEAR);
        olga.call("me.read", &[], json!({})).await.ok();
        let right = json!({ "email": "olga@example.org", "password": api_tests::PASSWORD });
        let locked = eve.call("session.create", &[], right.clone()).await;
        let wait: u64 = locked.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!(wait <= 15 * 60 + 1, "{wait}");
        world.clock.advance(Duration::from_secs(wait));
        eve.call("session.create", &[], right).await.ok();
        let ben = world.join(&olga, "ben", "editor").await;
        ben.call("me.read", &[], json!({})).await.ok();
    }

    // REQ ID-4
    async fn ten_days_ahead_at_a_start_nothing_is_removed(world: World) {
        let mut world = world;
        let olga = world.owner().await;
        olga.own("invitation.create", &[], json!({ "email": "ben@example.org", "role": "editor" })).await.ok();
        let waiting = world.mail_to("ben@example.org").await;
        world.clock.jump(10 * DAY);
        world.restart().await;
        world.clock.jump(-10 * DAY);
        world.restart().await;
        assert_eq!(world.mail_to("ben@example.org").await["text"], waiting["text"]);
        let ben = world.anonymous();
        let token = world.mailed_token("ben@example.org").await;
        let input = json!({ "token": token, "name": "Ben", "handle": "ben", "password": api_tests::PASSWORD });
        ben.call("invitation.accept", &[], input).await.ok();
    }

    // REQ ID-3, ID-7, OPS-6 (attack L9)
    async fn back_and_right_again_nothing_has_grown_old(world: World) {
        let mut world = world;
        let olga = world.owner().await;
        olga.own("invitation.create", &[], json!({ "email": "ben@example.org", "role": "editor" })).await.ok();
        let token = world.mailed_token("ben@example.org").await;
        let keyed = async |olga: &Client| {
            let request = olga.request(Method::POST, &format!("/api/v1/orgs/{}/channels", olga.org));
            let input = json!({ "name": "once", "topic": "", "kind": "public" });
            olga.send(request.header("idempotency-key", "once").json(&input)).await.ok()
        };
        let first = keyed(&olga).await;
        for back in [HOUR, 36 * HOUR, 15 * DAY, 20 * YEAR] {
            // What the server does at its start it does when it sees the jump as well.
            world.clock.jump(-back);
            world.restart().await;
            world.clock.jump(back);
            world.restart().await;
        }
        let olga = olga.at(world.address);
        olga.call("me.read", &[], json!({})).await.ok();
        assert_eq!(keyed(&olga).await, first);
        let input = json!({ "token": token, "name": "Ben", "handle": "ben", "password": api_tests::PASSWORD });
        world.anonymous().call("invitation.accept", &[], input).await.ok();
    }
}
