//! Members, accounts, organisations, and what the ledger says of them.

use std::sync::Arc;

use access::{Asking, Directory};
use kernel::{OrgId, Principal, SessionId, UserId};
use serde_json::json;
use tokio::runtime::Handle;

use super::{GOOD, World, code};

// REQ AUTHZ-1, A10
#[tokio::test]
async fn roles_change_at_once_and_never_above_ones_own() {
    let (world, ada) = World::set_up().await;
    let admin = world.join(&ada, "admin@example.org", "admin").await;
    let editor = world.join(&ada, "editor@example.org", "editor").await;
    let set = |by, member: &str, role: &str| {
        let (org, member, role) = (ada.org(), member.to_owned(), json!({ "role": role }));
        let world = &world;
        async move { world.call(by, "member.update", &[("org", &org), ("member", &member)], role).await }
    };
    assert_eq!(code(&set(&admin, &editor.member(), "viewer").await), "ok");
    assert_eq!(code(&set(&admin, &editor.member(), "owner").await), "forbidden");
    assert_eq!(code(&set(&admin, &ada.member(), "viewer").await), "forbidden");
    assert_eq!(code(&set(&admin, &admin.member(), "owner").await), "forbidden");
    assert_eq!(code(&set(&editor, &admin.member(), "viewer").await), "forbidden");
    // Remembered as an admin; a demotion is seen in the next request, also a reading one.
    let org = ada.org();
    assert_eq!(code(&world.call(&admin, "audit.list", &[("org", &org)], json!({})).await), "ok");
    assert_eq!(code(&set(&ada, &admin.member(), "editor").await), "ok");
    assert_eq!(code(&world.call(&admin, "audit.list", &[("org", &org)], json!({})).await), "forbidden");
    let told =
        world.events.lock().iter().any(|e| (e.name, e.topic.to_string()) == ("me.changed", admin.member()));
    assert!(told);
    let entries =
        world.ledger("audit.list", Some(&ada), json!({ "action": "member.update", "limit": 1 })).await;
    let entry = &entries[0];
    assert_eq!((&entry["outcome"], &entry["resource"]), (&json!("ok"), &json!(admin.member())));
    assert_eq!(entry["actor"], json!({ "kind": "member", "id": ada.member(), "name": "Ada Lovelace" }));
    assert_eq!(entry["detail"], json!({ "from": "admin", "to": "editor" }));
}

// REQ ID-7
#[tokio::test]
async fn there_is_always_an_owner() {
    let (world, ada) = World::set_up().await;
    let org = ada.org();
    let path = |member: &str| [("org".to_owned(), org.clone()), ("member".to_owned(), member.to_owned())];
    let own = path(&ada.member());
    let own: Vec<(&str, &str)> = own.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(code(&world.call(&ada, "member.remove", &own, json!({})).await), "conflict");
    let grace = world.join(&ada, "grace@example.org", "owner").await;
    let other = path(&grace.member());
    let other: Vec<(&str, &str)> = other.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    // Each demotes the other, at once.
    let both = tokio::join!(
        world.call(&ada, "member.update", &other, json!({ "role": "viewer" })),
        world.call(&grace, "member.update", &own, json!({ "role": "viewer" })),
    );
    assert_eq!([&both.0, &both.1].iter().filter(|answer| answer.is_ok()).count(), 1);
    let members = world.call(&ada, "member.list", &[("org", &org)], json!({})).await.unwrap();
    let owners = members["items"].as_array().unwrap().iter().filter(|m| m["role"] == "owner").count();
    assert_eq!(owners, 1);
}

// REQ ID-7, A6
#[tokio::test]
async fn who_is_removed_sees_nothing_and_may_come_back_as_themselves() {
    let (world, ada) = World::set_up().await;
    let grace = world.join(&ada, "grace@example.org", "editor").await;
    let org = ada.org();
    assert_eq!(code(&world.call(&grace, "org.read", &[("org", &org)], json!({})).await), "ok");
    let path = [("org", org.as_str()), ("member", &grace.member())];
    world.call(&ada, "member.remove", &path, json!({})).await.unwrap();
    assert_eq!(code(&world.call(&grace, "org.read", &[("org", &org)], json!({})).await), "not_found");
    let me = world.call(&grace, "me.read", &[], json!({})).await.unwrap();
    assert_eq!(me["memberships"], json!([]));
    let members = world.call(&ada, "member.list", &[("org", &org)], json!({})).await.unwrap();
    assert_eq!(members["items"][1]["state"], "removed");
    let invite = json!({ "email": "grace@example.org", "role": "viewer" });
    world.call(&ada, "invitation.create", &[("org", &org)], invite).await.unwrap();
    let token = world.mailed("grace@example.org").await.unwrap();
    let back = json!({ "token": token, "handle": "grace", "password": GOOD });
    let back = world.enter("invitation.accept", back).await.unwrap();
    assert_eq!(back.member(), grace.member());
    assert_eq!(back.me["memberships"][0]["member"]["role"], "viewer");
    // One may always leave.
    let path = [("org", org.as_str()), ("member", &grace.member())];
    assert_eq!(code(&world.call(&back, "member.remove", &path, json!({})).await), "ok");
}

