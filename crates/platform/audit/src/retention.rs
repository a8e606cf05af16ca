//! The ledger is kept for as long as the installation says. Entries before a number in the database, the horizon, may be
//! deleted; the database's triggers refuse everything else.
//!
//! The date that it goes by follows the clock, but at most twice as fast as time really passes while the server runs: a clock
//! that is set years ahead for a day costs two days of the oldest entries at most. It is never ahead of the clock, and falls back
//! to the date that is believed (ADR 11) where it had begun with a wrong one. An entry with a date ahead of the clock holds
//! the horizon back until its time is over: what is kept too long can still be deleted, the other way there is no remedy.
//! For the same reason a date that began years behind the right one is caught up with at that pace, and the ledger is kept for
//! longer until then: seen from here, a clock that is right at last looks as one does that has been set years ahead.

use std::sync::Arc;

use jobs::{Attempt, Failure, Handler, Job, Missed, Priority, Registry, Retry, Schedule, Unique};
use kernel::time::MINUTE;
use kernel::{Clock, Error, Moment, Result, Timestamp};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use store::{Store, Tenant, Tx, TxFuture, params};

use crate::ledger_of;

/// Entries deleted in one transaction: others write meanwhile.
const BATCH: i64 = 500;

/// The job that shortens the ledger. Due every hour; the server also asks for it at its start and when the clock has jumped.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Forget {}

impl Job for Forget {
    const KIND: &'static str = "audit.forget";
    const RETRY: Retry = Retry { attempts: 5, first: MINUTE, longest: 10 * MINUTE };
    const PRIORITY: Priority = Priority::Low;
    const UNIQUE: Unique<Self> = Unique::Key(|_| String::new());
    const AT_ONCE: usize = 1;
}

/// Finds the organisations.
pub type Tenants = fn(&mut Tx) -> TxFuture<'_, Vec<Tenant>>;

/// What this module does in jobs.
pub fn jobs(retention: Retention, tenants: Tenants) -> Result<Registry> {
    let schedule = Schedule::new(Forget::KIND, "17 * * * *", "UTC", Missed::RunOnce, &Forget {})?;
    Ok(Registry::default().handler(Forgetter { retention, tenants }).schedule(schedule))
}

struct Forgetter {
    retention: Retention,
    tenants: Tenants,
}

impl Handler for Forgetter {
    type Job = Forget;

    async fn run(&self, attempt: &Attempt, _: Forget) -> std::result::Result<(), Failure> {
        let find = self.tenants;
        let tenants = attempt.store().read(move |tx| find(tx)).await?;
        let forgotten = self.retention.run(attempt.store(), tenants).await?;
        if forgotten > 0 {
            tracing::info!(entries = forgotten, "the ledger has forgotten what it had kept long enough");
        }
        Ok(())
    }
}

/// How long the ledger is kept.
pub struct Retention {
    keep: i64,
    clock: Arc<dyn Clock>,
    last: Mutex<Option<Moment>>,
}

impl Retention {
    /// Keeps entries for so many microseconds.
    pub fn new(keep: i64, clock: Arc<dyn Clock>) -> Self {
        Self { keep, clock, last: Mutex::default() }
    }

    /// Deletes what has been kept long enough, of these organisations and of the installation itself. Returns how many
    /// entries went.
    pub async fn run(&self, store: &Store, mut tenants: Vec<Tenant>) -> Result<u64> {
        tenants.push(ledger_of(None));
        let now = self.clock.moment();
        let passed = self.last.lock().replace(now).map_or(0, |last| now.since(last));
        let (date, keep, asked) = (self.clock.now(), self.keep, tenants.clone());
        let horizon = store
            .write(move |tx| Box::pin(async move { advance(tx, &asked, date, passed, keep).await }))
            .await?;
        let mut deleted = 0;
        for tenant in tenants {
            loop {
                let batch = store
                    .write(move |tx| Box::pin(async move { delete(tx, &tenant, horizon).await }))
                    .await?;
                deleted += batch;
                if batch == 0 {
                    break;
                }
            }
        }
        Ok(deleted)
    }
}

/// Moves the horizon, and says before which number entries may go.
async fn advance(tx: &mut Tx, tenants: &[Tenant], date: Timestamp, passed: i64, keep: i64) -> Result<i64> {
    let sql = "SELECT trusted, seq FROM audit_horizon WHERE id = 1";
    let at: Option<(Timestamp, i64)> = tx.optional(sql, &[], |row| Ok((row.get(0)?, row.get(1)?))).await?;
    let (trusted, horizon) = at.ok_or_else(|| Error::internal("the ledger has no horizon"))?;
    let believed = store::seen_at(tx).await?;
    let begin = match believed {
        Some(believed) if trusted.0 == 0 || believed < trusted => believed,
        None if trusted.0 == 0 => date,
        _ => trusted,
    };
    let trusted = begin.max(date.min(begin.plus(2 * passed)));
    let now = trusted.min(date);
    let (mut first, mut newest): (Option<i64>, Option<i64>) = (None, None);
    for tenant in tenants {
        let sql =
            "SELECT seq FROM audit_entry WHERE org_id = ?1 AND seq >= ?2 AND at >= ?3 ORDER BY seq LIMIT 1";
        let from = params![horizon, now.plus(-keep)];
        let stays: Option<i64> = tx.within(tenant).optional(sql, from, |row| row.get(0)).await?;
        first = first.into_iter().chain(stays).min();
        let sql = "SELECT max(seq) FROM audit_entry WHERE org_id = ?1";
        newest = newest.max(tx.within(tenant).one(sql, &[], |row| row.get(0)).await?);
    }
    // The first that stays, of all. The newest entry always does, so that no number is given twice.
    let seq = first.or(newest).map_or(horizon, |first| first.max(horizon));
    tx.execute("UPDATE audit_horizon SET trusted = ?1, seq = ?2 WHERE id = 1", params![trusted, seq]).await?;
    Ok(seq)
}

/// A batch of what one tenant has from before the horizon.
async fn delete(tx: &mut Tx, tenant: &Tenant, horizon: i64) -> Result<u64> {
    let sql = "DELETE FROM audit_entry WHERE org_id = ?1 AND seq < ?2 AND seq IN
        (SELECT seq FROM audit_entry WHERE org_id = ?1 AND seq < ?2 ORDER BY seq LIMIT ?3)";
    tx.within(tenant).execute(sql, params![horizon, BATCH]).await
}
