//! What holds for every answer, whatever was asked: headers, limits, health, and what is in the log.

use std::collections::BTreeSet;
use std::time::Duration;

use api_tests::sample::{Ids, OPERATIONS};
use api_tests::{Client, OPENAPI, Reply, World, both};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) async fn get(who: &Client, path: &str) -> Reply {
    who.send(who.request(Method::GET, path)).await
}

/// What every answer carries.
#[track_caller]
fn armoured(reply: &Reply, about: &str) {
    let header = |name: &str| {
        let all: Vec<&str> = reply.headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect();
        assert_eq!(all.len(), 1, "{about}: {name} {all:?}");
        all[0].to_owned()
    };
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(part), "{about}: {policy}");
    }
    for weak in ["unsafe-inline", "unsafe-eval", "*", "http:", "data: 'self' script"] {
        assert!(!policy.contains(weak), "{about}: {policy}");
    }
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(header(name), value, "{about}");
    }
    assert!(header("permissions-policy").contains("camera=()"), "{about}");
    assert!(header("strict-transport-security").contains("max-age="), "{about}");
    assert!(header("x-request-id").starts_with("req_"), "{about}");
    assert!(!header("cache-control").is_empty(), "{about}");
    for name in ["server", "x-powered-by", "access-control-allow-origin", "access-control-allow-credentials"]
    {
        assert!(!reply.headers.contains_key(name), "{about}: {name}");
    }
}

/// The routes that are no operations. A new one is reviewed here: what does it tell, and to whom?
const REVIEWED: [&str; 8] = [
    "/.well-known/change-password",
    "/.well-known/security.txt",
    "/api/v1/openapi.json",
    "/api/v1/realtime",
    "/healthz",
    "/metrics",
    "/readyz",
    "/robots.txt",
];

pub(crate) fn settings(more: &[(&str, &str)]) -> Vec<(String, String)> {
    more.iter().map(|(k, v)| (format!("HOLDFAST_{k}"), (*v).to_owned())).collect()
}

// REQ EDGE-4 (attack N5)
#[tokio::test]
async fn every_kind_of_answer_is_armoured() {
    let world = World::sqlite().await;
    let olga = world.owner().await;
    let nobody = world.anonymous();
    let missing = format!("/api/v1/orgs/{}", Ids::missing("org"));
    for (path, status) in [
        ("/api/v1/me", 200),
        (missing.as_str(), 404),
        ("/api/v1/orgs/nonsense", 422),
        ("/api/v1/nothing", 404),
        ("/api/v2/me", 404),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 404),
        ("/robots.txt", 200),
        ("/.well-known/security.txt", 200),
        ("/.well-known/nothing", 404),
        ("/.well-known/change-password", 302),
        ("/api/v1/openapi.json", 200),
        ("/nothing.js", 404),
        ("/assets/../../etc/passwd", 404),
        ("/%2e%2e%2f%2e%2e%2fetc%2fpasswd.txt", 404),
        ("/api/v1/realtime", 400),
    ] {
        let client = olga.request(Method::GET, path).build().unwrap();
        let reply = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap()
            .execute(client)
            .await
            .unwrap();
        let reply =
            Reply { status: reply.status().as_u16(), headers: reply.headers().clone(), body: Value::Null };
        if path != "/assets/../../etc/passwd" {
            assert_eq!(reply.status, status, "{path}");
        }
        armoured(&reply, path);
    }
    // The front end's page, if this build has one.
    for path in ["/", "/settings/profile", "/index.html"] {
        let reply = get(&nobody, path).await;
        assert!([200, 404].contains(&reply.status));
        armoured(&reply, path);
    }
    armoured(&nobody.call("me.read", &[], json!({})).await, "401");
    let post = |path: &str| nobody.request(Method::POST, path);
    let mut foreign = reqwest::header::HeaderMap::new();
    foreign.insert("sec-fetch-site", "cross-site".parse().unwrap());
    foreign.insert("origin", "https://evil.example".parse().unwrap());
    for (request, status) in [
        (post("/api/v1/session").body("x"), 415),
        (post("/api/v1/session").header("origin", "https://evil.example").json(&json!({})), 400),
        (post("/api/v1/session").header("content-type", "application/json").body("{"), 400),
        (post("/api/v1/session").json(&json!({})), 422),
        (post("/api/v1/session").json(&json!({ "email": "a@b", "password": "x" })), 401),
        (post("/api/v1/session").headers(foreign.clone()).json(&json!({})), 403),
        (post("/api/v1/me"), 405),
        (post("/healthz"), 405),
        (post("/"), 405),
        (nobody.request(Method::from_bytes(b"BREW").unwrap(), "/api/v1/me"), 405),
        (nobody.request(Method::OPTIONS, "/api/v1/me"), 405),
        (olga.request(Method::DELETE, "/api/v1/session").json(&json!({})), 200),
    ] {
        let reply = nobody.send(request).await;
        assert_eq!(reply.status, status, "{}", reply.body);
        armoured(&reply, &status.to_string());
        if status >= 400 {
            assert!(reply.body["requestId"].as_str().is_some(), "{}", reply.body);
            assert_eq!(reply.body["requestId"], reply.headers["x-request-id"].to_str().unwrap());
        }
    }
    let mut strange = nobody.request(Method::GET, "/api/v1/me").build().unwrap();
    strange.headers_mut().insert("host", "evil.example".parse().unwrap());
    let reply = reqwest::Client::builder().no_proxy().build().unwrap().execute(strange).await.unwrap();
    assert_eq!(reply.status().as_u16(), 421);
    armoured(&Reply { status: 421, headers: reply.headers().clone(), body: Value::Null }, "421");
}

