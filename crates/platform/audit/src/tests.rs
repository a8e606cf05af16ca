//! The ledger on the embedded database: what is written stays as written, and pages are found by their keys.

use std::net::Ipv4Addr;
use std::sync::Arc;

use access::{Entry, Ledger, Outcome};
use kernel::cx::OsEntropy;
use kernel::{Clock as _, OrgId, Principal, Request, RequestId, Result, Secret, Timestamp};
use store::{Location, Store, params};
use uuid::Uuid;

use crate::list::{AuditPage, AuditQuery, AuditResult, page};
use crate::{AuditLedger, ledger_of};

struct World {
    store: Store,
    ledger: Arc<AuditLedger>,
    _dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let location =
            Location::Sqlite { path: dir.path().join("holdfast.db"), key: Secret::new("ab".repeat(32)) };
        let store = Store::open(&location, Arc::new(|_| {})).await.unwrap();
        Self { store, ledger: Arc::new(AuditLedger::new(Arc::new(OsEntropy))), _dir: dir }
    }

    async fn append(&self, org: Option<OrgId>, at: i64, action: &'static str, outcome: Outcome) {
        let request = Request {
            id: RequestId(Uuid::nil()),
            address: Some(Ipv4Addr::LOCALHOST.into()),
            device: "\u{1b}[31m\"device\"".into(),
            idempotency_key: None,
        };
        let notes = vec![("note", "a \"quoted\" thing".to_owned())];
        let (resource, policy, at, principal) = (None, None, Timestamp(at), Principal::console());
        let entry = Entry { org, at, principal, action, outcome, resource, policy, request, notes };
        let ledger = self.ledger.clone();
        self.store.write(move |tx| Box::pin(async move { ledger.append(tx, entry).await })).await.unwrap();
    }

    async fn page(&self, org: Option<OrgId>, query: AuditQuery) -> AuditPage {
        self.store
            .read(move |tx| Box::pin(async move { page(tx, &ledger_of(org), &query).await }))
            .await
            .unwrap()
    }

    async fn execute(&self, org: OrgId, sql: &'static str) -> Result<u64> {
        let tenant = ledger_of(Some(org));
        self.store
            .write(move |tx| Box::pin(async move { tx.within(&tenant).execute(sql, params![]).await }))
            .await
    }
}

// REQ AUDIT-1
#[tokio::test]
async fn entries_stay_as_they_were_written_and_with_their_organisation() {
    let world = World::new().await;
    let org = OrgId(Uuid::from_u128(7));
    world.append(Some(org), 1_800_000_000_000_000, "org.update", Outcome::Ok).await;
    assert!(world.execute(org, "UPDATE audit_entry SET outcome = 'denied' WHERE org_id = ?1").await.is_err());
    assert!(world.execute(org, "DELETE FROM audit_entry WHERE org_id = ?1").await.is_err());
    assert!(
        world.execute(org, "UPDATE audit_horizon SET seq = 0 WHERE trusted > 0 OR ?1 IS NULL").await.is_err()
    );
    let page = world.page(Some(org), AuditQuery::default()).await;
    let entry = &page.items[0];
    assert_eq!((page.items.len(), entry.outcome, entry.at.0), (1, AuditResult::Ok, 1_800_000_000_000_000));
    assert_eq!(
        (entry.actor.name.as_str(), entry.actor.id.as_deref()),
        ("Administrator at the console", None)
    );
    assert_eq!(entry.detail["note"], "a \"quoted\" thing");
    assert_eq!(entry.device.as_deref(), Some("\u{1b}[31m\"device\""));
    for other in [None, Some(OrgId(Uuid::from_u128(8)))] {
        assert!(world.page(other, AuditQuery::default()).await.items.is_empty());
    }
}

