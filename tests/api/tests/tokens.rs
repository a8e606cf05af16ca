//! Tokens and service accounts: what they are good for, that they are never good for more, and that they end at once.

use std::time::Duration;

use api_tests::{Client, Socket, both};
use reqwest::Method;
use serde_json::{Value, json};

/// Waits until this is so; a second is what withdrawing may take at most.
async fn within_a_second(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = std::time::Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < Duration::from_secs(1), "{what}: not within a second");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

both! {
    // REQ ID-8, OPS-12
    async fn a_program_acts_for_its_member_within_its_scopes(world: World) {
        let olga = world.owner().await;
        let channel = olga.channel("builds", "public").await;
        let bot = olga.service_account("builder", "editor", &["chat:write"]).await;
        let who = bot.call("principal.read", &[], json!({})).await.ok();
        assert_eq!(
            (&who["kind"], &who["id"], &who["token"]["scopes"], &who["memberships"][0]["member"]["service"]),
            (&json!("service_account"), &json!(bot.member), &json!(["chat:write"]), &json!(true))
        );
        // What it may do is what its role may, as far as the token goes.
        let may = who["memberships"][0]["permissions"].as_array().unwrap();
        assert!(may.contains(&json!("chat.message.post")) && may.contains(&json!("chat.channel.list")));
        assert!(!may.contains(&json!("member.list")) && !may.contains(&json!("chat.channel.archive")));
        bot.own("chat.channel.join", &[("channel", &channel)], json!({})).await.ok();
        let said = bot.post(&channel, "Build 12 is green.").await.ok();
        assert_eq!(said["author"], json!(bot.member));
        let refused = bot.own("member.list", &[], json!({})).await.refused(403, "forbidden");
        assert!(refused["error"].as_str().unwrap().contains("member:read"), "{refused}");
        bot.own("chat.channel.archive", &[("channel", &channel)], json!({})).await.refused(403, "forbidden");
        // What only people may do, it may not, whatever its scopes.
        for operation in ["me.read", "session.list"] {
            bot.call(operation, &[], json!({})).await.refused(403, "forbidden");
        }
        let reader = olga.token_of(&olga.member, &["chat:read"]).await;
        reader.own("chat.message.list", &[("channel", &channel)], json!({})).await.ok();
        reader.post(&channel, "hello").await.refused(403, "forbidden");
        reader.call("account.list", &[], json!({})).await.refused(404, "not_found");
        // The ledger says which token it was, and who made it.
        let entries = olga.own("audit.list", &[], json!({ "action": "member.list", "limit": 10 })).await.ok();
        let denied = &entries["items"][0];
        assert_eq!((&denied["actor"]["kind"], &denied["outcome"]), (&json!("service_account"), &json!("denied")));
        assert_eq!(denied["detail"]["token"], who["token"]["id"]);
        let made = olga.own("audit.list", &[], json!({ "action": "token.create", "limit": 10 })).await.ok();
        assert_eq!(made["items"].as_array().unwrap().len(), 2);
        assert_eq!(made["items"][1]["detail"]["member"], json!(bot.member));
    }

    // REQ ID-8, AUTHZ-2 (attacks A10): a token that is withdrawn in any of these ways is good for nothing, on open sockets too.
    async fn a_token_ends_at_once(world: World) {
        let olga = world.owner().await;
        let ada = world.join(&olga, "ada", "admin").await;
        let end = async |how: &str, program: &Client| {
            let who = program.call("principal.read", &[], json!({})).await.ok();
            let token = who["token"]["id"].as_str().unwrap().to_owned();
            match how {
                "revoked" => olga.own("token.revoke", &[("token", &token)], json!({})).await.ok(),
                "its member removed" => olga.own("member.remove", &[("member", &program.member)], json!({})).await.ok(),
                _ => panic!("{how}"),
            }
        };
        for (how, program) in [
            ("revoked", olga.service_account("one", "editor", &["chat:write"]).await),
            ("its member removed", olga.service_account("two", "editor", &["chat:write"]).await),
            ("revoked", ada.token_of(&ada.member, &["chat:write"]).await),
            ("its member removed", ada.token_of(&ada.member, &["chat:write"]).await),
        ] {
            program.own("chat.channel.list", &[], json!({})).await.ok();
            let mut socket = Socket::open(&program).await;
            socket.call("chat.channel.list", json!({ "org": olga.org }), json!({})).await.unwrap();
            end(how, &program).await;
            // No call that begins after the answer is carried out.
            program.own("chat.channel.list", &[], json!({})).await.refused(401, "unauthenticated");
            let bye = tokio::time::timeout(Duration::from_secs(1), async {
                while let Some(frame) = socket.frame().await {
                    assert_ne!(frame["type"], "event", "{how}");
                }
            });
            bye.await.unwrap_or_else(|_| panic!("{how}: the socket is open after a second"));
            assert_eq!(socket.code(), Some(4401), "{how}");
        }
    }

    // REQ ID-8
    async fn a_token_expires(world: World) {
        let olga = world.owner().await;
        let input = json!({ "name": "for a day", "scopes": ["chat:read"], "expiresInDays": 1 });
        let made = olga.own("token.create", &[("member", &olga.member)], input).await.ok();
        let mut program = olga.clone();
        program.token = Some(made["secret"].as_str().unwrap().to_owned());
        world.clock.advance(Duration::from_secs(86_399));
        program.own("chat.channel.list", &[], json!({})).await.ok();
        // Who only listens is not asked about by any request.
        let mut socket = Socket::open(&program).await;
        world.clock.advance(Duration::from_secs(2));
        program.own("chat.channel.list", &[], json!({})).await.refused(401, "unauthenticated");
        let cut = async { while socket.frame().await.is_some() {} };
        tokio::time::timeout(Duration::from_secs(20), cut).await.expect("the socket is cut");
        assert_eq!(socket.code(), Some(4401));
    }

    // REQ ID-8, RT-1
    async fn a_socket_hears_of_what_its_token_is_good_for(world: World) {
        let olga = world.owner().await;
        let bot = olga.service_account("bot", "viewer", &["audit:read"]).await;
        let chatty = olga.service_account("chatty", "viewer", &["chat:read"]).await;
        let (mut silent, mut told) = (Socket::open(&bot).await, Socket::open(&chatty).await);
        olga.channel("news", "public").await;
        // The last thing that both hear is about themselves.
        for program in [&bot, &chatty] {
            olga.own("member.update", &[("member", &program.member)], json!({ "role": "editor" })).await.ok();
        }
        let heard = async |socket: &mut Socket| {
            let mut names = Vec::new();
            loop {
                let name = socket.next("notice").await["event"].as_str().unwrap().to_owned();
                names.push(name.clone());
                if name == "me.changed" {
                    return names;
                }
            }
        };
        assert_eq!(heard(&mut silent).await, ["me.changed"]);
        let names = heard(&mut told).await;
        assert!(names.iter().any(|name| name.starts_with("chat.")), "{names:?}");
        assert!(names.iter().all(|name| name.starts_with("chat.") || name == "me.changed"), "{names:?}");
    }

    // REQ ID-8
    async fn a_secret_is_shown_once_and_its_use_is_seen(world: World) {
        let olga = world.owner().await;
        let program = olga.token_of(&olga.member, &["chat:read"]).await;
        let secret = program.token.clone().unwrap();
        assert!(secret.starts_with("hfp_"), "{secret}");
        let listed = async || olga.own("token.list", &[("member", &olga.member)], json!({})).await.ok();
        let list = listed().await;
        assert_eq!(list["items"][0]["lastUsedAt"], Value::Null);
        assert_eq!(list["items"][0]["hint"], json!(format!("hfp_…{}", &secret[secret.len() - 4..])));
        assert!(!list.to_string().contains(&secret));
        let database = world.database().await;
        assert_eq!(database.where_is(&secret).await, Vec::<String>::new());
        // The ledger tells of it by its id.
        let id = list["items"][0]["id"].as_str().unwrap();
        assert!(database.where_is(id).await.contains(&"audit_entry".to_owned()));
        program.own("chat.channel.list", &[], json!({})).await.ok();
        within_a_second("last use", async || listed().await["items"][0]["lastUsedAt"].is_number()).await;
    }

    // REQ ID-8, AUTHZ-1 (attacks A1, A12)
    async fn a_token_is_never_good_for_more_than_its_member(world: World) {
        let olga = world.owner().await;
        let rita = world.stranger().await;
        let ada = world.join(&olga, "ada", "admin").await;
        let ed = world.join(&olga, "ed", "editor").await;
        // Elsewhere it is nobody's.
        let bot = olga.service_account("bot", "admin", &["member:write", "chat:write"]).await;
        bot.call("chat.channel.list", &[("org", &rita.org)], json!({})).await.refused(404, "not_found");
        // When its member's role shrinks, so does it.
        bot.own("member.update", &[("member", &ed.member)], json!({ "role": "viewer" })).await.ok();
        ada.own("member.update", &[("member", &bot.member)], json!({ "role": "editor" })).await.ok();
        bot.own("member.update", &[("member", &ed.member)], json!({ "role": "editor" })).await.refused(403, "forbidden");
        // Nobody makes one that is more than they are, or makes one for somebody else.
        let make = async |who: &Client, role: &str| {
            let input = json!({ "name": "x", "handle": format!("x-{role}"), "role": role });
            who.own("service_account.create", &[], input).await
        };
        make(&ada, "owner").await.refused(403, "forbidden");
        make(&olga, "owner").await.refused(422, "invalid_input");
        make(&ed, "viewer").await.refused(403, "forbidden");
        let for_another = json!({ "name": "x", "scopes": ["chat:read"] });
        ada.own("token.create", &[("member", &ed.member)], for_another.clone()).await.refused(403, "forbidden");
        ed.own("token.create", &[("member", &bot.member)], for_another).await.refused(403, "forbidden");
        olga.own("member.update", &[("member", &bot.member)], json!({ "role": "owner" })).await.refused(422, "invalid_input");
        let unknown = json!({ "name": "x", "scopes": ["chat:read", "everything:write"] });
        olga.own("token.create", &[("member", &olga.member)], unknown).await.refused(422, "invalid_input");
        // No token makes another.
        let more = json!({ "name": "x", "scopes": ["member:write"] });
        bot.own("token.create", &[("member", &bot.member)], more).await.refused(403, "forbidden");
    }

    // REQ ID-8, EDGE-7: what a token is mistaken for.
    async fn a_token_is_no_session_and_a_session_no_token(world: World) {
        let olga = world.owner().await;
        let program = olga.token_of(&olga.member, &["chat:read"]).await;
        let path = format!("/api/v1/orgs/{}/channels", olga.org);
        let ask = async |header: &str, value: String| {
            let bare = world.anonymous();
            bare.send(bare.request(Method::GET, &path).header(header, value)).await
        };
        let secret = program.token.clone().unwrap();
        ask("authorization", format!("Bearer {secret}")).await.ok();
        ask("authorization", format!("bearer {secret}")).await.ok();
        ask("cookie", format!("__Host-session={secret}")).await.refused(401, "unauthenticated");
        for wrong in [
            format!("Bearer {}", olga.cookie().unwrap()),
            format!("Basic {secret}"),
            secret.clone(),
            "Bearer ".into(),
            format!("Bearer {secret}x"),
            format!("Bearer {}", secret.to_uppercase()),
        ] {
            ask("authorization", wrong).await.refused(401, "unauthenticated");
        }
        // A bad token is not made good by a cookie beside it.
        let both = olga.request(Method::GET, &path).header("authorization", "Bearer hfp_x");
        olga.send(both).await.refused(401, "unauthenticated");
    }
}
