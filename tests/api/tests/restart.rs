//! PostgreSQL goes away in the middle of everything, and comes back.

use std::time::Duration;

use api_tests::{Crowd, Process, all_messages, postgres};
use serde_json::json;
use uuid::Uuid;

use crate::faults::View;
use crate::lines::follow;

// REQ RT-2, RT-3, COMMS-3 (attack L5)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_postgres_under_load_loses_nothing() {
    let mut cluster = postgres::Own::start().await;
    let process = Process::start(vec![("HOLDFAST_DATABASE__URL".into(), cluster.url().reveal().to_owned())]);
    let olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    let end = format!("the end {}", Uuid::new_v4());
    let follower = tokio::spawn(follow(olga.clone(), general.clone(), end.clone()));
    let ready = async || {
        let answer = olga.request(reqwest::Method::GET, "/readyz").send().await.unwrap();
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap()["status"].clone())
    };
    assert_eq!(ready().await, (200, json!("ready")));
    let crowd = Crowd::start(&olga, &general, 8);
    for _ in 0..2 {
        crowd.get_through(60).await;
        cluster.stop_at_once();
        crowd.are_refused(20).await;
        assert_eq!(ready().await, (503, json!("not ready")));
        // Reading needs the database, too, and says so in the same way.
        let answer = olga.call("me.read", &[], json!({})).await;
        assert!(answer.headers.contains_key("retry-after"), "{:?}", answer.headers);
        answer.refused(503, "unavailable");
        cluster.boot().await;
        // The server comes back by itself.
        crowd.get_through(60).await;
        assert_eq!(ready().await, (200, json!("ready")));
    }
    let mut told = crowd.stop().await;
    told.send_again(&olga, &general).await;
    olga.post(&general, &end).await.ok();
    told.refused_for_now();
    told.kept(&olga, &general).await;
    // Whoever was connected all the time has seen the same.
    let view = tokio::time::timeout(Duration::from_secs(20), follower).await.unwrap().unwrap();
    let fetched = all_messages(&olga, &general).await;
    assert_eq!(View::sorted(view.messages.into_values()), View::sorted(fetched.into_iter()));
}
