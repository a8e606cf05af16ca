//! Invitations: role-bound, once, for a week, revocable.

use kernel::time::DAY;
use serde_json::{Value, json};

use super::{BETTER, Browser, GOOD, World, code};

async fn invite(world: &World, by: &Browser, email: &str, role: &str) -> kernel::Result<Value> {
    world.call(by, "invitation.create", &[("org", &by.org())], json!({ "email": email, "role": role })).await
}

fn acceptance(token: &str, handle: &str) -> Value {
    json!({ "token": token, "name": "Grace Hopper", "handle": handle, "password": GOOD })
}

// REQ ID-7, A9
#[tokio::test]
async fn an_invitation_is_accepted_once() {
    let (world, ada) = World::set_up().await;
    let made = invite(&world, &ada, "grace@example.org", "editor").await.unwrap();
    assert_eq!((&made["state"], &made["invitedBy"]), (&json!("pending"), &json!(ada.member())));
    let token = world.mailed("grace@example.org").await.unwrap();
    let offer = world.anonymous("invitation.lookup", "192.0.2.1", json!({ "token": token })).await.unwrap();
    let wanted = json!({
        "organisation": "Analytical Engines", "email": "grace@example.org", "role": "editor", "hasAccount": false,
        "invitedBy": "Ada Lovelace",
    });
    assert_eq!(offer, wanted);
    // A taken handle uses nothing up.
    let taken = world.anonymous("invitation.accept", "192.0.2.1", acceptance(&token, "ada")).await;
    assert_eq!(code(&taken), "conflict");
    assert_eq!(taken.err().unwrap().fields[0].field, "handle");
    let mut nameless = acceptance(&token, "grace");
    nameless.as_object_mut().unwrap().remove("name");
    assert_eq!(code(&world.anonymous("invitation.accept", "192.0.2.1", nameless).await), "invalid_input");
    let mut wins = 0;
    for handle in ["grace", "grace2", "grace3"] {
        let both = tokio::join!(
            world.anonymous("invitation.accept", "192.0.2.1", acceptance(&token, handle)),
            world.anonymous("invitation.accept", "192.0.2.2", acceptance(&token, "other")),
        );
        wins += [both.0, both.1].iter().filter(|answer| answer.is_ok()).count();
    }
    assert_eq!(wins, 1);
    let lookup = world.anonymous("invitation.lookup", "192.0.2.1", json!({ "token": token })).await;
    assert_eq!(code(&lookup), "link_expired");
    let grace = world.sign_in("grace@example.org", GOOD).await.unwrap();
    let joined = world.ledger("audit.list", Some(&ada), json!({ "action": "invitation.accept" })).await;
    assert_eq!((joined.len(), &joined[0]["actor"]["id"]), (1, &json!(grace.member())));
    assert_eq!(grace.me["memberships"][0]["member"]["role"], "editor");
    assert_eq!(code(&invite(&world, &ada, "Grace@example.org", "editor").await), "conflict");
    let list = world.call(&ada, "invitation.list", &[("org", &ada.org())], json!({})).await.unwrap();
    assert_eq!(list["items"][0]["state"], "accepted");
}

// REQ ID-7
#[tokio::test]
async fn nobody_invites_above_their_own_role() {
    let (world, ada) = World::set_up().await;
    let admin = world.join(&ada, "admin@example.org", "admin").await;
    let editor = world.join(&ada, "editor@example.org", "editor").await;
    assert_eq!(code(&invite(&world, &admin, "x@example.org", "owner").await), "forbidden");
    assert_eq!(code(&invite(&world, &admin, "x@example.org", "admin").await), "ok");
    assert_eq!(code(&invite(&world, &editor, "y@example.org", "viewer").await), "forbidden");
    assert_eq!(code(&invite(&world, &editor, "not an address", "viewer").await), "invalid_input");
}