// REQ EDGE-2
#[tokio::test]
async fn plain_http_is_only_a_redirect() {
    let world = World::sqlite().await;
    let mut request = world.anonymous().request(Method::POST, "/api/v1/session?x=1").build().unwrap();
    request.headers_mut().insert("x-forwarded-proto", "http".parse().unwrap());
    let sender =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let reply = sender.execute(request).await.unwrap();
    assert_eq!(reply.status().as_u16(), 308);
    assert_eq!(reply.headers()["location"], "https://holdfast.test/api/v1/session?x=1");
    assert!(!reply.headers().contains_key("set-cookie"));
}

// REQ OPS-1, OPS-7
#[tokio::test]
async fn everything_is_an_operation_but_a_reviewed_few() {
    let world = World::sqlite().await;
    let raw: BTreeSet<&str> = holdfast::raw_routes().map(|(path, _)| path).into();
    assert_eq!(
        raw,
        BTreeSet::from(REVIEWED),
        "a route that is no operation: review what it tells, and to whom"
    );
    assert!(holdfast::raw_routes().iter().all(|(_, why)| why.len() > 10));
    let nobody = world.anonymous();
    for path in REVIEWED.iter().filter(|path| **path != "/.well-known/change-password") {
        assert_ne!(
            get(&nobody, path).await.headers["content-type"],
            "text/html; charset=utf-8",
            "{path} is served"
        );
    }
    // What is served is what is committed.
    let served = get(&nobody, "/api/v1/openapi.json").await.body;
    assert_eq!(served["openapi"], "3.1.0");
    assert!(
        served["paths"] == OPENAPI["paths"] && served["components"] == OPENAPI["components"],
        "run `cargo xtask gen`"
    );
    // Every described path is an operation: an answer of ours, in our words, to every method.
    for operation in OPERATIONS.iter() {
        let mut path = operation.path.clone();
        for name in &operation.ids {
            path = path.replace(&format!("{{{name}}}"), &Ids::missing(name));
        }
        world.clock.advance(Duration::from_secs(31));
        let reply =
            nobody.send(nobody.request(operation.method.parse().unwrap(), &path).json(&json!({}))).await;
        let known = reply.status == 200
            || reply.body["code"]
                .as_str()
                .is_some_and(|code| code != "not_found" && code != "method_not_allowed");
        assert!(known, "{}: {} {}", operation.id, reply.status, reply.body);
        assert!(!operation.permission.is_empty());
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE] {
            if OPENAPI["paths"][&operation.path].get(method.as_str().to_lowercase()).is_none() {
                let reply = nobody.send(nobody.request(method.clone(), &path)).await;
                assert_eq!(reply.status, 405, "{method} {path}");
            }
        }
    }
}

