//! Set-up, sign-in, lockout, sessions, passwords.

use kernel::time::{DAY, MINUTE};
use kernel::{Clock, Code};
use serde_json::json;

use super::{ABSOLUTE, AN_HOUR, BETTER, GOOD, IDLE, World, code, setup_input};

// REQ ID-1, A9
#[tokio::test]
async fn of_many_who_set_up_at_once_one_succeeds() {
    let world = World::new().await;
    assert_eq!(
        world.anonymous("setup.read", "192.0.2.1", json!({})).await.unwrap(),
        json!({ "needed": true })
    );
    let stale = world.identity.setup_token(&world.store).await.unwrap().unwrap();
    let token = world.identity.setup_token(&world.store).await.unwrap().unwrap();
    let wrong = world.anonymous("setup.complete", "192.0.2.1", setup_input(stale.reveal())).await;
    assert_eq!(code(&wrong), "link_expired");
    let mut weak = setup_input(token.reveal());
    weak["password"] = json!("analytical engines");
    assert_eq!(code(&world.anonymous("setup.complete", "192.0.2.1", weak).await), "weak_password");
    let tries = (0..50).map(|_| world.anonymous("setup.complete", "192.0.2.1", setup_input(token.reveal())));
    let answers = futures(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().filter(|answer| answer.is_err()).all(|answer| code(answer) == "link_expired"));
    assert_eq!(
        world.anonymous("setup.read", "192.0.2.1", json!({})).await.unwrap(),
        json!({ "needed": false })
    );
    assert!(world.identity.setup_token(&world.store).await.unwrap().is_none());
}