// REQ ID-7
#[tokio::test]
async fn withdrawn_replaced_and_old_ones_do_not_work() {
    let (world, ada) = World::set_up().await;
    let org = ada.org();
    let made = invite(&world, &ada, "grace@example.org", "editor").await.unwrap();
    let first = world.mailed("grace@example.org").await.unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    world.call(&ada, "invitation.revoke", &[("org", &org), ("invitation", &id)], json!({})).await.unwrap();
    let again = world.call(&ada, "invitation.revoke", &[("org", &org), ("invitation", &id)], json!({})).await;
    assert_eq!(code(&again), "conflict");
    invite(&world, &ada, "grace@example.org", "editor").await.unwrap();
    let second = world.mailed("grace@example.org").await.unwrap();
    invite(&world, &ada, "Grace@Example.org", "viewer").await.unwrap();
    let third = world.mailed("Grace@Example.org").await.unwrap();
    for dead in [&first, &second] {
        let answer = world.anonymous("invitation.accept", "192.0.2.1", acceptance(dead, "grace")).await;
        assert_eq!(code(&answer), "link_expired");
    }
    world.clock.forward(7 * DAY);
    let answer = world.anonymous("invitation.accept", "192.0.2.1", acceptance(&third, "grace")).await;
    assert_eq!(code(&answer), "link_expired");
    let ada = world.sign_in("ada@example.org", GOOD).await.unwrap();
    let list = world.call(&ada, "invitation.list", &[("org", &org)], json!({})).await.unwrap();
    let states: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|i| &i["state"]).collect();
    assert_eq!(states, ["expired", "revoked", "revoked"]);
}

// REQ ID-7, I6
#[tokio::test]
async fn an_account_that_exists_proves_itself_with_its_password() {
    let (world, ada) = World::set_up().await;
    let created = json!({ "name": "Analytical Engines", "ownerEmail": "ada@example.org" });
    let created = world.console("org.create", &[], created).await.unwrap();
    assert_eq!(created["invitation"]["invitedBy"], json!(null));
    let slug = created["org"]["slug"].as_str().unwrap();
    assert!(slug.starts_with("analytical-engines-"), "{slug}");
    let token = world.mailed("Ada@Example.org").await.unwrap();
    let offer = world.anonymous("invitation.lookup", "192.0.2.1", json!({ "token": token })).await.unwrap();
    assert_eq!((&offer["hasAccount"], &offer["invitedBy"]), (&json!(true), &json!("The administrator")));
    let with = |password: &str| json!({ "token": token, "handle": "countess", "password": password });
    for _ in 0..5 {
        let wrong = world.anonymous("invitation.accept", "192.0.2.7", with(BETTER)).await;
        assert_eq!(code(&wrong), "invalid_credentials");
    }
    // Guessing here is guessing there.
    assert_eq!(code(&world.anonymous("invitation.accept", "192.0.2.7", with(GOOD)).await), "locked_out");
    let both = world.enter("invitation.accept", with(GOOD)).await.unwrap();
    assert_eq!(both.user(), ada.user());
    assert_eq!(both.me["memberships"].as_array().unwrap().len(), 2);
}

/// What an invitation is said to be, and whether its token still opens anything.
async fn stands(world: &World, ada: &Browser, id: &str, token: &str) -> (String, bool) {
    let list = world.call(ada, "invitation.list", &[("org", &ada.org())], json!({})).await.unwrap();
    let state = list["items"].as_array().unwrap().iter().find(|i| i["id"] == id).unwrap()["state"].clone();
    let lookup = world.anonymous("invitation.lookup", "192.0.2.1", json!({ "token": token })).await;
    (state.as_str().unwrap().to_owned(), lookup.is_ok())
}

// REQ ID-7 (attack A12)
#[tokio::test]
async fn an_invitation_ends_with_the_right_of_whoever_invited() {
    let (world, ada) = World::set_up().await;
    let org = ada.org();
    for (n, end) in
        ["removed", "left", "deleted", "demoted", "demoted below the invited role"].into_iter().enumerate()
    {
        let admin = world.join(&ada, &format!("admin{n}@example.org"), "owner").await;
        let (high, low) = (format!("high{n}@example.org"), format!("low{n}@example.org"));
        let mut made = Vec::new();
        for (email, role) in [(&high, "owner"), (&low, "editor")] {
            let invitation = invite(&world, &admin, email, role).await.unwrap();
            let token = world.mailed(email).await.unwrap();
            made.push((invitation["id"].as_str().unwrap().to_owned(), token));
        }
        let member = admin.member();
        let path = [("org", org.as_str()), ("member", member.as_str())];
        match end {
            "removed" => world.call(&ada, "member.remove", &path, json!({})).await,
            "left" => world.call(&admin, "member.remove", &path, json!({})).await,
            "deleted" => world.call(&ada, "account.delete", &[("user", &admin.user())], json!({})).await,
            "demoted" => world.call(&ada, "member.update", &path, json!({ "role": "editor" })).await,
            _ => world.call(&ada, "member.update", &path, json!({ "role": "admin" })).await,
        }
        .unwrap();
        let still = end == "demoted below the invited role";
        for ((id, token), stays) in made.iter().zip([false, still]) {
            let wanted = (if stays { "pending" } else { "revoked" }.to_owned(), stays);
            assert_eq!(stands(&world, &ada, id, token).await, wanted, "{end}");
            let accept =
                world.anonymous("invitation.accept", "192.0.2.1", acceptance(token, &format!("x{n}"))).await;
            assert_eq!(code(&accept), if stays { "ok" } else { "link_expired" }, "{end}");
        }
    }
}

