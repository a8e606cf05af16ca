//! The ledger: what must be in it is, nobody changes it, and nothing happens without it.

use std::time::Duration;

use api_tests::{Client, PASSWORD, World, both, difference, in_all};
use serde_json::{Value, json};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The entries that a filter finds, newest first. Entries are in the order of their milliseconds.
async fn entries(world: &World, who: &Client, operation: &str, filter: Value) -> Vec<Value> {
    world.clock.advance(Duration::from_millis(5));
    let path = [("org", who.org.as_str())];
    let path = if operation == "audit.list" { &path[..] } else { &[] };
    who.call(operation, path, filter).await.ok()["items"].as_array().unwrap().clone()
}

/// The newest one of an action.
async fn newest(world: &World, who: &Client, operation: &str, action: &str) -> Value {
    entries(world, who, operation, json!({ "action": action, "limit": 1 }))
        .await
        .into_iter()
        .next()
        .unwrap_or_default()
}

both! {
    // REQ AUDIT-1, AUTHZ-3
    async fn what_matters_is_in_the_ledger(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let house = "audit.list_installation";
        let about = |entry: &Value| (text(&entry["outcome"]), text(&entry["resource"]), text(&entry["actor"]["name"]));

        let wrong = json!({ "email": "ben@example.org", "password": "a wrong one" });
        let refused = world.anonymous().call("session.create", &[], wrong).await.refused(401, "invalid_credentials");
        let entry = newest(&world, &olga, house, "session.create").await;
        assert_eq!(about(&entry), ("failed".into(), ben.user.clone(), "Anonymous".into()));
        assert_eq!(entry["requestId"], refused["requestId"]);
        assert_eq!((text(&entry["address"]), text(&entry["device"]).contains("Firefox")), ("127.0.0.1".into(), true));
        ben.sign_in("ben@example.org", PASSWORD).await;
        let entry = newest(&world, &olga, house, "session.create").await;
        assert_eq!(about(&entry), ("ok".into(), ben.user.clone(), "ben person".into()));
        let locked = json!({ "email": "nobody@example.org", "password": "a wrong one" });
        for _ in 0..6 {
            world.anonymous().call("session.create", &[], locked.clone()).await;
        }
        let entry = newest(&world, &olga, house, "session.create").await;
        assert_eq!((text(&entry["outcome"]), &entry["resource"]), ("failed".into(), &Value::Null));
        assert!(!entry.to_string().contains("nobody@example.org"), "an address typed is not the ledger's to keep: {entry}");

        let seat = [("member", ben.member.as_str())];
        olga.own("member.update", &seat, json!({ "role": "viewer" })).await.ok();
        let entry = newest(&world, &olga, "audit.list", "member.update").await;
        assert_eq!(about(&entry), ("ok".into(), ben.member.clone(), "Olga Owner".into()));
        assert_eq!((&entry["detail"]["from"], &entry["detail"]["to"]), (&json!("editor"), &json!("viewer")));
        assert_eq!(text(&entry["policy"]), "admin + outranks");

        let made = olga.own("invitation.create", &[], json!({ "email": "new@example.org", "role": "admin" })).await.ok();
        let entry = newest(&world, &olga, "audit.list", "invitation.create").await;
        assert_eq!(about(&entry), ("ok".into(), text(&made["id"]), "Olga Owner".into()));
        assert_eq!(entry["detail"]["role"], "admin");

        ben.own("org.update", &[], json!({ "name": "Mine" })).await.refused(403, "forbidden");
        let entry = newest(&world, &olga, "audit.list", "org.update").await;
        assert_eq!((about(&entry), text(&entry["policy"])), (("denied".into(), olga.org.clone(), "ben person".into()), "admin".into()));

        olga.own("member.remove", &seat, json!({})).await.ok();
        let entry = newest(&world, &olga, "audit.list", "member.remove").await;
        assert_eq!(about(&entry), ("ok".into(), ben.member.clone(), "Olga Owner".into()));
        let entry = newest(&world, &olga, "audit.list", "invitation.accept").await;
        assert_eq!((text(&entry["actor"]["id"]), &entry["detail"]["role"]), (ben.member.clone(), &json!("editor")));
        let entry = newest(&world, &olga, house, "setup.complete").await;
        assert_eq!(text(&entry["actor"]["id"]), olga.user);
        let entry = newest(&world, &olga, house, "mail.list").await;
        assert_eq!(text(&entry["actor"]["kind"]), "console");

        olga.call("account.delete", &[("user", &ben.user)], json!({})).await.ok();
        assert_eq!(about(&newest(&world, &olga, house, "account.delete").await).1, ben.user);
        for password in [PASSWORD, "a wrong one"] {
            assert!(!world.database().await.column("SELECT detail FROM audit_entry").await.join("").contains(password));
        }
    }

    // REQ AUDIT-3
    async fn entries_are_found_by_who_what_how_and_when(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let mut times = Vec::new();
        for n in 0..12 {
            world.clock.advance(Duration::from_secs(100));
            let (who, status) = if n % 3 == 0 { (&ben, 403) } else { (&olga, 200) };
            let reply = who.own("org.update", &[], json!({ "name": format!("Name {n}") })).await;
            assert_eq!(reply.status, status);
            let entry = newest(&world, &olga, "audit.list", "org.update").await;
            assert_eq!(entry["actor"]["id"], who.member.as_str());
            times.push(entry["at"].as_i64().unwrap());
        }
        let find = async |filter: Value| entries(&world, &olga, "audit.list", filter).await;
        assert_eq!(find(json!({ "action": "org.update" })).await.len(), 12);
        assert_eq!(find(json!({ "action": "org.update", "outcome": "denied" })).await.len(), 4);
        assert_eq!(find(json!({ "action": "org.update", "outcome": "ok", "actor": olga.member })).await.len(), 8);
        assert_eq!(find(json!({ "actor": ben.member, "outcome": "denied" })).await.len(), 4);
        assert_eq!(find(json!({ "actor": ben.member, "outcome": "denied", "action": "org.read" })).await.len(), 0);
        let between = find(json!({ "action": "org.update", "after": times[3], "before": times[7] })).await;
        let found: Vec<i64> = between.iter().map(|e| e["at"].as_i64().unwrap()).collect();
        assert_eq!(found, [times[6], times[5], times[4], times[3]]);
        // Pages without gaps or repetitions.
        let (mut all, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let mut filter = json!({ "action": "org.update", "limit": 5 });
            if !cursor.is_null() {
                filter["cursor"] = cursor.clone();
            }
            let page = olga.own("audit.list", &[], filter).await.ok();
            all.extend(page["items"].as_array().unwrap().iter().map(|e| text(&e["id"])));
            cursor = page["next"].clone();
            if cursor.is_null() {
                break;
            }
        }
        let mut sorted = all.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!((all.len(), sorted.len()), (12, 12));
        // Another organisation's ledger is another.
        let rita = world.stranger().await;
        rita.channel("theirs", "public").await;
        let theirs = entries(&world, &rita, "audit.list", json!({ "limit": 200 })).await;
        assert!(theirs.iter().any(|e| e["action"] == "chat.channel.create"), "{theirs:?}");
        assert!(theirs.iter().all(|e| e["action"] != "org.update"), "{theirs:?}");
        rita.call("audit.list", &[("org", &olga.org)], json!({})).await.refused(404, "not_found");
    }

    // REQ AUDIT-1
    async fn nobody_changes_the_ledger_in_the_database(world: World) {
        let olga = world.owner().await;
        olga.own("org.update", &[], json!({ "name": "Renamed" })).await.ok();
        let database = world.database().await;
        let all = "SELECT request_id FROM audit_entry";
        let before = database.column(all).await;
        assert!(before.len() >= 2);
        let org = olga.org.trim_start_matches("org_");
        let delete = format!("SET ROLE holdfast_app; SELECT set_config('holdfast.org', '{org}'::uuid::text, false); DELETE FROM audit_entry");
        let mut statements = vec!["UPDATE audit_entry SET outcome = 'denied'", "DELETE FROM audit_entry", "UPDATE audit_entry SET at = at + 1 WHERE action = 'org.update'"];
        if database.is_postgres() {
            // This is the owner of the tables; the server's own role may not change entries, and delete in its organisation
            // what has been kept long enough.
            statements.extend(["TRUNCATE audit_entry", "SET ROLE holdfast_app; UPDATE audit_entry SET outcome = 'ok'", &delete]);
        }
        for statement in statements {
            let refused = database.execute(statement).await.expect_err(statement);
            assert!(refused.contains("append-only") || refused.contains("permission denied"), "{statement}: {refused}");
            if database.is_postgres() {
                database.execute("RESET ROLE").await.unwrap();
            }
        }
        assert_eq!(database.column(all).await, before);
    }

    // REQ AUDIT-1, OPS-5 (attack L2)
    async fn nothing_happens_that_the_ledger_cannot_keep(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let general = olga.channel("general", "public").await;
        let said = olga.post(&general, "hello").await.ok()["id"].as_str().unwrap().to_owned();
        let database = world.database().await;
        let before = database.state().await;
        let postgres = database.is_postgres();
        let (stop, go) = if postgres {
            ("REVOKE INSERT ON audit_entry FROM holdfast_app", "GRANT INSERT ON audit_entry TO holdfast_app")
        } else {
            ("CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'no space left'); END", "DROP TRIGGER full")
        };
        database.execute(stop).await.unwrap();
        let (channel, member) = (("channel", general.as_str()), ("member", ben.member.as_str()));
        let attempts = [
            ("org.update", vec![], json!({ "name": "Unseen" })),
            ("member.update", vec![member], json!({ "role": "owner" })),
            ("member.remove", vec![member], json!({})),
            ("invitation.create", vec![], json!({ "email": "unseen@example.org", "role": "owner" })),
            ("chat.channel.create", vec![], json!({ "name": "unseen", "topic": "", "kind": "public" })),
            ("chat.channel.archive", vec![channel], json!({})),
            ("chat.channel.invite", vec![channel, member], json!({})),
            ("chat.message.delete", vec![channel, ("message", said.as_str())], json!({})),
        ];
        for (operation, path, input) in attempts {
            let reply = olga.own(operation, &path, input).await;
            assert!(reply.status >= 500, "{operation}: {}", reply.body);
            let shown = reply.body.to_string();
            assert!(!shown.contains("audit") && !shown.contains("space") && !shown.contains("permission denied"), "{shown}");
        }
        for (operation, input) in [
            ("session.create", json!({ "email": "ben@example.org", "password": PASSWORD })),
            ("session.create", json!({ "email": "ben@example.org", "password": "a wrong one" })),
            ("password.request_reset", json!({ "email": "ben@example.org" })),
        ] {
            assert!(world.anonymous().call(operation, &[], input).await.status >= 500, "{operation}");
        }
        let login = olga.call("account.delete", &[("user", &ben.user)], json!({})).await;
        assert!(login.status >= 500);
        // Also a denial that cannot be kept is no answer to learn from.
        assert!(ben.own("org.update", &[], json!({ "name": "x" })).await.status >= 500);
        // What leaves no entry goes on.
        olga.own("chat.message.list", &[channel], json!({})).await.ok();
        let after = database.state().await;
        assert!(before == after, "{}", difference(&before, &after));
        database.execute(go).await.unwrap();
        olga.own("org.update", &[], json!({ "name": "Seen" })).await.ok();
        assert_eq!(newest(&world, &olga, "audit.list", "org.update").await["outcome"], "ok");
    }
}