// REQ EDGE-5
#[tokio::test]
async fn limits_hold_and_say_when_they_end() {
    let world = World::sqlite().await;
    let olga = world.owner().await;
    let ben = world.join(&olga, "ben", "editor").await;
    let mut left = Vec::new();
    let refused = loop {
        let reply = ben
            .own(
                "chat.channel.create",
                &[],
                json!({ "name": format!("c{}", left.len()), "topic": "", "kind": "public" }),
            )
            .await;
        if reply.status != 200 {
            break reply;
        }
        assert_eq!(reply.headers["ratelimit-policy"], "\"default\";q=30;w=60");
        let rest = reply.headers["ratelimit"].to_str().unwrap().to_owned();
        left.push(rest.split(";r=").nth(1).unwrap().split(';').next().unwrap().parse::<u32>().unwrap());
        assert!(left.len() < 40);
    };
    assert!(left.windows(2).all(|w| w[0] >= w[1]) && left.last() == Some(&0), "{left:?}");
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(refused.headers.contains_key("ratelimit"), "{:?}", refused.headers);
    armoured(&refused, "429");
    refused.refused(429, "rate_limited");
    // Over one's own limit nobody else is, nor is one for anything else.
    olga.channel("by somebody else", "public").await;
    ben.own("chat.channel.list", &[], json!({})).await.ok();
    world.clock.advance(Duration::from_secs(wait));
    ben.channel("after the wait", "public").await;
    // Signing in is counted by address, whoever it is tried for.
    let tried = async |address: &str, n: usize| {
        let who = world.anonymous();
        let request = who.request(Method::POST, "/api/v1/session").header("x-forwarded-for", address);
        who.send(request.json(&json!({ "email": format!("a{n}@example.org"), "password": "x" }))).await.status
    };
    let mut statuses = Vec::new();
    for n in 0..40 {
        statuses.push(tried("198.51.100.7", n).await);
    }
    assert_eq!((statuses[0], *statuses.last().unwrap()), (401, 429), "{statuses:?}");
    assert_eq!(tried("198.51.100.8", 99).await, 401);
}

// REQ EDGE-5
#[tokio::test]
async fn an_address_has_a_limit_over_everything() {
    let world = World::start(settings(&[("LIMITS__REQUESTS_PER_MINUTE", "20")])).await;
    let nobody = world.anonymous();
    let mut statuses = Vec::new();
    for n in 0..30 {
        let operation = if n % 2 == 0 { "setup.read" } else { "me.read" };
        statuses.push(nobody.call(operation, &[], json!({})).await.status);
    }
    assert_eq!(statuses.iter().filter(|s| **s == 429).count(), 10, "{statuses:?}");
    // Everything: also what is no operation, what is not there, and what the edge refuses.
    let post = |path: &str| nobody.request(Method::POST, path);
    for request in [
        nobody.request(Method::GET, "/"),
        nobody.request(Method::GET, "/assets/nothing.js"),
        nobody.request(Method::GET, "/api/v1/openapi.json"),
        nobody.request(Method::GET, "/api/v1/realtime"),
        nobody.request(Method::GET, "/healthz"),
        nobody.request(Method::GET, "/readyz"),
        nobody.request(Method::GET, "/metrics"),
        nobody.request(Method::GET, "/nothing/here.txt"),
        nobody.request(Method::HEAD, "/api/v1/setup"),
        post("/healthz"),
        post("/api/v1/session").header("origin", "https://evil.example"),
        nobody.request(Method::OPTIONS, "/api/v1/me").header("access-control-request-method", "POST"),
    ] {
        let reply = nobody.send(request).await;
        assert_eq!(reply.status, 429, "{}", reply.body);
        for header in ["retry-after", "ratelimit", "ratelimit-policy"] {
            assert!(reply.headers.contains_key(header), "{header}");
        }
        armoured(&reply, "429");
    }
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(get(&nobody, "/readyz").await.status, 200);
}