async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    // Polled in turn on one task: each is begun before any has ended.
    let mut running: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, slot) in running.iter_mut().zip(&mut done).filter(|(_, slot)| slot.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(cx) {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

// REQ ID-1, ID-3, I1
#[tokio::test]
async fn signing_in_tells_who_one_is_and_never_which_part_was_wrong() {
    let (world, ada) = World::set_up().await;
    let again = world.sign_in("ADA@example.ORG", GOOD).await.unwrap();
    assert_ne!(again.token, ada.token);
    assert_eq!(
        again.me["user"],
        json!({ "id": ada.user(), "name": "Ada Lovelace", "email": "Ada@Example.org" })
    );
    assert_eq!(again.me["superAdmin"], true);
    let membership = &again.me["memberships"][0];
    assert_eq!(membership["org"]["slug"], "analytical-engines");
    assert_eq!(
        (&membership["member"]["role"], &membership["member"]["handle"]),
        (&json!("owner"), &json!("ada"))
    );
    assert!(membership["permissions"].as_array().unwrap().contains(&json!("member.update")));
    assert!(crate::csrf_matches(&again.token, again.me["csrfToken"].as_str().unwrap()));
    let me = world.call(&again, "me.read", &[], json!({})).await.unwrap();
    assert_eq!(me, again.me);

    let wrong = world.sign_in("ada@example.org", BETTER).await.err().unwrap();
    let unknown = world.sign_in("eve@example.org", BETTER).await.err().unwrap();
    assert_eq!(format!("{wrong:?} {:?}", wrong.hint), format!("{unknown:?} {:?}", unknown.hint));
    assert_eq!(wrong.code, Code::InvalidCredentials);
}

// REQ ID-2, I2
#[tokio::test]
async fn parallel_guesses_lock_the_account_for_their_address_only() {
    let (world, _) = World::set_up().await;
    for email in ["ada@example.org", "nobody@example.org"] {
        let guess = json!({ "email": email, "password": BETTER });
        // Thirty addresses of one /64: one party, within its rate.
        let addresses: Vec<String> = (0..30).map(|n| format!("2001:db8:0:1::{n:x}")).collect();
        let answers =
            futures(addresses.iter().map(|from| world.anonymous("session.create", from, guess.clone())))
                .await;
        assert_eq!(answers.iter().filter(|a| code(a) == "invalid_credentials").count(), 5, "{email}");
        assert_eq!(answers.iter().filter(|a| code(a) == "locked_out").count(), 25, "{email}");
        world.clock.forward(MINUTE);
    }
    let right = json!({ "email": "ada@example.org", "password": GOOD });
    let locked = world.anonymous("session.create", "2001:db8:0:1:ffff::1", right.clone()).await;
    assert_eq!(code(&locked), "locked_out");
    assert_eq!(locked.err().unwrap().retry_after, Some(13 * 60));
    assert_eq!(code(&world.anonymous("session.create", "2001:db8:0:2::1", right.clone()).await), "ok");
    world.clock.forward(15 * MINUTE);
    assert_eq!(code(&world.anonymous("session.create", "2001:db8:0:1::1", right).await), "ok");
}

// REQ ID-2, ID-4
#[tokio::test]
async fn whoever_is_locked_out_everywhere_gets_in_by_mail() {
    let (world, ada) = World::set_up().await;
    let guess = json!({ "email": "ada@example.org", "password": BETTER });
    for n in 0..60 {
        let from = format!("198.51.100.{}", n / 4);
        let answer = world.anonymous("session.create", &from, guess.clone()).await;
        assert_eq!(code(&answer), if n < 50 { "invalid_credentials" } else { "locked_out" }, "{n}");
    }
    assert_eq!(world.sign_in("ada@example.org", GOOD).await.err().unwrap().code, Code::LockedOut);
    // Who is in stays in.
    assert!(world.person(&ada.token).await.is_some());
    let ask = json!({ "email": "ADA@example.org" });
    world.anonymous("password.request_reset", "192.0.2.1", ask).await.unwrap();
    let token = world.mailed("Ada@Example.org").await.unwrap();
    let reset = json!({ "token": token, "password": BETTER });
    world.anonymous("password.reset", "192.0.2.1", reset).await.unwrap();
    world.sign_in("ada@example.org", BETTER).await.unwrap();
    assert!(world.person(&ada.token).await.is_none());

    // Or an administrator lifts it.
    for _ in 0..5 {
        world.sign_in("ada@example.org", GOOD).await.err().unwrap();
    }
    assert_eq!(world.sign_in("ada@example.org", BETTER).await.err().unwrap().code, Code::LockedOut);
    world.console("account.unlock", &[("user", &ada.user())], json!({})).await.unwrap();
    world.sign_in("ada@example.org", BETTER).await.unwrap();
}

// REQ ID-4, I4
#[tokio::test]
async fn a_reset_link_works_once_for_an_hour_and_only_the_newest() {
    let (world, ada) = World::set_up().await;
    let ask = |email: &str| {
        let input = json!({ "email": email });
        world.anonymous("password.request_reset", "192.0.2.1", input)
    };
    let reset = |token: String, password: &str| {
        let input = json!({ "token": token, "password": password });
        world.anonymous("password.reset", "192.0.2.1", input)
    };
    assert_eq!(ask("eve@example.org").await.unwrap(), json!({}));
    assert!(world.mailed("eve@example.org").await.is_none());
    assert_eq!(ask("ada@example.org").await.unwrap(), json!({}));
    let first = world.mailed("Ada@Example.org").await.unwrap();
    world.clock.forward(MINUTE);
    ask("ada@example.org").await.unwrap();
    let second = world.mailed("Ada@Example.org").await.unwrap();
    assert_ne!(first, second);
    assert_eq!(code(&reset(first, BETTER).await), "link_expired");
    assert_eq!(code(&reset(second.clone(), "ada lovelace").await), "weak_password");
    let tries = futures((0..20).map(|_| reset(second.clone(), BETTER))).await;
    assert_eq!(tries.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(world.person(&ada.token).await.is_none());
    ask("ada@example.org").await.unwrap();
    let third = world.mailed("Ada@Example.org").await.unwrap();
    world.clock.forward(AN_HOUR);
    assert_eq!(code(&reset(third, GOOD).await), "link_expired");
    // Nobody's mailbox is filled.
    for _ in 0..10 {
        ask("ada@example.org").await.unwrap();
    }
    let mails = world.console("mail.list", &[], json!({})).await.unwrap();
    let resets =
        mails["items"].as_array().unwrap().iter().filter(|m| m["subject"] == "Set a new password").count();
    assert_eq!(resets, 3 + 5);
}

// REQ ID-3, A10
#[tokio::test]
async fn sessions_are_seen_and_ended_at_once() {
    let (world, ada) = World::set_up().await;
    let phone = world.sign_in("ada@example.org", GOOD).await.unwrap();
    let list = world.call(&ada, "session.list", &[], json!({})).await.unwrap();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert!(
        items
            .iter()
            .all(|session| session["device"] == "Firefox on Linux" && session["address"] == "192.0.2.1")
    );
    let other = items.iter().find(|session| session["current"] == false).unwrap()["id"].as_str().unwrap();
    // Both remembered by now; ending one must be seen all the same.
    assert!(world.person(&phone.token).await.is_some());
    world.call(&ada, "session.revoke", &[("session", other)], json!({})).await.unwrap();
    assert!(world.person(&phone.token).await.is_none());
    assert!(world.person(&ada.token).await.is_some());
    assert_eq!(
        code(&world.call(&ada, "session.revoke", &[("session", other)], json!({})).await),
        "not_found"
    );

    let (second, third) = (
        world.sign_in("ada@example.org", GOOD).await.unwrap(),
        world.sign_in("ada@example.org", GOOD).await.unwrap(),
    );
    let ended = world.call(&second, "session.revoke_others", &[], json!({})).await.unwrap();
    assert_eq!(ended, json!({ "ended": 2 }));
    assert!(world.person(&third.token).await.is_none() && world.person(&ada.token).await.is_none());
    let mut second = second;
    world.call_keeping(&mut second, "session.end", &[], json!({})).await.unwrap();
    assert!(second.token.is_empty());
}

// REQ ID-3
#[tokio::test]
async fn sessions_end_when_idle_and_when_too_old() {
    let (world, ada) = World::set_up().await;
    world.clock.forward(IDLE - 1);
    assert!(world.person(&ada.token).await.is_some());
    world.clock.forward(IDLE);
    assert!(world.person(&ada.token).await.is_none());
    let mut busy = 0;
    let ada = world.sign_in("ada@example.org", GOOD).await.unwrap();
    while world.person(&ada.token).await.is_some() {
        busy += 1;
        assert!(busy <= ABSOLUTE / DAY, "it ends");
        world.seen(&ada).await;
        world.clock.forward(DAY);
    }
    assert_eq!(busy, ABSOLUTE / DAY);
    // An open connection counts as use, but does not bring back what has gone idle.
    let ada = world.sign_in("ada@example.org", GOOD).await.unwrap();
    let person = world.person(&ada.token).await.unwrap();
    for _ in 0..3 {
        world.clock.forward(DAY);
        world.identity.touch(&world.store, &person, world.clock.now());
        world.seen(&ada).await;
    }
    assert!(world.person(&ada.token).await.is_some());
    world.clock.forward(IDLE);
    world.identity.touch(&world.store, &person, world.clock.now());
    assert!(world.person(&ada.token).await.is_none());
}

// REQ ID-3, I8
#[tokio::test]
async fn a_new_password_ends_other_sessions_and_renews_this_ones_token() {
    let (world, mut ada) = World::set_up().await;
    let phone = world.sign_in("ada@example.org", GOOD).await.unwrap();
    let before = ada.clone();
    let change = |current: &str, password: &str| json!({ "current": current, "password": password });
    let wrong = world.call(&ada, "me.change_password", &[], change(BETTER, BETTER)).await.err().unwrap();
    assert_eq!((wrong.code, wrong.fields[0].field.as_str()), (Code::InvalidInput, "current"));
    let weak = world.call(&ada, "me.change_password", &[], change(GOOD, "Ada Lovelace")).await;
    assert_eq!(code(&weak), "weak_password");
    world.call_keeping(&mut ada, "me.change_password", &[], change(GOOD, BETTER)).await.unwrap();
    assert_ne!(ada.token, before.token);
    assert!(world.person(&before.token).await.is_none() && world.person(&phone.token).await.is_none());
    let me = world.call(&ada, "me.read", &[], json!({})).await.unwrap();
    assert!(crate::csrf_matches(&ada.token, me["csrfToken"].as_str().unwrap()));
    assert!(world.sign_in("ada@example.org", GOOD).await.is_err());
    world.sign_in("ada@example.org", BETTER).await.unwrap();
}

// REQ ID-1
#[tokio::test]
async fn the_meter_applies_the_rule() {
    let world = World::new().await;
    let rate = |password: &str| {
        let input = json!({ "password": password, "name": "Ada Lovelace", "email": "ada@" });
        world.anonymous("password.rate", "192.0.2.1", input)
    };
    let good = rate(GOOD).await.unwrap();
    assert_eq!((&good["acceptable"], &good["problem"]), (&json!(true), &json!(null)));
    let bad = rate("lovelace12").await.unwrap();
    assert_eq!(bad["acceptable"], false);
    assert!(bad["problem"].is_string());
}

// REQ ID-4
#[tokio::test]
async fn any_change_of_the_password_voids_the_links_that_could_change_it() {
    let (world, ada) = World::set_up().await;
    world
        .anonymous("password.request_reset", "192.0.2.1", json!({ "email": "ada@example.org" }))
        .await
        .unwrap();
    let token = world.mailed("Ada@Example.org").await.unwrap();
    let change = json!({ "current": GOOD, "password": BETTER });
    world.call(&ada, "me.change_password", &[], change).await.unwrap();
    let reset = json!({ "token": token, "password": GOOD });
    assert_eq!(code(&world.anonymous("password.reset", "192.0.2.1", reset).await), "link_expired");
    assert!(world.sign_in("ada@example.org", BETTER).await.is_ok());
}