// REQ ID-7 (attack A12)
#[tokio::test]
async fn an_invitation_that_was_not_withdrawn_in_time_is_void_all_the_same() {
    let (world, ada) = World::set_up().await;
    let admin = world.join(&ada, "admin@example.org", "admin").await;
    let made = invite(&world, &admin, "second@example.org", "admin").await.unwrap();
    let (id, token) =
        (made["id"].as_str().unwrap().to_owned(), world.mailed("second@example.org").await.unwrap());
    // As a Holdfast that knew nothing of it has left it.
    let member: uuid::Uuid = admin.member().strip_prefix("mem_").unwrap().parse().unwrap();
    let org: uuid::Uuid = ada.org().strip_prefix("org_").unwrap().parse().unwrap();
    let remove = world.store.write(move |tx| {
        Box::pin(async move {
            let sql = "UPDATE member SET state = 'removed' WHERE org_id = ?1 AND id = ?2";
            tx.within(&crate::tenant::asked_about(kernel::OrgId(org)))
                .execute(sql, store::params![member])
                .await
        })
    });
    remove.await.unwrap();
    assert_eq!(stands(&world, &ada, &id, &token).await, ("revoked".to_owned(), false));
}

// REQ ID-7 (attack A12)
#[tokio::test]
async fn an_administrators_invitations_to_other_organisations_end_with_them() {
    let (world, ada) = World::set_up().await;
    let other = json!({ "name": "Other", "ownerEmail": "owner@example.org" });
    world.call(&ada, "org.create", &[], other).await.unwrap();
    let token = world.mailed("owner@example.org").await.unwrap();
    let lookup = || world.anonymous("invitation.lookup", "192.0.2.1", json!({ "token": token }));
    assert!(lookup().await.is_ok());
    let grace = world.join(&ada, "grace@example.org", "owner").await;
    let promote = world.store.write(|tx| {
        Box::pin(async move { tx.execute("UPDATE account SET super_admin = ?1", store::params![true]).await })
    });
    promote.await.unwrap();
    let grace = world.sign_in("grace@example.org", GOOD).await.map(|_| grace).unwrap();
    world.console("account.delete", &[("user", &ada.user())], json!({})).await.unwrap();
    assert_eq!(code(&lookup().await), "link_expired");
    assert_eq!(code(&invite(&world, &grace, "owner@example.org", "owner").await), "ok");
}

// REQ ID-7
#[tokio::test]
async fn nobody_takes_away_an_invitation_that_they_could_not_have_given() {
    let (world, ada) = World::set_up().await;
    let admin = world.join(&ada, "admin@example.org", "admin").await;
    let made = invite(&world, &ada, "boss@example.org", "owner").await.unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    let token = world.mailed("boss@example.org").await.unwrap();
    assert_eq!(code(&invite(&world, &admin, "BOSS@example.org", "viewer").await), "forbidden");
    let path = [("org", ada.org()), ("invitation", id.clone())];
    let path = [(path[0].0, path[0].1.as_str()), (path[1].0, path[1].1.as_str())];
    assert_eq!(code(&world.call(&admin, "invitation.revoke", &path, json!({})).await), "forbidden");
    assert_eq!(stands(&world, &ada, &id, &token).await, ("pending".to_owned(), true));
    // One that is over stands in nobody's way.
    world.clock.forward(8 * DAY);
    let admin = world.sign_in("admin@example.org", GOOD).await.unwrap();
    assert_eq!(code(&invite(&world, &admin, "boss@example.org", "viewer").await), "ok");
}
