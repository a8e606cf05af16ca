//! What the server tells of itself: its log and its numbers, and what is in neither.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use api_tests::{Client, PASSWORD, Process};
use reqwest::Method;
use serde_json::{Value, json};

use crate::edge::{get, settings};
// REQ EDGE-9, EDGE-10, EDGE-11 (attacks S5, N8)
#[tokio::test]
async fn the_log_knows_no_secrets_and_the_numbers_want_a_token() {
    let dir = tempfile::tempdir().unwrap();
    let token = "metrics-token-4f1c7b0e9a2d6853c1f7b0e9a2d68534f";
    std::fs::write(dir.path().join("token"), token).unwrap();
    std::fs::set_permissions(dir.path().join("token"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = dir.path().join("token").to_str().unwrap().to_owned();
    let process = Process::start(settings(&[
        ("LOG__LEVEL", "trace"),
        ("LOG__FORMAT", "json"),
        ("METRICS__TOKEN_FILE", &file),
    ]));
    let olga = process.owner().await;
    let mut secrets: Vec<String> = vec![PASSWORD.into(), token.into(), process.setup_token.clone().unwrap()];
    let mut secret = |kind: &str| {
        let made = format!("{kind}-{}", uuid::Uuid::new_v4().simple());
        secrets.push(made.clone());
        made
    };
    let channel = olga.channel(&secret("channelname"), "private").await;
    let said = olga.post(&channel, &secret("messagebody")).await.ok()["id"].as_str().unwrap().to_owned();
    let at = [("channel", channel.as_str()), ("message", said.as_str())];
    olga.own("chat.message.edit", &at, json!({ "body": secret("editedbody") })).await.ok();
    olga.own("org.update", &[], json!({ "name": secret("orgname") })).await.ok();
    olga.call("me.update", &[], json!({ "name": secret("personname") })).await.ok();
    let mail = format!("{}@example.org", secret("invitedmail"));
    olga.own("invitation.create", &[], json!({ "email": mail, "role": "viewer" })).await.ok();
    let login = json!({ "email": format!("{}@example.org", secret("loginmail")), "password": secret("wrongpassword") });
    olga.call("session.create", &[], login).await.refused(401, "invalid_credentials");
    olga.call(
        "password.request_reset",
        &[],
        json!({ "email": format!("{}@example.org", secret("resetmail")) }),
    )
    .await
    .ok();
    for operation in ["password.reset", "invitation.accept", "invitation.lookup"] {
        let mut input = json!({ "token": secret("token") });
        if operation != "invitation.lookup" {
            input["password"] = json!(secret("newpassword"));
        }
        if operation == "invitation.accept" {
            (input["name"], input["handle"]) = (json!(secret("acceptname")), json!("somebody"));
        }
        olga.call(operation, &[], input).await.refused(410, "link_expired");
    }
    olga.call("password.rate", &[], json!({ "password": secret("ratedpassword") })).await.ok();
    // Where nothing is expected: in wrong bodies, unknown fields, paths, queries and headers.
    olga.own(
        "org.update",
        &[],
        json!({ "name": { "x": secret("nested") }, secret("fieldname"): secret("fieldvalue") }),
    )
    .await
    .refused(422, "invalid_input");
    let post = |path: &str| olga.request(Method::POST, path).header("content-type", "application/json");
    olga.send(post("/api/v1/session").body(format!("{{\"password\": \"{}\" oops", secret("broken"))))
        .await
        .refused(400, "bad_request");
    get(&olga, &format!("/api/v1/me?{}={}", secret("queryname"), secret("queryvalue")))
        .await
        .refused(422, "invalid_input");
    get(&olga, &format!("/api/v1/orgs/{}", secret("path"))).await.refused(422, "invalid_input");
    get(&olga, &format!("/{}.txt", secret("file"))).await.refused(404, "not_found");
    for header in [
        "authorization",
        "x-api-key",
        "idempotency-key",
        "x-csrf-token",
        "referer",
        "x-forwarded-host",
        "user-agent",
    ] {
        let mut request = post("/api/v1/me/sessions/revoke-others").body("{}").build().unwrap();
        request.headers_mut().insert(header, secret("header").parse().unwrap());
        drop(reqwest::Client::builder().no_proxy().build().unwrap().execute(request).await.unwrap());
    }
    let stranger = Client::clone(&olga);
    *stranger.cookie.lock().unwrap() = Some(secret("cookie"));
    stranger.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
    let mut tab = api_tests::Socket::open(&olga).await;
    let body = json!({ "clientId": uuid::Uuid::new_v4(), "body": secret("socketbody") });
    tab.call("chat.message.post", json!({ "org": olga.org, "channel": channel }), body).await.unwrap();
    tab.send_text(&format!("{{\"id\": 9, \"op\": \"{}\", \"path\": {{}}}}", secret("operation"))).await;
    tab.send_text(&secret("frame")).await;
    tab.until_closed().await;

    // The numbers: with the token only, and without a name in them.
    for sent in
        [None, Some("Bearer "), Some("Bearer wrong"), Some("Basic x"), Some(&format!("Bearer {token}x"))]
    {
        let mut request = olga.request(Method::GET, "/metrics");
        if let Some(sent) = sent {
            request = request.header("authorization", sent);
        }
        olga.send(request).await.refused(404, "not_found");
    }
    let bearer = format!("Bearer {token}");
    let numbers = olga
        .send(olga.request(Method::GET, "/metrics").header("authorization", &bearer))
        .await
        .ok()
        .to_string();
    assert!(numbers.contains("holdfast_operation_seconds"), "{numbers}");
    let details =
        olga.send(stranger.request(Method::GET, "/readyz").header("authorization", &bearer)).await.ok();
    assert_eq!(details["parts"]["database"], "ok");

    secrets.extend([olga.cookie().unwrap(), olga.csrf.clone()]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let log = process.said();
    // The greeting shows the set-up token at the terminal, before the first request; that is its purpose.
    let log = log.split_once("Press Ctrl+C").map_or(log.as_str(), |(_, rest)| rest);
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(
        lines.iter().any(|l| l["operation"] == "chat.message.post" && l["request"].as_str().is_some()),
        "{log}"
    );
    for secret in secrets {
        assert!(
            !log.contains(&secret),
            "{secret} is in the log:\n{}",
            log.lines().filter(|l| l.contains(&secret)).collect::<String>()
        );
        let reversed: String = secret.chars().rev().collect();
        let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
        let list = secret.bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(", ");
        for form in [reversed, hex, list] {
            assert!(!log.contains(&form), "{secret} is in the log as {form}");
        }
        assert!(!numbers.contains(&secret), "{secret}");
    }
}