// REQ AUDIT-3
#[tokio::test]
async fn the_newest_entry_is_the_one_written_last_whatever_the_clock_showed() {
    let world = World::new().await;
    let year = 365 * 86_400_000_000;
    let times = [0, 10, year, year + 1, 20, 15, 30].map(|t| 1_800_000_000_000_000 + t);
    for at in times {
        world.append(None, at, "a", Outcome::Ok).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let query = AuditQuery { cursor, limit: kernel::Whole::new(2).ok(), ..AuditQuery::default() };
        let page = world.page(None, query).await;
        seen.extend(page.items.iter().map(|entry| entry.at.0));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    seen.reverse();
    assert_eq!(seen, times);
    let before = Some(Timestamp(times[0] + year / 2));
    let now = world.page(None, AuditQuery { before, ..AuditQuery::default() }).await;
    assert_eq!(
        now.items.iter().map(|entry| entry.at.0).collect::<Vec<_>>(),
        [6, 5, 4, 1, 0].map(|n| times[n])
    );
}

// REQ AUDIT-3
#[tokio::test]
async fn pages_and_ranges_of_time_meet_without_gaps() {
    let world = World::new().await;
    let at = |n: i64| 1_800_000_000_000_000 + n * 700;
    for n in 0..25 {
        let (action, outcome) = if n % 5 == 0 { ("b", Outcome::Denied) } else { ("a", Outcome::Ok) };
        world.append(None, at(n), action, outcome).await;
    }
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = world
            .page(None, AuditQuery { cursor, limit: kernel::Whole::new(7).ok(), ..AuditQuery::default() })
            .await;
        seen.extend(page.items.iter().map(|entry| entry.at.0));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    seen.reverse();
    assert_eq!(seen, (0..25).map(at).collect::<Vec<_>>());
    // To the microsecond, although ids know milliseconds only.
    for (from, to) in [(0, 25), (3, 4), (10, 11), (24, 25), (7, 7)] {
        let (after, before) = (Some(Timestamp(at(from))), Some(Timestamp(at(to))));
        let found = world.page(None, AuditQuery { after, before, ..AuditQuery::default() }).await.items;
        let mut times: Vec<i64> = found.iter().map(|entry| entry.at.0).collect();
        times.sort_unstable();
        assert_eq!(times, (from..to).map(at).collect::<Vec<_>>());
    }
    let action = Some(kernel::Line::new("b").unwrap());
    let outcome = Some(AuditResult::Denied);
    let denied = AuditQuery { action, outcome, ..AuditQuery::default() };
    assert_eq!(world.page(None, denied).await.items.len(), 5);
    let extremes = AuditQuery {
        after: Some(Timestamp(i64::MIN)),
        before: Some(Timestamp(i64::MAX)),
        ..AuditQuery::default()
    };
    assert_eq!(world.page(None, extremes).await.items.len(), 25);
}

// REQ AUDIT-1 (attack L9)
#[tokio::test]
async fn entries_are_forgotten_when_their_time_is_over_and_no_clock_that_jumps_forgets_sooner() {
    const DAY: i64 = kernel::time::DAY;
    let world = World::new().await;
    let start = 1_800_000_000_000_000;
    let org = OrgId(Uuid::from_u128(7));
    for n in 0..40 {
        world.append(None, start + n * DAY, "a", Outcome::Failed).await;
        world.append(Some(org), start + n * DAY, "a", Outcome::Ok).await;
    }
    let clock = Arc::new(kernel::time::ManualClock::at(Timestamp(start + 39 * DAY)));
    let retention = crate::Retention::new(30 * DAY, clock.clone());
    let run = async || retention.run(&world.store, vec![ledger_of(Some(org))]).await.unwrap();
    let left = async |org| {
        world
            .page(org, AuditQuery { limit: kernel::Whole::new(200).ok(), ..AuditQuery::default() })
            .await
            .items
            .len()
    };
    assert_eq!(run().await, 18, "nine days of each");
    // Ten years ahead for an hour.
    clock.jump(3650 * DAY);
    assert_eq!(run().await, 0, "no time has passed");
    clock.forward(kernel::time::HOUR);
    assert_eq!(run().await, 2, "two hours, at most");
    assert_eq!((left(None).await, left(Some(org)).await), (30, 30));
    // And back: from then on as the date says.
    clock.jump(-3650 * DAY);
    for _ in 0..40 {
        clock.forward(DAY / 4);
        run().await;
    }
    assert_eq!((left(None).await, left(Some(org)).await), (20, 20));
    assert!(world.execute(org, "DELETE FROM audit_entry WHERE org_id = ?1").await.is_err());
    assert!(
        world.execute(org, "UPDATE audit_horizon SET seq = 0 WHERE trusted > 0 OR ?1 IS NULL").await.is_err()
    );
    assert_eq!((left(None).await, left(Some(org)).await), (20, 20));
    // A shorter time counts at once. The newest entry stays.
    let shorter = crate::Retention::new(DAY, clock.clone());
    assert_eq!(shorter.run(&world.store, vec![ledger_of(Some(org))]).await.unwrap(), 39);
    assert_eq!(left(None).await + left(Some(org)).await, 1);
}

// REQ AUDIT-1, OPS-14 (attack L9)
#[tokio::test]
async fn a_clock_that_was_ahead_at_the_first_start_costs_nothing_when_it_is_right() {
    const DAY: i64 = kernel::time::DAY;
    let world = World::new().await;
    let (org, right) = (OrgId(Uuid::from_u128(7)), 1_800_000_000_000_000);
    let clock = Arc::new(kernel::time::ManualClock::at(Timestamp(right + 3650 * DAY)));
    let retention = crate::Retention::new(30 * DAY, clock.clone());
    let run = async || retention.run(&world.store, vec![ledger_of(Some(org))]).await.unwrap();
    let believe = async |date: Timestamp| {
        world.store.write(move |tx| Box::pin(async move { store::believe(tx, date).await })).await.unwrap();
    };
    believe(clock.now()).await;
    run().await;
    clock.jump(-3650 * DAY);
    for n in 0..40 {
        world.append(Some(org), right + n * DAY / 4, "a", Outcome::Ok).await;
        assert_eq!(run().await, 0, "nothing is older than ten days");
        clock.forward(DAY / 4);
    }
    // After the right date has been believed, the wrong one is doubted if it comes back.
    believe(clock.now()).await;
    run().await;
    clock.jump(3650 * DAY);
    assert_eq!(run().await, 0);
}
