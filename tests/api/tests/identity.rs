//! Accounts, sessions, invitations and passwords, under attack and by the clock.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use api_tests::{Client, PASSWORD, Reply, Socket, World, both, indistinguishable};
use reqwest::Method;
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const NEW_PASSWORD: &str = "mirror otter plankton velvet";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// How many answers had which status.
fn counted(replies: &[Reply]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for reply in replies {
        *counts.entry(reply.status).or_insert(0) += 1;
    }
    counts
}

/// Everybody at once.
async fn at_once(calls: Vec<(Client, &'static str, Value)>) -> Vec<Reply> {
    let tasks: Vec<_> = calls
        .into_iter()
        .map(|(who, operation, input)| tokio::spawn(async move { who.call(operation, &[], input).await }))
        .collect();
    let mut replies = Vec::new();
    for task in tasks {
        replies.push(task.await.unwrap());
    }
    replies
}

/// Signs in as from this address.
async fn sign_in_from(world: &World, address: &str, email: &str, password: &str) -> Reply {
    let who = world.anonymous();
    let request = who.request(Method::POST, "/api/v1/session").header("x-forwarded-for", address);
    who.send(request.json(&json!({ "email": email, "password": password }))).await
}

/// The token of a new invitation.
async fn invited(world: &World, inviter: &Client, email: &str, role: &str) -> (String, String) {
    let input = json!({ "email": email, "role": role });
    let made = inviter.own("invitation.create", &[], input).await.ok();
    (text(&made["id"]), world.mailed_token(email).await)
}

fn accepting(token: &str, handle: &str) -> Value {
    json!({ "token": token, "name": "Some Body", "handle": handle, "password": PASSWORD })
}

both! {
    // REQ ID-7, RUN-1 (attack A9)
    async fn of_a_hundred_who_set_up_one_succeeds(world: World) {
        let token = world.setup_token();
        let calls = (0..100).map(|n| {
            let input = json!({
                "token": token.reveal(), "organisation": format!("Org {n}"), "name": "First Comer", "handle": "first",
                "email": format!("first{n}@example.org"), "password": PASSWORD,
            });
            (world.anonymous(), "setup.complete", input)
        });
        let replies = at_once(calls.collect()).await;
        let counts = counted(&replies);
        assert_eq!(counts.get(&200), Some(&1), "{counts:?}");
        assert!(counts.keys().all(|status| *status < 500 && *status != 429), "{counts:?}");
        let database = world.database().await;
        assert_eq!(database.column("SELECT id FROM account").await.len(), 1);
        assert_eq!(database.column("SELECT org_id FROM organisation").await.len(), 1);
        let late = json!({
            "token": token.reveal(), "organisation": "Late", "name": "Late Comer", "handle": "late",
            "email": "late@example.org", "password": PASSWORD,
        });
        world.anonymous().call("setup.complete", &[], late).await.refused(410, "link_expired");
    }

    // REQ ID-7 (attacks A9, I4)
    async fn an_invitation_is_good_for_one(world: World) {
        let olga = world.owner().await;
        let (_, token) = invited(&world, &olga, "ben@example.org", "editor").await;
        let calls = (0..20).map(|n| (world.anonymous(), "invitation.accept", accepting(&token, &format!("ben{n}"))));
        let replies = at_once(calls.collect()).await;
        let counts = counted(&replies);
        assert_eq!(counts.get(&200), Some(&1), "{counts:?}");
        assert!(counts.keys().all(|status| [200, 409, 410].contains(status)), "{counts:?}");
        let members = olga.own("member.list", &[], json!({})).await.ok();
        assert_eq!(members["items"].as_array().unwrap().len(), 2);
        for operation in ["invitation.accept", "invitation.lookup"] {
            let input = if operation == "invitation.accept" { accepting(&token, "ben") } else { json!({ "token": token }) };
            world.anonymous().call(operation, &[], input).await.refused(410, "link_expired");
        }
    }

    // REQ ID-7 (attack A3)
    async fn invitations_expire_are_revoked_and_keep_below_their_giver(world: World) {
        let olga = world.owner().await;
        let ada = world.join(&olga, "ada", "admin").await;
        let ed = world.join(&olga, "ed", "editor").await;
        let (_, old) = invited(&world, &ada, "late@example.org", "viewer").await;
        world.anonymous().call("invitation.lookup", &[], json!({ "token": old })).await.ok();
        world.clock.advance(7 * DAY);
        world.anonymous().call("invitation.lookup", &[], json!({ "token": old })).await.refused(410, "link_expired");
        world.anonymous().call("invitation.accept", &[], accepting(&old, "late")).await.refused(410, "link_expired");
        let list = ada.own("invitation.list", &[], json!({})).await.ok();
        assert!(list["items"].as_array().unwrap().iter().any(|i| i["email"] == "late@example.org" && i["state"] == "expired"));

        let (id, token) = invited(&world, &ada, "cleo@example.org", "viewer").await;
        ada.own("invitation.revoke", &[("invitation", &id)], json!({})).await.ok();
        world.anonymous().call("invitation.accept", &[], accepting(&token, "cleo")).await.refused(410, "link_expired");
        ada.own("invitation.revoke", &[("invitation", &id)], json!({})).await.refused(409, "conflict");

        // The newer one counts.
        let (_, first) = invited(&world, &ada, "dan@example.org", "viewer").await;
        let (_, second) = invited(&world, &ada, "dan@example.org", "editor").await;
        world.anonymous().call("invitation.accept", &[], accepting(&first, "dan")).await.refused(410, "link_expired");
        let mut dan = world.anonymous();
        dan.call("invitation.accept", &[], accepting(&second, "dan")).await.ok();
        dan.settle().await;

        let above = json!({ "email": "boss@example.org", "role": "owner" });
        ada.own("invitation.create", &[], above).await.refused(403, "forbidden");
        ada.own("member.update", &[("member", &ed.member)], json!({ "role": "owner" })).await.refused(403, "forbidden");
        ed.own("invitation.create", &[], json!({ "email": "x@example.org", "role": "viewer" })).await.refused(403, "forbidden");
        for role in ["superadmin", "Owner", "console", ""] {
            let input = json!({ "email": "x@example.org", "role": role });
            ada.own("invitation.create", &[], input).await.refused(422, "invalid_input");
        }
        // Nobody accepts for an account without its password.
        let rita = world.stranger().await;
        let (_, token) = invited(&world, &rita, "ed@example.org", "admin").await;
        let wrong = json!({ "token": token, "name": "Ed", "handle": "ed", "password": NEW_PASSWORD });
        world.anonymous().call("invitation.accept", &[], wrong).await.refused(401, "invalid_credentials");
        world.anonymous().call("invitation.accept", &[], accepting(&token, "ed")).await.ok();
    }

    // REQ ID-2 (attacks I2, I1)
    async fn guessing_locks_and_mail_unlocks(world: World) {
        let olga = world.owner().await;
        world.join(&olga, "ben", "editor").await;
        // Guesses in parallel are counted one by one, for accounts that are there and that are not.
        for email in ["ben@example.org", "nobody@example.org"] {
            let calls = (0..25).map(|n| {
                (world.anonymous(), "session.create", json!({ "email": email, "password": format!("guess number {n}") }))
            });
            let replies = at_once(calls.collect()).await;
            assert_eq!(counted(&replies), BTreeMap::from([(401, 5), (423, 20)]), "{email}");
            world.clock.advance(Duration::from_secs(120));
        }
        let right = json!({ "email": "ben@example.org", "password": PASSWORD });
        let locked = world.anonymous().call("session.create", &[], right.clone()).await;
        assert!(locked.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 600);
        let body = locked.refused(423, "locked_out");
        assert!(text(&body["error"]).contains("minutes") && text(&body["hint"]).contains("mail"), "{body}");
        // Who does not share the attacker's address is not locked out.
        assert_eq!(sign_in_from(&world, "203.0.113.9", "ben@example.org", PASSWORD).await.status, 200);
        // An attacker with many addresses locks the account, for an hour; the mail is the way in.
        for n in 0..60 {
            world.clock.advance(Duration::from_secs(10));
            sign_in_from(&world, &format!("198.51.100.{}", n % 20), "ben@example.org", "a wrong one").await;
        }
        assert_eq!(sign_in_from(&world, "203.0.113.9", "ben@example.org", PASSWORD).await.status, 423);
        world.anonymous().call("password.request_reset", &[], json!({ "email": "ben@example.org" })).await.ok();
        let token = world.mailed_token("ben@example.org").await;
        world.anonymous().call("password.reset", &[], json!({ "token": token, "password": NEW_PASSWORD })).await.ok();
        assert_eq!(sign_in_from(&world, "203.0.113.9", "ben@example.org", NEW_PASSWORD).await.status, 200);
        assert_eq!(sign_in_from(&world, "198.51.100.1", "ben@example.org", NEW_PASSWORD).await.status, 200);
    }

    // REQ ID-2
    async fn a_lock_passes_and_an_administrator_lifts_it(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let right = json!({ "email": "ben@example.org", "password": PASSWORD });
        let fail = async || {
            for _ in 0..5 {
                let wrong = json!({ "email": "BEN@example.org", "password": "a wrong one" });
                world.anonymous().call("session.create", &[], wrong).await.refused(401, "invalid_credentials");
            }
            world.anonymous().call("session.create", &[], right.clone()).await.refused(423, "locked_out");
        };
        fail().await;
        world.clock.advance(Duration::from_secs(16 * 60));
        world.anonymous().call("session.create", &[], right.clone()).await.ok();
        fail().await;
        olga.call("account.unlock", &[("user", &ben.user)], json!({})).await.ok();
        world.anonymous().call("session.create", &[], right.clone()).await.ok();
    }

    // REQ ID-4 (attacks I4, A9)
    async fn a_reset_works_once_for_an_hour_and_ends_all_sessions(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let other = ben.sign_in("ben@example.org", PASSWORD).await;
        let ask = async || {
            world.clock.advance(Duration::from_secs(60));
            world.anonymous().call("password.request_reset", &[], json!({ "email": "ben@example.org" })).await.ok();
            world.mailed_token("ben@example.org").await
        };
        let reset = async |token: &str, password: &str| {
            world.anonymous().call("password.reset", &[], json!({ "token": token, "password": password })).await
        };
        let late = ask().await;
        world.clock.advance(HOUR);
        reset(&late, NEW_PASSWORD).await.refused(410, "link_expired");
        let (first, second) = (ask().await, ask().await);
        reset(&first, NEW_PASSWORD).await.refused(410, "link_expired");
        reset(&second, "short").await.refused(422, "weak_password");
        let mut tab = Socket::open(&ben).await;
        let calls = (0..20).map(|_| {
            (world.anonymous(), "password.reset", json!({ "token": second, "password": NEW_PASSWORD }))
        });
        let counts = counted(&at_once(calls.collect()).await);
        assert_eq!(counts, BTreeMap::from([(200, 1), (410, 19)]));
        assert_eq!(tab.until_closed().await.last().map(|f| text(&f["code"])), Some("session_ended".into()));
        for session in [&ben, &other] {
            session.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
        }
        let old = json!({ "email": "ben@example.org", "password": PASSWORD });
        world.anonymous().call("session.create", &[], old).await.refused(401, "invalid_credentials");
        let new = json!({ "email": "ben@example.org", "password": NEW_PASSWORD });
        world.anonymous().call("session.create", &[], new).await.ok();
        // Lists and objects where an address belongs mail nobody.
        for email in [json!(["ben@example.org", "eve@example.org"]), json!({ "a": "ben@example.org" }), json!("ben@example.org,eve@example.org")] {
            world.anonymous().call("password.request_reset", &[], json!({ "email": email })).await.refused(422, "invalid_input");
        }
        // An invitation's or a session's token is not a reset's.
        let (_, invitation) = invited(&world, &olga, "new@example.org", "viewer").await;
        for token in [invitation.as_str(), &olga.cookie().unwrap(), &olga.csrf] {
            reset(token, NEW_PASSWORD).await.refused(410, "link_expired");
        }
    }

    // REQ ID-3
    async fn sessions_end_by_the_clock(world: World) {
        let olga = world.owner().await;
        let idle = olga.sign_in("olga@example.org", PASSWORD).await;
        let used = olga.sign_in("olga@example.org", PASSWORD).await;
        for _ in 0..13 {
            world.clock.advance(DAY);
            used.call("me.read", &[], json!({})).await.ok();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world.clock.advance(DAY);
        idle.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
        used.call("me.read", &[], json!({})).await.ok();
        for day in 14..=90 {
            let status = used.call("me.read", &[], json!({})).await.status;
            assert_eq!(status, if day < 90 { 200 } else { 401 }, "day {day}");
            world.clock.advance(DAY);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(Socket::try_open(&used, &[]).await.err(), Some(401));
    }

    // REQ ID-3 (attack A6)
    async fn a_new_password_renews_this_session_and_ends_the_others(world: World) {
        let olga = world.owner().await;
        let other = olga.sign_in("olga@example.org", PASSWORD).await;
        let (mut own_tab, mut other_tab) = (Socket::open(&olga).await, Socket::open(&other).await);
        own_tab.call("me.read", json!({}), json!({})).await.unwrap();
        let before = olga.clone();
        let change = |current: &str, password: &str| json!({ "current": current, "password": password });
        let wrong = olga.call("me.change_password", &[], change("not this", NEW_PASSWORD)).await.refused(422, "invalid_input");
        assert_eq!(wrong["fields"][0]["field"], "current");
        olga.call("me.change_password", &[], change(PASSWORD, "olga@example.org")).await.refused(422, "weak_password");
        let changed = olga.call("me.change_password", &[], change(PASSWORD, NEW_PASSWORD)).await;
        assert!(changed.headers["set-cookie"].to_str().unwrap().starts_with("__Host-session="));
        changed.ok();
        assert_ne!(olga.cookie(), before.cookie());
        before.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
        other.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
        assert_eq!(other_tab.until_closed().await.last().map(|f| text(&f["code"])), Some("session_ended".into()));
        let me = olga.call("me.read", &[], json!({})).await.ok();
        assert_ne!(me["csrfToken"], before.csrf);
        own_tab.call("me.read", json!({}), json!({})).await.unwrap();
        let told = world.mail_to("olga@example.org").await;
        assert!(text(&told["subject"]).contains("password was changed"), "{told}");
    }

    // REQ ID-3 (attack A3)
    async fn a_person_sees_and_ends_their_own_sessions_only(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let phone = ben.sign_in("ben@example.org", PASSWORD).await;
        let list = ben.call("session.list", &[], json!({})).await.ok();
        let sessions = list["items"].as_array().unwrap();
        assert_eq!(sessions.len(), 2);
        assert_eq!(sessions.iter().filter(|s| s["current"] == true).count(), 1);
        assert!(sessions.iter().all(|s| s["device"] == "Firefox on Linux" && s["address"] == "127.0.0.1"), "{list:#}");
        let other = text(&sessions.iter().find(|s| s["current"] == false).unwrap()["id"]);
        olga.call("session.revoke", &[("session", &other)], json!({})).await.refused(404, "not_found");
        ben.call("session.revoke", &[("session", &other)], json!({})).await.ok();
        phone.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
        ben.call("session.revoke", &[("session", &other)], json!({})).await.refused(404, "not_found");
        let (one, two) = (ben.sign_in("ben@example.org", PASSWORD).await, ben.sign_in("ben@example.org", PASSWORD).await);
        assert_eq!(ben.call("session.revoke_others", &[], json!({})).await.ok()["ended"], 2);
        for gone in [one, two] {
            gone.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
        }
        let ended = ben.call("session.end", &[], json!({})).await;
        assert!(ended.headers["clear-site-data"].to_str().unwrap().contains("storage"));
        assert!(ended.headers["set-cookie"].to_str().unwrap().starts_with("__Host-session=;"));
    }

    // REQ ID-9, PRIV-1
    async fn deleting_a_person_keeps_what_they_wrote(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "admin").await;
        let general = olga.channel("general", "public").await;
        let at = [("channel", general.as_str())];
        ben.own("chat.channel.join", &at, json!({})).await.ok();
        let said = ben.post(&general, "my words").await.ok();
        let one = [at[0], ("message", said["id"].as_str().unwrap())];
        ben.own("chat.message.edit", &one, json!({ "body": "my better words" })).await.ok();
        ben.own("chat.message.react", &one, json!({ "emoji": "👍", "on": true })).await.ok();
        olga.post(&general, "hello @ben").await.ok();
        invited(&world, &ben, "guest@example.org", "viewer").await;
        ben.own("chat.direct.open", &[], json!({ "members": [olga.member] })).await.ok();
        let mut tab = Socket::open(&ben).await;
        olga.call("account.delete", &[("user", &ben.user)], json!({})).await.ok();
        assert_eq!(tab.until_closed().await.last().map(|f| text(&f["code"])), Some("session_ended".into()));
        ben.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
        let login = json!({ "email": "ben@example.org", "password": PASSWORD });
        world.anonymous().call("session.create", &[], login).await.refused(401, "invalid_credentials");
        let page = olga.own("chat.message.list", &at, json!({})).await.ok();
        assert_eq!((&page["items"][0]["body"], &page["items"][0]["author"]), (&json!("my better words"), &json!(ben.member)));
        let members = olga.own("member.list", &[], json!({})).await.ok();
        let gone = members["items"].as_array().unwrap().iter().find(|m| m["id"] == ben.member.as_str()).unwrap();
        assert_eq!((&gone["name"], &gone["state"]), (&json!("Deleted user"), &json!("deleted")));
        let database = world.database().await;
        assert_eq!(database.broken_keys().await, Vec::<String>::new());
        // Nothing but the ledger knows them any more, and the mails that were on their way.
        for (table, rows) in database.state().await {
            let known = rows.iter().any(|row| row.contains("ben@example.org") || row.contains("ben person"));
            assert!(!known || table == "job", "{table} still knows who it was");
        }
        olga.call("account.delete", &[("user", &ben.user)], json!({})).await.refused(404, "not_found");
        olga.call("account.delete", &[("user", &olga.user)], json!({})).await.refused(409, "conflict");
        world.join(&olga, "ben", "viewer").await;
    }

    // REQ ID-1 (attack I1)
    async fn nothing_tells_whether_an_account_exists(world: World) {
        let olga = world.owner().await;
        world.join(&olga, "ben", "editor").await;
        let mut times: BTreeMap<(&str, bool), Vec<Duration>> = BTreeMap::new();
        for round in 0..60 {
            // Past every lock and limit: those are the same for both, and tested above.
            world.clock.advance(2 * HOUR);
            for (operation, path) in [("session.create", "/api/v1/session"), ("password.request_reset", "/api/v1/password/reset-requests")] {
                let mut answers = Vec::new();
                for known in if round % 2 == 0 { [true, false] } else { [false, true] } {
                    let email = if known { "ben@example.org" } else { "hal@example.org" };
                    let mut input = json!({ "email": email });
                    if operation == "session.create" {
                        input["password"] = json!("not the password");
                    }
                    let who = world.anonymous();
                    let request = who.request(Method::POST, path).json(&input);
                    let started = Instant::now();
                    let reply = who.send(request).await;
                    times.entry((operation, known)).or_default().push(started.elapsed());
                    let mut body = reply.body.clone();
                    body.as_object_mut().unwrap().remove("requestId");
                    let mut names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
                    names.sort();
                    answers.push((reply.status, body, names, reply.headers["content-length"].clone()));
                }
                assert_eq!(answers[0], answers[1], "{operation}");
            }
        }
        for operation in ["session.create", "password.request_reset"] {
            indistinguishable(operation, &times[&(operation, true)], &times[&(operation, false)]);
        }
        // A locked account looks the same as a locked nobody.
        let mut answers = Vec::new();
        for email in ["ben@example.org", "hal@example.org"] {
            let mut last = None;
            for _ in 0..6 {
                last = Some(world.anonymous().call("session.create", &[], json!({ "email": email, "password": "x" })).await);
            }
            let mut body = last.unwrap().refused(423, "locked_out");
            body.as_object_mut().unwrap().remove("requestId");
            answers.push(body);
        }
        assert_eq!(answers[0], answers[1]);
    }

    // REQ EDGE-8, ID-4 (attack I3)
    async fn no_header_bends_a_mailed_link(world: World) {
        let olga = world.owner().await;
        world.join(&olga, "ben", "editor").await;
        let evil = "evil.example";
        let mut mailed = 0;
        for (name, value) in [
            ("x-forwarded-host", evil), ("x-host", evil), ("x-original-host", evil), ("x-forwarded-server", evil), ("x-http-host-override", evil),
            ("forwarded", "host=evil.example;proto=http"), ("x-original-url", "https://evil.example/"), ("x-rewrite-url", "https://evil.example/"),
            ("x-forwarded-prefix", "/evil.example"), ("x-forwarded-port", "8080"), ("referer", "https://evil.example/"),
        ] {
            world.clock.advance(HOUR);
            let who = world.anonymous();
            let request = who.request(Method::POST, "/api/v1/password/reset-requests").json(&json!({ "email": "ben@example.org" }));
            let reply = who.send(request.header(name, value)).await;
            let mail = world.mail_to("ben@example.org").await;
            assert!(!mail.to_string().contains("evil.example"), "{name}: {mail}");
            if reply.status == 200 {
                let links: Vec<String> = text(&mail["text"]).split_whitespace().filter(|w| w.contains("://")).map(str::to_owned).collect();
                assert!(links.len() == 1 && links[0].starts_with("https://holdfast.test/reset#"), "{name}: {links:?}");
                mailed += 1;
            }
        }
        assert!(mailed > 5, "{mailed} of these headers come with an answer");
        // Another host, or two of them, is nobody here.
        for host in [evil, "holdfast.test.evil.example", "holdfast.test@evil.example", "evil.example:443"] {
            let mut request = world.anonymous().request(Method::POST, "/api/v1/password/reset-requests").build().unwrap();
            request.headers_mut().insert("host", host.parse().unwrap());
            let reply = reqwest::Client::builder().no_proxy().build().unwrap().execute(request).await.unwrap();
            assert_eq!(reply.status().as_u16(), 421, "{host}");
        }
    }

    // REQ ID-3 (attack I8)
    async fn signing_in_never_keeps_a_planted_cookie(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let login = json!({ "email": "ben@example.org", "password": PASSWORD });
        let victim = world.anonymous();
        *victim.cookie.lock().unwrap() = Some("planted-by-somebody-else".into());
        let reply = victim.call("session.create", &[], login.clone()).await;
        let cookie = reply.headers["set-cookie"].to_str().unwrap().to_owned();
        reply.ok();
        for attribute in ["__Host-session=", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.to_lowercase().contains("domain"), "{cookie}");
        assert_ne!(victim.cookie().as_deref(), Some("planted-by-somebody-else"));
        // A live session of the attacker's, planted: without its CSRF token nothing happens; with it the session ends.
        let eve = olga.sign_in("olga@example.org", PASSWORD).await;
        let mut victim = world.anonymous();
        *victim.cookie.lock().unwrap() = eve.cookie();
        victim.call("session.create", &[], login.clone()).await.refused(403, "cross_site");
        victim.csrf.clone_from(&eve.csrf);
        victim.call("session.create", &[], login).await.ok();
        assert_ne!(victim.cookie(), eve.cookie());
        eve.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
        victim.settle().await;
        assert_eq!(victim.user, ben.user);
    }
}

/// Another process on the same database tells nobody here what it does: what is remembered for a moment is never enough to
/// act.
// REQ ID-7, RT-6
#[tokio::test]
async fn what_another_process_ends_is_over_at_once() {
    let world = World::postgres().await;
    let olga = world.owner().await;
    let request = || olga.request(Method::GET, "/api/v1/me");
    olga.send(request()).await.ok();
    world.database().await.execute("UPDATE session SET ended_at = 1").await.unwrap();
    olga.send(request()).await.refused(401, "unauthenticated");
    let upgrade = olga
        .request(Method::GET, "/api/v1/realtime")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    olga.send(upgrade).await.refused(401, "unauthenticated");
    world.clock.advance(Duration::from_secs(6));
    olga.send(request()).await.refused(401, "unauthenticated");
}
