//! Who may do what: every operation asked for by everybody, and what is withdrawn is withdrawn at once.

use std::fmt::Write;
use std::time::Duration;

use api_tests::sample::{Ids, OPERATIONS};
use api_tests::{Client, OPENAPI, Socket, World, both, difference, indistinguishable};
use serde_json::{Value, json};

use crate::walk::{CALLERS, ENDING, House, TABLE, expected, standings};

both! {
    // REQ OPS-3, OPS-8 (attacks A2, A8)
    async fn everybody_asks_for_everything(world: World) {
        let database = world.database().await;
        #[allow(clippy::disallowed_methods, reason = "a developer's wish to this test")]
        let update = std::env::var("HOLDFAST_UPDATE_SNAPSHOTS").is_ok_and(|v| v == "1") && !database.is_postgres();
        let mut house = House::of(world).await;
        let mut table = String::from(
            "# What everybody is answered who asks for every operation with ids and input that are otherwise right.\n\
             # 200 done; 401 sign in first; 403 may not, but may know that it is there; 404 not there, for them; 409, 410 the\n\
             # state does not allow it. Review every line that changes: a 200 in the wrong place is a hole.\n\
             # The second column says how the caller stands to it: in the channel (member), not in it (public, private), in an\n\
             # archived one, author of the message; the other member's role is below, the same (peer), above, or it is itself.\n\
             # super: made all of it, and administers the installation; stranger: owns another organisation; ended: signed out; removed: was an\n\
             # administrator here; bot: a service account that is an editor, with every scope; reader: an administrator's token for chat:read.\n\n",
        );
        let heading = |cells: &[String]| cells.iter().map(|c| format!("{c:>10}")).collect::<String>();
        let names: Vec<String> = CALLERS.map(str::to_owned).to_vec();
        writeln!(table, "{:<26}{:<10}{}", "operation", "standing", heading(&names)).unwrap();
        for operation in OPERATIONS.iter() {
            for standing in standings(operation) {
                let mut cells = Vec::new();
                for caller in CALLERS {
                    cells.push(house.ask(operation, standing, caller, false).await.to_string());
                }
                writeln!(table, "{:<26}{:<10}{}", operation.id, standing, heading(&cells)).unwrap();
            }
        }
        if update {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/authz.snap"), &table).unwrap();
            return;
        }
        for (now, then) in table.lines().zip(TABLE.lines().chain(std::iter::repeat(""))) {
            assert_eq!(now, then, "tests/api/authz.snap says otherwise");
        }
        assert_eq!(table.lines().count(), TABLE.lines().count());
        assert!(database.broken_keys().await.is_empty());
    }

    // REQ OPS-3, RT-1 (attacks A7, C2): the socket is no second door.
    async fn a_socket_answers_as_http_does(world: World) {
        let mut house = House::of(world).await;
        // Whatever ends the session also ends the socket, at times before its answer: see the identity tests.
        let in_a_browser_only = offered_over(&json!(["http"]));
        for operation in OPERATIONS.iter().filter(|o| !ENDING.contains(&o.id.as_str())) {
            for standing in standings(operation) {
                let http = expected(&operation.id, standing);
                for caller in ["viewer", "stranger"] {
                    let answer = house.ask(operation, standing, caller, true).await;
                    if in_a_browser_only.contains(&operation.id) {
                        assert_eq!(answer, 400, "{} needs a cookie", operation.id);
                        continue;
                    }
                    assert_eq!(answer, http[caller], "{} {standing} by {caller}", operation.id);
                }
            }
        }
    }

    // REQ OPS-3, AUTHZ-6 (attacks A1, A3, A5): whatever mixture of one's own ids and others', it is not there.
    async fn foreign_ids_are_as_good_as_none(world: World) {
        let database = world.database().await;
        let olga = world.owner().await;
        let rita = world.stranger().await;
        let mine = belongings(&world, &olga).await;
        let theirs = belongings(&world, &rita).await;
        let before = database.state().await;
        let mut asked = 0;
        for operation in OPERATIONS.iter().filter(|o| !o.ids.is_empty()) {
            let input = if operation.reads() { json!({}) } else { mine.input(operation) };
            for mask in 1..1u32 << operation.ids.len() {
                let chosen = |from: &dyn Fn(&str) -> String| -> Vec<(String, String)> {
                    let one = |(n, name): (usize, &String)| {
                        let id = if mask & (1 << n) == 0 { mine.of(name).to_owned() } else { from(name) };
                        (name.clone(), id)
                    };
                    operation.ids.iter().enumerate().map(one).collect()
                };
                // An administrator of the installation may know every account: only a missing one is not there.
                let foreign = chosen(&|name| if name == "user" { Ids::missing(name) } else { theirs.of(name).to_owned() });
                let missing = chosen(&Ids::missing);
                let mut bodies = Vec::new();
                for path in [&foreign, &missing] {
                    world.clock.advance(Duration::from_secs(31));
                    let path: Vec<(&str, &str)> = path.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                    let reply = olga.call(&operation.id, &path, input.clone()).await;
                    assert_eq!(reply.status, 404, "{} {path:?}: {}", operation.id, reply.body);
                    let mut body = reply.body;
                    body.as_object_mut().unwrap().remove("requestId").unwrap();
                    bodies.push((body, reply.headers.keys().map(ToString::to_string).collect::<Vec<_>>()));
                }
                assert_eq!(bodies[0], bodies[1], "{} {mask:b}", operation.id);
                asked += 1;
            }
        }
        assert!(asked > 70, "only {asked} combinations");
        let after = database.state().await;
        assert!(before == after, "{}", difference(&before, &after));
    }

    // REQ OPS-3 (attacks A1, A3)
    async fn a_message_is_found_only_in_its_own_channel(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let secret = olga.channel("secret", "private").await;
        let said = olga.post(&secret, "for nobody else").await.ok()["id"].as_str().unwrap().to_owned();
        let open = ben.channel("open", "public").await;
        let database = world.database().await;
        let before = database.state().await;
        for operation in OPERATIONS.iter().filter(|o| o.ids.iter().any(|id| id == "message")) {
            for (who, channel) in [(&ben, &open), (&ben, &secret), (&olga, &open)] {
                let ids = Ids { org: ben.org.clone(), channel: channel.clone(), message: said.clone(), ..Ids::default() };
                if who.member == olga.member {
                    olga.own("chat.channel.join", &[("channel", &open)], json!({})).await;
                }
                let input = if operation.reads() { json!({}) } else { ids.input(operation) };
                who.call(&operation.id, &ids.path(operation), input).await.refused(404, "not_found");
            }
        }
        let mut after = database.state().await;
        for table in ["channel_member", "channel_event", "channel"] {
            after.insert(table.into(), before[table].clone());
        }
        assert!(before == after, "{}", difference(&before, &after));
        // Who is not in a public channel may read it and nothing more; who is not in a private one knows nothing of it.
        let cleo = world.join(&olga, "cleo", "editor").await;
        for (channel, status) in [(&open, 403), (&secret, 404)] {
            assert_eq!(cleo.post(channel, "hi").await.status, status);
        }
        let list = cleo.own("chat.channel.list", &[], json!({})).await.ok();
        assert!(!list.to_string().contains(&secret));
    }

    // REQ OPS-3 (attack A5): also the time does not tell.
    async fn foreign_and_missing_take_the_same_time(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let secret = olga.channel("secret", "private").await;
        let missing = Ids::missing("channel");
        let (mut there, mut not_there) = (Vec::new(), Vec::new());
        for _ in 0..150 {
            world.clock.advance(Duration::from_secs(1));
            for (channel, times) in [(&secret, &mut there), (&missing, &mut not_there)] {
                let started = std::time::Instant::now();
                ben.own("chat.channel.read", &[("channel", channel)], json!({})).await.refused(404, "not_found");
                times.push(started.elapsed());
            }
        }
        indistinguishable("a private channel and a missing one", &there, &not_there);
    }

    // REQ AUTHZ-2, ID-3 (attacks A6, A10)
    async fn what_is_withdrawn_is_withdrawn_with_the_next_call(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "admin").await;
        let general = ben.channel("general", "public").await;
        let secret = olga.channel("secret", "private").await;
        let seat = [("channel", secret.as_str()), ("member", ben.member.as_str())];
        for round in 0..10 {
            world.clock.advance(Duration::from_secs(61));
            let role = async |role: &str| {
                olga.own("member.update", &[("member", &ben.member)], json!({ "role": role })).await.ok();
            };
            ben.post(&general, "as an administrator").await.ok();
            ben.own("audit.list", &[], json!({})).await.ok();
            role("viewer").await;
            ben.post(&general, "as a viewer").await.refused(403, "forbidden");
            ben.own("audit.list", &[], json!({})).await.refused(403, "forbidden");
            role("editor").await;
            ben.post(&general, "as an editor").await.ok();
            ben.own("audit.list", &[], json!({})).await.refused(403, "forbidden");
            role("admin").await;
            ben.own("audit.list", &[], json!({})).await.ok();
            olga.own("chat.channel.invite", &seat, json!({})).await.ok();
            ben.own("chat.message.list", &seat[..1], json!({})).await.ok();
            olga.own("chat.channel.remove", &seat, json!({})).await.ok();
            ben.own("chat.message.list", &seat[..1], json!({})).await.refused(404, "not_found");
            if round == 9 {
                olga.own("member.remove", &[("member", &ben.member)], json!({})).await.ok();
                for operation in ["org.read", "member.list", "chat.channel.list", "audit.list"] {
                    ben.own(operation, &[], json!({})).await.refused(404, "not_found");
                }
                let me = ben.call("me.read", &[], json!({})).await.ok();
                assert_eq!(me["memberships"], json!([]));
            }
        }
    }

    // REQ ID-3, EDGE-7 (attacks A11, I8)
    async fn nothing_works_with_half_a_credential(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let database = world.database().await;
        let before = database.state().await;
        let (own, other) = (olga.cookie().unwrap(), ben.cookie().unwrap());
        let name = "__Host-session";
        let cookies: Vec<Option<String>> = vec![
            None, Some(String::new()), Some(format!("{name}=")), Some(format!("{name}=garbage")), Some(format!("{name}={own}x")),
            Some(format!("{name}={}", &own[1..])), Some(format!("{name}={own}; {name}={own}")),
            Some(format!("{name}={own}; {name}={other}")), Some(format!("{name}=; {name}={own}")),
            Some(format!("__host-session={own}")), Some(format!("session={own}")), Some(format!("__Secure-session={own}")),
            Some(format!("{name}=\"{own}\"")), Some(format!("{name}={}", "a".repeat(5_000))), Some(format!("{name}={}", own.to_lowercase())),
            Some(format!("{name}={name}={own}")), Some(format!("{name} ={own},")), Some(format!("{name}=%00{own}")),
        ];
        let bare = world.anonymous();
        for cookie in cookies {
            for (operation, method, path) in
                [("me.read", reqwest::Method::GET, "/api/v1/me".to_owned()), ("org.update", reqwest::Method::PATCH, format!("/api/v1/orgs/{}", olga.org))]
            {
                let mut request = bare.request(method.clone(), &path).header("x-csrf-token", &olga.csrf);
                if let Some(cookie) = &cookie {
                    request = request.header("cookie", cookie);
                }
                if method != reqwest::Method::GET {
                    request = request.json(&json!({ "name": "Changed" }));
                }
                let reply = bare.send(request).await;
                assert_eq!(reply.status, 401, "{operation} with {cookie:?}: {}", reply.body);
            }
        }
        // Two header lines are two cookies.
        let twice = bare.request(reqwest::Method::GET, "/api/v1/me");
        let twice = twice.header("cookie", format!("{name}={own}")).header("cookie", format!("{name}={other}"));
        bare.send(twice).await.refused(401, "unauthenticated");

        let tokens: [Option<&str>; 8] =
            [None, Some(""), Some("garbage"), Some(&ben.csrf), Some(&own), Some("null"), Some(&olga.csrf[1..]), Some("undefined")];
        for operation in OPERATIONS.iter().filter(|o| !o.reads()) {
            let ids = Ids {
                org: olga.org.clone(), channel: Ids::missing("channel"), message: Ids::missing("message"), member: ben.member.clone(),
                invitation: Ids::missing("invitation"), session: Ids::missing("session"), user: ben.user.clone(), token: Ids::missing("token"),
                job: Ids::missing("job"),
            };
            let mut path = operation.path.clone();
            for (id, value) in ids.path(operation) {
                path = path.replace(&format!("{{{id}}}"), value);
            }
            for token in tokens {
                world.clock.advance(Duration::from_secs(31));
                let mut request = bare.request(operation.method.parse().unwrap(), &path).header("cookie", format!("{name}={own}"));
                if let Some(token) = token {
                    request = request.header("x-csrf-token", token);
                }
                let reply = bare.send(request.json(&ids.input(operation))).await;
                assert_eq!((reply.status, reply.body["code"].as_str()), (403, Some("cross_site")), "{} with {token:?}", operation.id);
            }
        }
        let after = database.state().await;
        assert!(before == after, "{}", difference(&before, &after));
    }

    // REQ AUTHZ-3, AUDIT-1
    async fn every_denial_is_in_the_ledger(world: World) {
        let olga = world.owner().await;
        let vic = world.join(&olga, "vic", "viewer").await;
        let rita = world.stranger().await;
        let general = olga.channel("general", "public").await;
        let secret = olga.channel("secret", "private").await;
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let newest = async |client: &Client, operation: &str| -> Value {
            let input = json!({ "outcome": "denied", "limit": 1 });
            // Entries are in the order of their milliseconds.
            world.clock.advance(Duration::from_millis(5));
            let list = if operation == "audit.list" { client.own(operation, &[], input).await } else { client.call(operation, &[], input).await };
            list.ok()["items"][0].clone()
        };
        // May know of it, and may not: the organisation's ledger, with the policy that says so.
        let denied = vic.own("chat.channel.archive", &[("channel", &general)], json!({})).await.refused(403, "forbidden");
        let entry = newest(&olga, "audit.list").await;
        assert_eq!(entry["requestId"], denied["requestId"]);
        assert_eq!((&entry["actor"]["id"], &entry["actor"]["kind"]), (&json!(vic.member), &json!("member")));
        assert_eq!((text(&entry["action"]), text(&entry["resource"])), ("chat.channel.archive".into(), general.clone()));
        assert_eq!(text(&entry["policy"]), "admin + sees");
        assert_eq!((text(&entry["address"]), text(&entry["detail"]["code"])), ("127.0.0.1".into(), "forbidden".into()));
        // May not know of it: a denial all the same, and the ledger knows of what.
        vic.own("chat.message.list", &[("channel", &secret)], json!({})).await.refused(404, "not_found");
        let entry = newest(&olga, "audit.list").await;
        assert_eq!((text(&entry["action"]), text(&entry["resource"])), ("chat.message.list".into(), secret.clone()));
        assert_eq!(text(&entry["actor"]["id"]), vic.member);
        // A thing that is not there: what was asked for is kept.
        let missing = Ids::missing("channel");
        vic.own("chat.channel.read", &[("channel", &missing)], json!({})).await.refused(404, "not_found");
        assert!(text(&newest(&olga, "audit.list").await["resource"]).contains(&missing));
        // Not of this organisation: not its ledger to fill, but the installation's.
        let before = newest(&olga, "audit.list").await;
        let at = [("org", olga.org.as_str()), ("channel", general.as_str())];
        let denied = rita.call("chat.message.list", &at, json!({})).await.refused(404, "not_found");
        assert_eq!(newest(&olga, "audit.list").await, before);
        let entry = newest(&olga, "audit.list_installation").await;
        assert_eq!((&entry["requestId"], text(&entry["actor"]["id"])), (&denied["requestId"], rita.user.clone()));
        assert!(text(&entry["resource"]).contains(&general), "{entry:#}");
        // What only administrators of the installation may, or only the machine itself.
        let administrator = "installation administrator";
        for (operation, path, policy) in [
            ("account.list", vec![], administrator),
            ("account.delete", vec![("user", olga.user.as_str())], administrator),
            ("mail.list", vec![], "the console"),
        ] {
            let denied = vic.call(operation, &path, json!({})).await.refused(404, "not_found");
            let entry = newest(&olga, "audit.list_installation").await;
            assert_eq!((text(&entry["action"]), &entry["requestId"]), (operation.into(), &denied["requestId"]), "{entry:#}");
            assert_eq!((text(&entry["actor"]["id"]), text(&entry["policy"])), (vic.user.clone(), policy.into()));
        }
        // Over the socket as well.
        let mut tab = Socket::open(&vic).await;
        let denied = tab.call("org.update", json!({ "org": vic.org }), json!({ "name": "Mine" })).await.unwrap_err();
        let entry = newest(&olga, "audit.list").await;
        assert_eq!((text(&entry["action"]), &entry["requestId"]), ("org.update".into(), &denied["requestId"]));
    }
}

