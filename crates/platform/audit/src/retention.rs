//! The ledger is kept for as long as the installation says. Entries before a number in the database, the horizon, may be
//! deleted; the database's triggers refuse everything else.
//!
//! The horizon follows the date, but at most twice as fast as time really passes while the server runs: a clock that is
//! set years ahead for a day costs two days of the oldest entries at most. An entry with a date ahead of the clock holds the
//! horizon back until its time is over: what is kept too long can still be deleted, the other way there is no remedy.

use std::sync::Arc;

use kernel::{Clock, Error, Moment, Result, Timestamp};
use parking_lot::Mutex;
use store::{Store, Tenant, Tx, params};

use crate::ledger_of;

/// Entries deleted in one transaction: others write meanwhile.
const BATCH: i64 = 500;

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

    /// Deletes what has been kept long enough, of these organisations and of the installation itself. For the server to run
    /// every hour or so. Returns how many entries went.
    pub async fn run(&self, store: &Store, mut tenants: Vec<Tenant>) -> Result<u64> {
        tenants.push(ledger_of(None));
        let now = self.clock.moment();
        let passed = self.last.lock().replace(now).map_or(0, |last| now.since(last));
        let wanted = self.clock.now().plus(-self.keep);
        let asked = tenants.clone();
        let horizon =
            store.write(move |tx| Box::pin(async move { advance(tx, &asked, wanted, passed).await })).await?;
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

/// Moves the horizon towards the wanted moment, and says before which number entries may go.
async fn advance(tx: &mut Tx, tenants: &[Tenant], wanted: Timestamp, passed: i64) -> Result<i64> {
    let sql = "SELECT kept_from, seq FROM audit_horizon WHERE id = 1";
    let at: Option<(Timestamp, i64)> = tx.optional(sql, &[], |row| Ok((row.get(0)?, row.get(1)?))).await?;
    let (from, horizon) = at.ok_or_else(|| Error::internal("the ledger has no horizon"))?;
    let begin = if from.0 == 0 { oldest(tx, tenants).await? } else { Some(from) };
    let Some(begin) = begin else { return Ok(horizon) };
    let next = Timestamp(wanted.0.min(begin.0.saturating_add(2 * passed)));
    if next <= from {
        return Ok(horizon);
    }
    // The first that stays, of all. Without one the horizon stays too: the newest entry is never deleted, so that no number
    // is given twice.
    let mut first: Option<i64> = None;
    for tenant in tenants {
        let sql =
            "SELECT seq FROM audit_entry WHERE org_id = ?1 AND seq >= ?2 AND at >= ?3 ORDER BY seq LIMIT 1";
        let stays: Option<i64> =
            tx.within(tenant).optional(sql, params![horizon, next], |row| row.get(0)).await?;
        first = first.into_iter().chain(stays).min();
    }
    let seq = first.map_or(horizon, |first| first.max(horizon));
    tx.execute("UPDATE audit_horizon SET kept_from = ?1, seq = ?2 WHERE id = 1", params![next, seq]).await?;
    Ok(seq)
}

/// The date of the first entry of all.
async fn oldest(tx: &mut Tx, tenants: &[Tenant]) -> Result<Option<Timestamp>> {
    let mut oldest = None;
    for tenant in tenants {
        let sql = "SELECT at FROM audit_entry WHERE org_id = ?1 ORDER BY seq LIMIT 1";
        let first: Option<Timestamp> = tx.within(tenant).optional(sql, &[], |row| row.get(0)).await?;
        oldest = oldest.into_iter().chain(first).min();
    }
    Ok(oldest)
}

/// A batch of what one tenant has from before the horizon.
async fn delete(tx: &mut Tx, tenant: &Tenant, horizon: i64) -> Result<u64> {
    let sql = "DELETE FROM audit_entry WHERE org_id = ?1 AND seq < ?2 AND seq IN
        (SELECT seq FROM audit_entry WHERE org_id = ?1 AND seq < ?2 ORDER BY seq LIMIT ?3)";
    tx.within(tenant).execute(sql, params![horizon, BATCH]).await
}
