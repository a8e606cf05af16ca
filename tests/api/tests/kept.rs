//! `Idempotency-Key`: what is kept of a request, and whom it is told.

use std::collections::BTreeSet;

use api_tests::sample::{Ids, OPERATIONS};
use api_tests::{Client, Reply, both, difference};
use reqwest::Method;
use serde_json::{Value, json};

use crate::walk::ENDING;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Sends a request under a key.
async fn keyed(who: &Client, path: &str, key: &str, input: &Value) -> Reply {
    let request = who.request(Method::POST, &format!("/api/v1{path}"));
    who.send(request.header("idempotency-key", key).json(input)).await
}

both! {
    // REQ OPS-6 (attack A9)
    async fn a_repeated_request_is_carried_out_once(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let path = format!("/api/v1/orgs/{}/channels", olga.org);
        let send = async |who: &Client, key: &str, name: &str| {
            let input = json!({ "name": name, "topic": "", "kind": "public" });
            who.send(who.request(Method::POST, &path).header("idempotency-key", key).json(&input)).await
        };
        let first = send(&olga, "key-1", "once").await.ok();
        assert_eq!(send(&olga, "key-1", "once").await.ok(), first);
        let other = send(&olga, "key-1", "another").await.refused(422, "invalid_input");
        assert_eq!(other["fields"][0]["field"], "Idempotency-Key");
        // The same key for another operation is another request; of another person it is another key.
        let elsewhere = olga.request(Method::POST, &format!("/api/v1/orgs/{}/direct", olga.org)).header("idempotency-key", "key-1");
        olga.send(elsewhere.json(&json!({ "members": [ben.member] }))).await.refused(422, "invalid_input");
        let theirs = send(&ben, "key-1", "by ben").await.ok();
        assert_ne!(theirs["id"], first["id"]);
        for bad in ["", "a b", &"x".repeat(129)] {
            send(&olga, bad, "bad key").await.refused(422, "invalid_input");
        }
        // What was refused may be tried again.
        send(&olga, "key-2", "once").await.refused(422, "invalid_input");
        send(&olga, "key-2", "twice").await.ok();
        // Many at once.
        let tasks: Vec<_> = (0..20).map(|_| {
            let (olga, path) = (olga.clone(), path.clone());
            tokio::spawn(async move {
                let input = json!({ "name": "at once", "topic": "", "kind": "private" });
                olga.send(olga.request(Method::POST, &path).header("idempotency-key", "key-3").json(&input)).await
            })
        }).collect();
        let mut ids = BTreeSet::new();
        for task in tasks {
            ids.insert(text(&task.await.unwrap().ok()["id"]));
        }
        assert_eq!(ids.len(), 1, "{ids:?}");
        // Also after a restart.
        let before = world.database().await.state().await;
        world.restart().await;
        let mut olga = olga.clone();
        olga.address = world.address;
        assert_eq!(send(&olga, "key-1", "once").await.ok(), first);
        assert!(before == world.database().await.state().await);
    }

    // REQ OPS-6, AUTHZ-6: what was answered once is told to nobody who may not ask any more, and outlives no deletion.
    async fn a_kept_answer_is_given_to_whom_it_would_be_given_today(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let secret = olga.channel("secret", "private").await;
        let seat = [("channel", secret.as_str()), ("member", ben.member.as_str())];
        olga.own("chat.channel.invite", &seat, json!({})).await.ok();
        let again = async |who: &Client, path: &str, input: &Value| {
            let request = who.request(Method::POST, &format!("/api/v1/orgs/{}{path}", olga.org));
            who.send(request.header("idempotency-key", path.replace('/', "-")).json(input)).await
        };
        let posts = format!("/channels/{secret}/messages");
        let words = json!({ "clientId": uuid::Uuid::new_v4(), "body": "words" });
        let said = text(&again(&ben, &posts, &words).await.ok()["id"]);
        assert_eq!(again(&ben, &posts, &words).await.ok()["body"], "words");
        let channel = json!({ "name": "by ben", "topic": "", "kind": "private" });
        again(&ben, "/channels", &channel).await.ok();
        let leave = format!("/channels/{secret}/leave");
        let about = [("channel", secret.as_str()), ("message", said.as_str())];
        olga.own("chat.message.delete", &about, json!({})).await.ok();
        assert_eq!(again(&ben, &posts, &words).await.ok()["body"], "", "deleted is deleted");
        again(&ben, &leave, &json!({})).await.ok();
        again(&ben, &leave, &json!({})).await.ok();
        again(&ben, &posts, &words).await.refused(404, "not_found");
        olga.own("member.update", &[("member", &ben.member)], json!({ "role": "viewer" })).await.ok();
        again(&ben, "/channels", &channel).await.refused(403, "forbidden");
    }

    // REQ OPS-6, ID-2: a wrong guess is counted however often it is repeated under one key.
    async fn a_key_does_not_hide_guesses(world: World) {
        let olga = world.owner().await;
        let mut statuses = Vec::new();
        for _ in 0..7 {
            let input = json!({ "current": "a guess", "password": "mirror otter plankton velvet" });
            let request = olga.request(Method::POST, "/api/v1/me/password").header("idempotency-key", "guess");
            statuses.push(olga.send(request.json(&input)).await.status);
        }
        assert_eq!(statuses, [422, 422, 422, 422, 422, 423, 423]);
        assert!(world.database().await.column("SELECT key FROM idempotency").await.is_empty());
    }

    // REQ OPS-6, AUTHZ-6: also where what was made is hidden by now, though the same could be made again; and what it was
    // called then is told to nobody.
    async fn a_repeated_request_hears_what_is_so_today(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let org = format!("/orgs/{}", olga.org);
        let channel = json!({ "name": "bens", "topic": "the first topic", "kind": "private" });
        let made = async || keyed(&ben, &format!("{org}/channels"), "made", &channel).await;
        let id = text(&made().await.ok()["id"]);
        ben.own("chat.channel.invite", &[("channel", &id), ("member", &olga.member)], json!({})).await.ok();
        olga.own("chat.channel.update", &[("channel", &id)], json!({ "topic": "another" })).await.ok();
        assert_eq!(made().await.ok()["topic"], "another");
        let archive = format!("{org}/channels/{id}/archive");
        assert_eq!(keyed(&olga, &archive, "closed", &json!({})).await.ok()["archived"], true);
        olga.own("chat.channel.unarchive", &[("channel", &id)], json!({})).await.ok();
        assert_eq!(keyed(&olga, &archive, "closed", &json!({})).await.ok()["archived"], false);
        olga.own("chat.channel.remove", &[("channel", &id), ("member", &ben.member)], json!({})).await.ok();
        made().await.refused(404, "not_found");

        let invited = json!({ "email": "ada@example.org", "role": "viewer" });
        let invite = async || keyed(&olga, &format!("{org}/invitations"), "invited", &invited).await.ok();
        let first = invite().await;
        assert_eq!(invite().await, first);
        olga.own("invitation.revoke", &[("invitation", &text(&first["id"]))], json!({})).await.ok();
        assert_eq!(invite().await["state"], "revoked");
    }

    // REQ OPS-6: every operation that knows keys, so that none forgets to answer again.
    async fn nothing_that_people_wrote_is_kept(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let ids = Ids {
            org: olga.org.clone(),
            channel: olga.channel("general", "public").await,
            member: ben.member.clone(),
            user: ben.user.clone(),
            job: Ids::missing("job"),
            ..Ids::default()
        };
        let database = world.database().await;
        let mut answered = BTreeSet::new();
        let ends = |id: &str| ENDING.contains(&id) && id != "session.revoke_others";
        for operation in OPERATIONS.iter().filter(|o| o.method == "POST" && !ends(&o.id)) {
            let mut path = operation.path.replacen("/api/v1", "", 1);
            for (name, id) in ids.path(operation) {
                path = path.replace(&format!("{{{name}}}"), id);
            }
            let input = ids.input(operation);
            let first = keyed(&olga, &path, &operation.id, &input).await;
            let kept = format!("SELECT replace(response, '\"', '') FROM idempotency WHERE operation = '{}'", operation.id);
            let kept = database.column(&kept).await;
            if first.status != 200 || kept.is_empty() {
                continue;
            }
            let plain = |kept: &str| kept.chars().all(|c| c.is_ascii_alphanumeric() || "_{}:".contains(c));
            assert!(plain(&kept[0]), "{}: {kept:?}", operation.id);
            let before = database.state().await;
            assert_eq!(keyed(&olga, &path, &operation.id, &input).await.ok(), first.body, "{}", operation.id);
            let after = database.state().await;
            assert!(before == after, "{}: {}", operation.id, difference(&before, &after));
            answered.insert(operation.id.as_str());
        }
        for wanted in ["chat.channel.create", "chat.direct.open", "invitation.create", "org.create", "session.revoke_others"] {
            assert!(answered.contains(wanted), "{wanted} is not in {answered:?}");
        }
    }
}