// REQ EDGE-5
#[tokio::test]
async fn an_organisation_has_a_limit_over_all_its_members_and_no_stranger_uses_it_up() {
    let world = World::start(settings(&[("LIMITS__REQUESTS_PER_MINUTE_PER_ORGANISATION", "30")])).await;
    let olga = world.owner().await;
    let ben = world.join(&olga, "ben", "editor").await;
    world.clock.advance(Duration::from_secs(61));
    let mut statuses = Vec::new();
    for n in 0..40 {
        let who = if n % 2 == 0 { &olga } else { &ben };
        statuses.push(who.own("org.read", &[], json!({})).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 10, "{statuses:?}");
    let refused = ben.own("org.read", &[], json!({})).await;
    assert!(refused.headers.contains_key("retry-after") && refused.headers.contains_key("ratelimit-policy"));
    // What is nobody's organisation is asked for as before.
    ben.call("me.read", &[], json!({})).await.ok();
}

// REQ EDGE-6, OPS-1
#[tokio::test]
async fn what_was_read_before_is_not_sent_again_and_long_answers_are_packed() {
    let world = World::sqlite().await;
    let olga = world.owner().await;
    for n in 0..25 {
        olga.channel(&format!("a channel with a rather long name {n}"), "public").await;
    }
    let path = format!("/api/v1/orgs/{}/channels", olga.org);
    let ask = async |headers: &[(&'static str, &str)], path: &str| {
        let mut request = olga.request(Method::GET, path).build().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        reqwest::Client::builder().no_proxy().build().unwrap().execute(request).await.unwrap()
    };
    let plain = ask(&[], &path).await;
    assert_eq!(plain.headers()["cache-control"], "private, no-cache");
    let tag = plain.headers()["etag"].to_str().unwrap().to_owned();
    let length = plain.bytes().await.unwrap().len();
    let packed = ask(&[("accept-encoding", "gzip")], &path).await;
    assert_eq!(
        (&packed.headers()["content-encoding"], &packed.headers()["etag"]),
        (&"gzip".parse().unwrap(), &tag.parse().unwrap())
    );
    let bytes = packed.bytes().await.unwrap();
    assert!(bytes.len() * 3 < length && bytes.starts_with(&[0x1f, 0x8b]), "{} of {length}", bytes.len());
    let again = ask(&[("if-none-match", &tag)], &path).await;
    assert_eq!(again.status().as_u16(), 304);
    assert!(again.bytes().await.unwrap().is_empty());
    olga.channel("one more", "public").await;
    assert_eq!(ask(&[("if-none-match", &tag)], &path).await.status().as_u16(), 200);
    // What carries a token is neither packed nor kept (BREACH), and what people wrote is not kept.
    let me = ask(&[("accept-encoding", "gzip, br")], "/api/v1/me").await;
    assert_eq!(me.headers()["cache-control"], "no-store");
    assert!(!me.headers().contains_key("content-encoding") && !me.headers().contains_key("etag"));
    // The description of the API is the same for everybody.
    let described = ask(&[("accept-encoding", "gzip")], "/api/v1/openapi.json").await;
    assert_eq!(described.headers()["content-encoding"], "gzip");
    let tag = described.headers()["etag"].to_str().unwrap().to_owned();
    let again = ask(&[("accept-encoding", "gzip"), ("if-none-match", &tag)], "/api/v1/openapi.json").await;
    assert_eq!(again.status().as_u16(), 304);
}

both! {
    // REQ EDGE-10
    async fn health_tells_details_to_administrators_only(world: World) {
        let olga = world.owner().await;
        let ada = world.join(&olga, "ada", "owner").await;
        for who in [&world.anonymous(), &ada] {
            assert_eq!(get(who, "/readyz").await.ok(), json!({ "status": "ready" }));
            assert_eq!(get(who, "/healthz").await.ok(), json!({ "status": "ok" }));
        }
        let details = get(&olga, "/readyz").await.ok();
        assert_eq!(details["parts"]["database"], "ok");
        assert!(details["parts"].as_object().unwrap().len() >= 3);
    }
}

// REQ EDGE-14
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_well_known_addresses_say_what_they_should() {
    let world = World::sqlite().await;
    let anybody = world.anonymous();
    let text = async |path: &str| anybody.send(anybody.request(Method::GET, path)).await;
    let security = text("/.well-known/security.txt").await.ok();
    let security = security.as_str().unwrap();
    assert!(
        security.starts_with("Contact: ") && security.contains("\nExpires: 2027-01-01T00:00:00"),
        "{security}"
    );
    let robots = text("/robots.txt").await.ok();
    assert_eq!(robots, "User-agent: *\nDisallow: /\n");
    // The client of these tests follows redirects: the page it ends on is the application's.
    let password = anybody.request(Method::GET, "/.well-known/change-password").build().unwrap();
    let direct =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = direct.execute(password).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (302, &"/settings/profile".parse().unwrap())
    );
}
