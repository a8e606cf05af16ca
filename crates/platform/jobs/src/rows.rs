//! The SQL of the table `job` that enqueues, takes and ends a job.
//!
//! A lease is no date: whoever runs a job counts its heartbeats (`beat`) up, and whoever sees them stand still for the length of
//! a lease, by a clock that cannot be set, may take it. `run` counts how often it was taken; what an earlier taker writes
//! finds no row.

use crate::JobId;
use kernel::{Result, Timestamp};
use store::{Sql, Tx, params};

use crate::registry::Declared;

/// A job to be written.
pub(crate) struct New<'a> {
    pub(crate) id: JobId,
    pub(crate) declared: &'a Declared,
    pub(crate) payload: &'a str,
    pub(crate) key: Option<&'a str>,
    pub(crate) due_at: Timestamp,
    /// How long it is to wait from now; none: it waits for the date.
    pub(crate) wait: Option<i64>,
}

/// False: an unfinished one has the same key.
pub(crate) async fn insert(tx: &mut Tx, new: &New<'_>, now: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO job (id, kind, payload, unique_key, state, priority, due_at, wait, created_at)
               VALUES (?1, ?2, ?3, ?4, 'waiting', ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
    let Declared { kind, priority, .. } = *new.declared;
    let values = params![new.id, kind, new.payload, new.key, priority as i64, new.due_at, new.wait, now];
    Ok(tx.execute(sql, values).await? == 1)
}

/// A job that was taken.
pub(crate) struct Taken {
    pub(crate) id: JobId,
    pub(crate) kind: String,
    pub(crate) payload: String,
    pub(crate) attempts: i64,
    pub(crate) run: i64,
}

/// What is due: its time has come, or it was to wait for a time and would now wait for longer, because the clock has been set
/// back since.
macro_rules! due {
    () => {
        "state = 'waiting' AND (due_at <= ?1 OR due_at - wait > ?1) AND kind IN "
    };
}
macro_rules! kinds {
    (sqlite) => {
        "(SELECT value FROM json_each(?2))"
    };
    (postgres) => {
        "(SELECT json_array_elements_text(?2::text::json))"
    };
}

/// Whether there is something to take. `kinds` is a JSON list.
pub(crate) async fn is_due(tx: &mut Tx, kinds: &str, now: Timestamp) -> Result<bool> {
    let sql = Sql::each(
        concat!("SELECT 1 FROM job WHERE ", due!(), kinds!(sqlite), " LIMIT 1"),
        concat!("SELECT 1 FROM job WHERE ", due!(), kinds!(postgres), " LIMIT 1"),
    );
    Ok(tx.optional(sql, params![now, kinds], |_| Ok(())).await?.is_some())
}

/// Takes the job that goes first.
pub(crate) async fn take(tx: &mut Tx, kinds: &str, now: Timestamp) -> Result<Option<Taken>> {
    macro_rules! take {
        ($kinds:expr, $lock:literal) => {
            concat!(
                "UPDATE job SET state = 'running', attempts = attempts + 1, run = run + 1, beat = 0,
                   progress_done = NULL, progress_total = NULL, progress_text = NULL
                 WHERE id = (SELECT id FROM job WHERE ",
                due!(),
                $kinds,
                " ORDER BY priority DESC, due_at, id LIMIT 1",
                $lock,
                ") RETURNING id, kind, payload, attempts, run"
            )
        };
    }
    let sql = Sql::each(take!(kinds!(sqlite), ""), take!(kinds!(postgres), " FOR UPDATE SKIP LOCKED"));
    tx.optional(sql, params![now, kinds], |row| {
        Ok(Taken {
            id: row.get(0)?,
            kind: row.get(1)?,
            payload: row.get(2)?,
            attempts: row.get(3)?,
            run: row.get(4)?,
        })
    })
    .await
}

/// How far an attempt has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) done: Option<i64>,
    pub(crate) total: Option<i64>,
    pub(crate) text: Option<String>,
}

/// What a heartbeat found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Ours,
    /// Somebody has asked that it be cancelled.
    Cancelled,
    /// Somebody else has taken it, or it is gone.
    Lost,
}