/// One of each thing in somebody's organisation.
async fn belongings(world: &World, owner: &Client) -> Ids {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let friend = world.join(owner, &format!("friend-{}", &owner.org[30..]), "editor").await;
    let channel = owner.channel("belongings", "public").await;
    owner
        .own("chat.channel.invite", &[("channel", &channel), ("member", &friend.member)], json!({}))
        .await
        .ok();
    let message = text(&owner.post(&channel, "hello").await.ok()["id"]);
    let invited = json!({ "email": "waiting@example.org", "role": "viewer" });
    let invitation = text(&owner.own("invitation.create", &[], invited).await.ok()["id"]);
    let input = json!({ "name": "mine", "scopes": ["chat:read"] });
    let made = owner.own("token.create", &[("member", &owner.member)], input).await.ok();
    let token = text(&made["token"]["id"]);
    let session = text(&owner.call("session.list", &[], json!({})).await.ok()["items"][0]["id"]);
    Ids {
        org: owner.org.clone(),
        channel,
        message,
        member: friend.member,
        invitation,
        session,
        token,
        user: friend.user,
        job: Ids::missing("job"),
    }
}

both! {
    // REQ AUTHZ-4
    async fn what_a_page_may_show_is_asked_of_the_server(world: World) {
        let olga = world.owner().await;
        let vera = world.join(&olga, "vera", "viewer").await;
        let may = async |client: &Client, operation: &str| {
            let me = client.call("me.read", &[], json!({})).await.ok();
            me["memberships"][0]["permissions"].as_array().unwrap().contains(&json!(operation))
        };
        assert!(may(&olga, "member.update").await && may(&olga, "chat.message.post").await);
        assert!(may(&vera, "chat.message.list").await && !may(&vera, "chat.message.post").await);
        let seat = [("member", vera.member.as_str())];
        olga.own("member.update", &seat, json!({ "role": "editor" })).await.ok();
        assert!(may(&vera, "chat.message.post").await && !may(&vera, "member.update").await);
    }
}

/// The operations that are offered in just these ways, as the description says.
fn offered_over(ways: &Value) -> Vec<String> {
    let paths = OPENAPI["paths"].as_object().unwrap().values();
    let entries = paths.flat_map(|path| path.as_object().unwrap().values());
    let offered = entries.filter(|entry| entry["x-over"] == *ways);
    offered.map(|entry| entry["operationId"].as_str().unwrap().to_owned()).collect()
}
