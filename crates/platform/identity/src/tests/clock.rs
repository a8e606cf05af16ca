//! The machine's clock jumps (ADR 11): nobody is locked out for longer than a lock lasts, and limits go on.

use kernel::Code;
use kernel::time::{DAY, HOUR, MINUTE};
use serde_json::json;

use super::{BETTER, GOOD, IDLE, World};

const YEAR: i64 = 365 * DAY;

// REQ EDGE-5
#[tokio::test]
async fn a_clock_that_goes_back_an_hour_refuses_nobody() {
    let (world, ada) = World::set_up().await;
    world.call(&ada, "me.read", &[], json!({})).await.unwrap();
    world.clock.jump(-HOUR);
    for _ in 0..20 {
        world.call(&ada, "me.read", &[], json!({})).await.unwrap();
    }
    world.sign_in("ada@example.org", GOOD).await.unwrap();
    assert!(world.person(&ada.token).await.is_some());
}

// REQ ID-2
#[tokio::test]
async fn a_lock_lasts_no_longer_than_a_lock_when_the_clock_was_a_year_ahead() {
    let (world, _) = World::set_up().await;
    world.clock.jump(YEAR);
    for _ in 0..5 {
        world.sign_in("ada@example.org", BETTER).await.err().unwrap();
    }
    world.clock.jump(-YEAR);
    let locked = world.sign_in("ada@example.org", GOOD).await.err().unwrap();
    assert_eq!((locked.code, locked.retry_after), (Code::LockedOut, Some(15 * 60 + 1)));
    world.clock.forward(16 * MINUTE);
    world.sign_in("ada@example.org", GOOD).await.unwrap();
}

// REQ ID-3
#[tokio::test]
async fn who_was_here_before_the_clock_ran_ahead_is_here_when_it_is_right_again() {
    let (world, ada) = World::set_up().await;
    world.clock.jump(YEAR);
    assert!(world.person(&ada.token).await.is_none(), "by that clock the session is over");
    world.clock.jump(-YEAR);
    assert!(world.person(&ada.token).await.is_some());
}

// REQ ID-3 (attack L9)
#[tokio::test]
async fn who_was_here_while_the_clock_was_behind_is_here_when_it_is_right_again() {
    let (world, ada) = World::set_up().await;
    world.identity.clean_up(&world.store).await.unwrap();
    for _ in 0..3 {
        world.clock.jump(-YEAR);
        world.clock.forward(HOUR);
        assert!(world.person(&ada.token).await.is_some());
        world.identity.clean_up(&world.store).await.unwrap();
        world.clock.jump(YEAR);
        assert!(world.person(&ada.token).await.is_some());
    }
}

// REQ ID-3 (attack L9)
#[tokio::test]
async fn a_session_that_was_used_while_the_clock_was_ahead_goes_idle_all_the_same() {
    let (world, ada) = World::set_up().await;
    world.identity.clean_up(&world.store).await.unwrap();
    world.clock.jump(36 * HOUR);
    assert!(world.person(&ada.token).await.is_some());
    world.seen(&ada).await;
    world.clock.jump(-36 * HOUR);
    world.identity.clean_up(&world.store).await.unwrap();
    world.clock.forward(IDLE + HOUR);
    assert!(world.person(&ada.token).await.is_none());
}

// REQ ID-4
#[tokio::test]
async fn resets_asked_for_by_a_clock_that_was_ahead_do_not_use_up_todays() {
    let (world, _) = World::set_up().await;
    let ask =
        || world.anonymous("password.request_reset", "192.0.2.1", json!({ "email": "ada@example.org" }));
    world.clock.jump(YEAR);
    for _ in 0..4 {
        ask().await.unwrap();
    }
    world.clock.jump(-YEAR);
    let before = mails(&world).await;
    ask().await.unwrap();
    assert_eq!(mails(&world).await, before + 1);
}

async fn mails(world: &World) -> usize {
    world.console("mail.list", &[], json!({})).await.unwrap()["items"].as_array().unwrap().len()
}