pub(crate) async fn beat(tx: &mut Tx, id: JobId, run: i64, progress: &Progress) -> Result<Held> {
    let sql = "UPDATE job SET beat = beat + 1, progress_done = ?3, progress_total = ?4, progress_text = ?5
               WHERE id = ?1 AND run = ?2 AND state = 'running' RETURNING cancel";
    let Progress { done, total, text } = progress;
    let cancel: Option<bool> =
        tx.optional(sql, params![id, run, *done, *total, text.as_deref()], |row| row.get(0)).await?;
    Ok(match cancel {
        Some(true) => Held::Cancelled,
        Some(false) => Held::Ours,
        None => Held::Lost,
    })
}

/// Removes a job that has ended. False: it is not this taker's any more.
pub(crate) async fn remove(tx: &mut Tx, id: JobId, run: i64) -> Result<bool> {
    let sql = "DELETE FROM job WHERE id = ?1 AND run = ?2 AND state = 'running'";
    Ok(tx.execute(sql, params![id, run]).await? == 1)
}

/// A job that somebody has asked to cancel does not go back into the queue.
async fn drop_cancelled(tx: &mut Tx, id: JobId) -> Result<()> {
    let sql = "DELETE FROM job WHERE id = ?1 AND cancel AND state = 'waiting'";
    tx.execute(sql, params![id]).await.map(|_| ())
}

/// Back into the queue after a failure.
pub(crate) async fn retry(
    tx: &mut Tx,
    (id, run): (JobId, i64),
    problem: &str,
    (now, pause): (Timestamp, i64),
) -> Result<()> {
    let sql = "UPDATE job SET state = 'waiting', due_at = ?3, wait = ?4, problem = ?5
               WHERE id = ?1 AND run = ?2 AND state = 'running'";
    tx.execute(sql, params![id, run, now.plus(pause), pause, problem]).await?;
    drop_cancelled(tx, id).await
}

/// Failed too often.
pub(crate) async fn bury(tx: &mut Tx, (id, run): (JobId, i64), problem: &str, now: Timestamp) -> Result<()> {
    let sql = "UPDATE job SET state = 'dead', due_at = ?3, wait = NULL, problem = ?4
               WHERE id = ?1 AND run = ?2 AND state = 'running'";
    tx.execute(sql, params![id, run, now, problem]).await.map(|_| ())
}

/// Back into the queue as if it had not been taken: whoever ran it has to stop.
pub(crate) async fn put_back(
    tx: &mut Tx,
    (id, run): (JobId, i64),
    problem: &str,
    now: Timestamp,
) -> Result<()> {
    let sql = "UPDATE job SET state = 'waiting', attempts = attempts - 1, due_at = ?3, wait = 0, problem = ?4
               WHERE id = ?1 AND run = ?2 AND state = 'running'";
    tx.execute(sql, params![id, run, now, problem]).await?;
    drop_cancelled(tx, id).await
}

/// A job that somebody runs, or ran until they died.
pub(crate) struct Beating {
    pub(crate) id: JobId,
    pub(crate) kind: String,
    pub(crate) attempts: i64,
    pub(crate) run: i64,
    pub(crate) beat: i64,
}

pub(crate) async fn running(tx: &mut Tx) -> Result<Vec<Beating>> {
    tx.query("SELECT id, kind, attempts, run, beat FROM job WHERE state = 'running'", &[], |row| {
        Ok(Beating {
            id: row.get(0)?,
            kind: row.get(1)?,
            attempts: row.get(2)?,
            run: row.get(3)?,
            beat: row.get(4)?,
        })
    })
    .await
}

/// Takes a job away from whoever ran it, if its heart has not beaten since.
pub(crate) async fn release(
    tx: &mut Tx,
    left: &Beating,
    dead: bool,
    problem: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE job SET state = CASE WHEN ?6 THEN 'dead' ELSE 'waiting' END, run = run + 1, due_at = ?4, wait = 0, problem = ?5
               WHERE id = ?1 AND run = ?2 AND beat = ?3 AND state = 'running'";
    let values = params![left.id, left.run, left.beat, now, problem, dead];
    let released = tx.execute(sql, values).await? == 1;
    drop_cancelled(tx, left.id).await?;
    Ok(released)
}
