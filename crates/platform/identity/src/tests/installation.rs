//! The installation as its administrators see it, and what front ends may tell it.

use kernel::time::MINUTE;
use serde_json::{Value, json};

use super::{GOOD, World, code};

// REQ UI-1
#[tokio::test]
async fn administrators_see_the_installation_at_a_glance() {
    let (world, ada) = World::set_up().await;
    let ben = world.join(&ada, "ben@example.org", "owner").await;
    let made = json!({ "name": "Difference Engines", "ownerEmail": "carol@example.org" });
    world.call(&ada, "org.create", &[], made).await.unwrap();
    let seen = world.call(&ada, "installation.read", &[], json!({})).await.unwrap();
    assert_eq!((&seen["organisations"], &seen["accounts"]), (&json!(2), &json!(2)), "{seen:#}");
    // Nobody sends here: both invitations wait for somebody at the console.
    assert_eq!(seen["mail"], json!({ "configured": false, "waiting": 2, "troubled": 0 }));
    assert_eq!(seen["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(code(&world.call(&ben, "installation.read", &[], json!({})).await), "not_found");

    let orgs = world.call(&ada, "org.list", &[], json!({})).await.unwrap();
    let told: Vec<(&str, i64)> = orgs["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|org| (org["name"].as_str().unwrap(), org["members"].as_i64().unwrap()))
        .collect();
    assert_eq!(told, [("Analytical Engines", 2), ("Difference Engines", 0)]);
    let gone = ("member", &*ben.member());
    world.call(&ada, "member.remove", &[("org", &ada.org()), gone], json!({})).await.unwrap();
    let orgs = world.call(&ada, "org.list", &[], json!({})).await.unwrap();
    assert_eq!(orgs["items"][0]["members"], 1, "those who have left do not count");
}

// REQ ID-2
#[tokio::test]
async fn accounts_are_found_by_any_part_and_show_their_locks() {
    let (world, ada) = World::set_up().await;
    world.join(&ada, "grace_h@example.org", "editor").await;
    world.join(&ada, "gracexh@example.org", "editor").await;
    let find = |text: &str| {
        let (world, ada, input) = (&world, ada.clone(), json!({ "search": text }));
        async move {
            let page = world.call(&ada, "account.list", &[], input).await.unwrap();
            let emails =
                page["items"].as_array().unwrap().iter().map(|a| a["email"].as_str().unwrap().to_owned());
            emails.collect::<Vec<String>>()
        }
    };
    assert_eq!(find("LOVELACE").await, ["Ada@Example.org"]);
    assert_eq!(find("grace").await.len(), 2);
    assert_eq!(find("grace_h").await, ["grace_h@example.org"], "a wildcard is a letter like any other");
    assert_eq!(find("%").await, [""; 0]);
    assert_eq!(find("!").await, [""; 0]);
    assert_eq!(find("nobody").await, [""; 0]);

    let locked = || async {
        let page = world.call(&ada, "account.list", &[], json!({ "search": "grace_h" })).await.unwrap();
        page["items"][0].clone()
    };
    assert_eq!(locked().await["lockedUntil"], Value::Null);
    for _ in 0..5 {
        let wrong = json!({ "email": "grace_h@example.org", "password": "not this one" });
        assert_eq!(
            code(&world.anonymous("session.create", "198.51.100.7", wrong).await),
            "invalid_credentials"
        );
    }
    let account = locked().await;
    assert!(account["lockedUntil"].as_i64().unwrap() > world.clock_now(), "{account:#}");
    let path = [("user", account["id"].as_str().unwrap())];
    world.call(&ada, "account.unlock", &path, json!({})).await.unwrap();
    assert_eq!(locked().await["lockedUntil"], Value::Null);
    let right = json!({ "email": "grace_h@example.org", "password": GOOD });
    assert_eq!(code(&world.anonymous("session.create", "198.51.100.7", right).await), "ok");
}

// REQ UI-2
#[tokio::test]
async fn a_crash_is_told_without_anything_personal() {
    let world = World::new().await;
    let told = json!({
        "boundary": "page", "error": "TypeError", "build": "0123456789ab",
        "requestId": "req_01900000000070008000000000000001",
    });
    let tell = |input: Value| world.anonymous("installation.report_crash", "192.0.2.9", input);
    assert_eq!(code(&tell(told.clone()).await), "ok");
    let mut short = told.clone();
    short.as_object_mut().unwrap().remove("requestId");
    assert_eq!(code(&tell(short).await), "ok");

    for (field, personal) in [
        ("boundary", "ada@example.org"),
        ("boundary", "https://holdfast.example/o/acme/c/chn_1?q=secret"),
        ("error", "Cannot read properties of undefined (reading 'Ada Lovelace')"),
        ("error", "AdaError"),
        ("requestId", "ada@example.org"),
        ("requestId", "usr_01900000000070008000000000000001"),
        ("requestId", "req_01900000000070008000000000000001 ada"),
        ("build", "ada lovelace"),
        ("build", "+44 20 7946 0018"),
        ("build", "0123456789AB"),
        ("message", "what Ada wrote"),
        ("stack", "at Ada (/o/acme/c/1:1)"),
        ("url", "/o/acme"),
    ] {
        world.clock.forward(MINUTE);
        let mut input = told.clone();
        input[field] = json!(personal);
        assert_eq!(code(&tell(input).await), "invalid_input", "{field}: {personal}");
    }
    // A page that crashes in a loop fills no log.
    let mut refused = 0;
    for _ in 0..40 {
        refused += i32::from(code(&tell(told.clone()).await) == "rate_limited");
    }
    assert!(refused >= 15, "{refused}");
    let other = world.anonymous("installation.report_crash", "192.0.2.10", told).await;
    assert_eq!(code(&other), "ok", "one address's storm silences no other");
}