both! {
    // REQ AUDIT-1, AUTHZ-3
    async fn refusals_are_counted_and_not_written_one_by_one(world: World) {
        let olga = world.owner().await;
        let house = "audit.list_installation";
        let before = entries(&world, &olga, house, json!({ "limit": 200 })).await.len();
        // As an anonymous address can be refused within a minute.
        let nobody = world.anonymous();
        let token = "x".repeat(43);
        let ask = async |operation: &str, input: Value| nobody.call(operation, &[], input).await.status;
        let mut refused = 0;
        for n in 0..194 {
            for (operation, input) in [
                ("invitation.accept", json!({ "token": token })),
                ("password.reset", json!({ "token": token, "password": PASSWORD })),
                ("setup.complete", json!({
                    "token": token, "organisation": "x", "name": "x", "handle": "x", "email": "x@example.org",
                    "password": PASSWORD,
                })),
                ("session.create", json!({ "email": format!("a{n}@example.org"), "password": "wrong" })),
            ] {
                refused += i64::from(matches!(ask(operation, input).await, 401 | 410 | 423));
            }
        }
        assert!(refused > 200, "{refused}");
        let at_once = entries(&world, &olga, house, json!({ "limit": 200 })).await.len() - before;
        assert!((1..=8).contains(&at_once), "{at_once} rows at once");
        world.clock.advance(Duration::from_secs(61));
        let counted = async {
            loop {
                let all = entries(&world, &olga, house, json!({ "limit": 200 })).await;
                let all = all[..all.len() - before].to_vec();
                if all.iter().map(|entry| entry["times"].as_i64().unwrap()).sum::<i64>() >= refused {
                    return all;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let all = in_all("every refusal is counted", counted).await;
        assert!(all.len() <= 16, "{} rows", all.len());
        assert_eq!(all.iter().map(|entry| entry["times"].as_i64().unwrap()).sum::<i64>(), refused);
        let sum = all.iter().find(|entry| entry["times"].as_i64() > Some(1)).unwrap();
        assert_eq!((text(&sum["outcome"]), text(&sum["address"])), ("failed".into(), "127.0.0.1".into()));
        assert!(sum["detail"]["since"].is_string() && sum["detail"]["until"].is_string(), "{sum}");
    }

    // REQ AUTHZ-3
    async fn a_member_who_is_denied_again_and_again_is_written_down_at_once_and_then_counted(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "viewer").await;
        for _ in 0..30 {
            ben.own("org.update", &[], json!({ "name": "Mine" })).await.refused(403, "forbidden");
        }
        let denied = json!({ "action": "org.update" });
        let first = entries(&world, &olga, "audit.list", denied.clone()).await;
        assert_eq!((first.len(), &first[0]["times"], text(&first[0]["policy"])), (1, &json!(1), "admin".into()));
        world.clock.advance(Duration::from_secs(61));
        let counted = async {
            loop {
                let all = entries(&world, &olga, "audit.list", denied.clone()).await;
                if all.len() > 1 {
                    return all;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let all = in_all("the denials are counted", counted).await;
        assert_eq!((&all[0]["times"], &all[0]["resource"]), (&json!(29), &first[0]["resource"]));
        assert_eq!((&all[0]["actor"], &all[0]["policy"]), (&first[0]["actor"], &first[0]["policy"]));
    }
}