// REQ ID-9
#[tokio::test]
async fn a_deleted_person_is_erased_and_their_member_stays() {
    let (world, ada) = World::set_up().await;
    let grace = world.join(&ada, "grace@example.org", "owner").await;
    let org = ada.org();
    let delete = |who, user: &str| {
        let (world, user) = (&world, user.to_owned());
        async move { world.call(who, "account.delete", &[("user", &user)], json!({})).await }
    };
    // Only administrators of the installation know of accounts; and the last of them stays.
    assert_eq!(code(&delete(&grace, &ada.user()).await), "not_found");
    assert_eq!(code(&delete(&ada, &ada.user()).await), "conflict");
    assert_eq!(code(&delete(&ada, &grace.user()).await), "ok");
    assert!(world.person(&grace.token).await.is_none());
    assert!(world.sign_in("grace@example.org", GOOD).await.is_err());
    assert_eq!(code(&delete(&ada, &grace.user()).await), "not_found");
    let members = world.call(&ada, "member.list", &[("org", &org)], json!({})).await.unwrap();
    let gone = members["items"].as_array().unwrap().iter().find(|m| m["id"] == grace.member()).unwrap();
    assert_eq!((&gone["name"], &gone["state"]), (&json!("Deleted user"), &json!("deleted")));
    let handle = gone["handle"].as_str().unwrap();
    assert!(handle.starts_with("deleted-") && handle.len() == 16, "{handle}");
    let accounts = world.call(&ada, "account.list", &[], json!({})).await.unwrap();
    assert!(!accounts.to_string().contains("grace"));
    let invitations = world.call(&ada, "invitation.list", &[("org", &org)], json!({})).await.unwrap();
    assert!(!invitations.to_string().contains("grace"));
    // The address is free for somebody else.
    world.join(&ada, "grace@example.org", "viewer").await;
}

// REQ ID-9
#[tokio::test]
async fn of_a_deleted_person_nothing_waits_anywhere() {
    let (world, ada) = World::set_up().await;
    let grace = world.join(&ada, "grace@example.org", "editor").await;
    // In an organisation that she has never been in, by another spelling.
    let other = json!({ "name": "Other", "ownerEmail": "ＧＲＡＣＥ@example.org" });
    world.call(&ada, "org.create", &[], other).await.unwrap();
    let invited = world.mailed("grace@example.org").await.unwrap();
    world
        .anonymous("password.request_reset", "192.0.2.1", json!({ "email": "grace@example.org" }))
        .await
        .unwrap();
    let reset = world.mailed("grace@example.org").await.unwrap();
    assert!(world.sign_in("grace@example.org", "wrong").await.is_err());
    world.call(&ada, "account.delete", &[("user", &grace.user())], json!({})).await.unwrap();
    assert!(world.mailed("grace@example.org").await.is_none());
    let lookup = world.anonymous("invitation.lookup", "192.0.2.1", json!({ "token": invited })).await;
    let reset = json!({ "token": reset, "password": super::BETTER });
    let reset = world.anonymous("password.reset", "192.0.2.1", reset).await;
    assert_eq!((code(&lookup), code(&reset)), ("link_expired", "link_expired"));
    let left = world.store.read(|tx| {
        Box::pin(async move {
            let mut left = Vec::new();
            for sql in [
                "SELECT email FROM account WHERE email LIKE '%race@%' OR email_folded LIKE '%race@%' OR name_folded LIKE '%race%'",
                "SELECT payload FROM job WHERE payload LIKE '%race@%'",
            ] {
                left.extend(tx.query(sql, &[], |row| row.get::<String>(0)).await?);
            }
            let owned = "SELECT s.device FROM session s JOIN account a ON a.id = s.user_id WHERE a.state = 'deleted'";
            left.extend(tx.query(owned, &[], |row| row.get::<String>(0)).await?);
            let failures = "SELECT address FROM login_failure";
            left.extend(tx.query(failures, &[], |row| row.get::<String>(0)).await?);
            for tenant in crate::tenant::all(tx).await? {
                let sql = "SELECT email FROM invitation WHERE org_id = ?1 AND email_folded = 'grace@example.org'";
                left.extend(tx.within(&tenant).query(sql, &[], |row| row.get::<String>(0)).await?);
            }
            Ok(left)
        })
    });
    assert_eq!(left.await.unwrap(), Vec::<String>::new());
}

// REQ ID-3
#[tokio::test]
async fn a_name_changes_everywhere_and_an_organisations_too() {
    let (world, ada) = World::set_up().await;
    let me = world.call(&ada, "me.update", &[], json!({ "name": "Countess of Lovelace" })).await.unwrap();
    assert_eq!(me["user"]["name"], "Countess of Lovelace");
    assert_eq!(me["memberships"][0]["member"]["name"], "Countess of Lovelace");
    let org =
        world.call(&ada, "org.update", &[("org", &ada.org())], json!({ "name": "Engines" })).await.unwrap();
    assert_eq!((&org["name"], &org["slug"]), (&json!("Engines"), &json!("analytical-engines")));
    let bad = world.call(&ada, "me.update", &[], json!({ "name": "a", "superAdmin": true })).await;
    assert_eq!(code(&bad), "invalid_input");
}

