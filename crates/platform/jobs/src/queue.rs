//! What modules do with their own jobs: enqueue them, look at those that are not finished, take them back.

use crate::JobId;
use kernel::{Cx, Error, Result, Timestamp};
use store::{Tx, params};

use crate::job::{Job, Unique};
use crate::registry::Declared;
use crate::rows::{self, New};

/// When a job is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// As soon as the transaction has been committed.
    Now,
    /// Not before this date.
    At(Timestamp),
}

/// Enqueues a job in the transaction of the change that asks for it: it exists if that is committed. `None`: there is an
/// unfinished one with the same key, and one is enough.
pub async fn enqueue<J: Job>(cx: &Cx, tx: &mut Tx, job: &J, when: When) -> Result<Option<JobId>> {
    let now = cx.now();
    let payload = serde_json::to_string(job).map_err(Error::internal)?;
    let key = match J::UNIQUE {
        Unique::No => None,
        Unique::Key(key) => Some(key(job)),
    };
    let (due_at, wait) = match when {
        When::Now => (now, Some(0)),
        When::At(date) => (date, None),
    };
    let id = JobId::new(cx);
    let declared = Declared::of::<J>();
    let new = New { id, declared: &declared, payload: &payload, key: key.as_deref(), due_at, wait };
    Ok(add(tx, new, now).await?.then_some(id))
}

/// Writes the row, and wakes the worker once it is committed.
pub(crate) async fn add(tx: &mut Tx, new: New<'_>, now: Timestamp) -> Result<bool> {
    let added = rows::insert(tx, &new, now).await?;
    if added {
        tx.job_enqueued();
    }
    Ok(added)
}

/// A job that waits or runs.
#[derive(Debug)]
pub struct Unfinished<J> {
    /// What it carries.
    pub job: J,
    /// When it is tried, or tried again.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

/// The jobs of a kind that wait or run, the oldest first, at most so many.
pub async fn unfinished<J: Job>(tx: &mut Tx, limit: i64) -> Result<Vec<Unfinished<J>>> {
    let sql = "SELECT payload, due_at, attempts, problem FROM job WHERE kind = ?1 AND state <> 'dead' ORDER BY id LIMIT ?2";
    tx.query(sql, params![J::KIND, limit], |row| {
        Ok(Unfinished {
            job: serde_json::from_str(row.text(0)?).map_err(Error::internal)?,
            due_at: row.get(1)?,
            attempts: row.get(2)?,
            problem: row.get(3)?,
        })
    })
    .await
}

/// How many jobs of a kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that wait or run.
    pub unfinished: i64,
    /// Those of them that have failed at least once.
    pub troubled: i64,
    /// Those that have failed too often.
    pub dead: i64,
}

/// How many jobs of a kind there are.
pub async fn counts<J: Job>(tx: &mut Tx) -> Result<Counts> {
    let sql = "SELECT coalesce(sum(CASE WHEN state <> 'dead' THEN 1 ELSE 0 END), 0),
                 coalesce(sum(CASE WHEN state <> 'dead' AND problem IS NOT NULL THEN 1 ELSE 0 END), 0),
                 coalesce(sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0)
               FROM job WHERE kind = ?1";
    let counts = tx
        .optional(sql, params![J::KIND], |row| {
            Ok(Counts { unfinished: row.get(0)?, troubled: row.get(1)?, dead: row.get(2)? })
        })
        .await?;
    Ok(counts.unwrap_or_default())
}

/// Removes the jobs of a kind that carry something of which `which` says so, whatever their state: what they carry is erased.
pub async fn discard<J: Job>(tx: &mut Tx, which: impl Fn(&J) -> bool + Send) -> Result<()> {
    let all = tx
        .query("SELECT id, payload FROM job WHERE kind = ?1", params![J::KIND], |row| {
            let job: J = serde_json::from_str(row.text(1)?).map_err(Error::internal)?;
            Ok((row.get::<JobId>(0)?, job))
        })
        .await?;
    for (id, _) in all.into_iter().filter(|(_, job)| which(job)) {
        tx.execute("DELETE FROM job WHERE id = ?1", params![id]).await?;
    }
    Ok(())
}

/// Removes the jobs of a kind that were due before this date and are not running: what they were for is over.
pub async fn discard_before<J: Job>(tx: &mut Tx, before: Timestamp) -> Result<()> {
    let sql = "DELETE FROM job WHERE kind = ?1 AND state <> 'running' AND due_at < ?2";
    tx.execute(sql, params![J::KIND, before]).await.map(|_| ())
}
