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
    let token = world.mailed("ada@example.org").await.unwrap();
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