// REQ AUDIT-1, AUDIT-3
#[tokio::test]
async fn the_ledger_knows_who_signed_in_and_who_failed() {
    let (world, ada) = World::set_up().await;
    world.clock.forward(1_000_000);
    world.sign_in("ada@example.org", "wrong horse battery").await.err();
    world.clock.forward(1_000_000);
    world.sign_in("ada@example.org", GOOD).await.unwrap();
    let entries = world.ledger("audit.list_installation", None, json!({ "action": "session.create" })).await;
    assert_eq!(entries.len(), 2);
    let (right, wrong) = (&entries[0], &entries[1]);
    assert_eq!((&right["outcome"], &wrong["outcome"]), (&json!("ok"), &json!("failed")));
    assert_eq!(right["actor"], json!({ "kind": "user", "id": ada.user(), "name": "Ada Lovelace" }));
    assert_eq!((&wrong["actor"]["kind"], &wrong["resource"]), (&json!("anonymous"), &json!(ada.user())));
    assert_eq!(wrong["address"], "192.0.2.1");
    let all = world.ledger("audit.list_installation", None, json!({ "limit": 1 })).await;
    assert_eq!(all, entries[..1]);
    let early = json!({ "before": wrong["at"], "actor": ada.user() });
    let early = world.ledger("audit.list_installation", None, early).await;
    assert_eq!(early.len(), 1);
    assert_eq!(early[0]["action"], "setup.complete");
    let failed = json!({ "outcome": "failed", "after": wrong["at"], "before": right["at"] });
    assert_eq!(world.ledger("audit.list_installation", None, failed).await, entries[1..]);
    // Pages meet without a gap.
    let first = world.console("audit.list_installation", &[], json!({ "limit": 2 })).await.unwrap();
    let next = json!({ "limit": 2, "cursor": first["next"] });
    let second = world.console("audit.list_installation", &[], next).await.unwrap();
    assert_eq!(
        (first["items"].as_array().unwrap().len(), second["items"][0]["action"].as_str()),
        (2, Some("setup.complete"))
    );
    // Denials are there too, and no secret is.
    let grace = world.join(&ada, "grace@example.org", "viewer").await;
    let denied = world.call(&grace, "org.update", &[("org", &ada.org())], json!({ "name": "Mine" })).await;
    assert_eq!(code(&denied), "forbidden");
    let denials = world.ledger("audit.list", Some(&ada), json!({ "outcome": "denied" })).await;
    assert_eq!((denials.len(), &denials[0]["actor"]["id"]), (1, &json!(grace.member())));
    assert_eq!(denials[0]["policy"], "admin");
    let whole = world.ledger("audit.list_installation", None, json!({ "limit": 200 })).await;
    assert!(!format!("{whole:?}").contains(GOOD));
}

#[tokio::test]
async fn housekeeping_keeps_what_is_alive() {
    let (world, ada) = World::set_up().await;
    world.sign_in("ada@example.org", "wrong horse battery").await.err();
    world.identity.clean_up(&world.store).await.unwrap();
    assert!(world.person(&ada.token).await.is_some());
    world.clock.forward(60 * kernel::time::DAY);
    world.identity.clean_up(&world.store).await.unwrap();
    assert!(world.person(&ada.token).await.is_none());
}

// REQ AUTHZ-1, A10
#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_snapshot_says_is_not_remembered() {
    let (world, ada) = World::set_up().await;
    if world.store.is_shared() {
        return; // Nothing is remembered there.
    }
    let grace = world.join(&ada, "grace@example.org", "editor").await;
    let (user, org): (UserId, OrgId) = (grace.user().parse().unwrap(), ada.org().parse().unwrap());
    let world = Arc::new(world);
    let asked = |during: bool| {
        let (world, ada, member, store) = (world.clone(), ada.clone(), grace.member(), world.store.clone());
        async move {
            store
                .read(move |tx| {
                    Box::pin(async move {
                        // From here on the snapshot stands. She is removed meanwhile.
                        tx.query("SELECT 1 FROM account", &[], |_| Ok(())).await?;
                        if during {
                            let of = ada.org();
                            let path = [("org", of.as_str()), ("member", member.as_str())];
                            let removal = world.call(&ada, "member.remove", &path, json!({}));
                            let removed = tokio::task::block_in_place(|| Handle::current().block_on(removal));
                            assert_eq!(code(&removed), "ok");
                        }
                        let of = Principal::signed_in(user, SessionId(uuid::Uuid::nil()), false);
                        world.identity.membership(tx, &of, org, Asking::Remembered).await
                    })
                })
                .await
        }
    };
    assert!(asked(true).await.unwrap().is_some());
    assert_eq!(asked(false).await.unwrap(), None);
}
