//! The jobs, the newest first.

use crate::JobId;
use access::{Audit, DataClass, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Line, Result, Timestamp, Whole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Row, Tx, params};
use uuid::Uuid;

use super::JobState;

pub(crate) struct List;

const USUAL: i64 = 50;

/// Which jobs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct JobQuery {
    /// Only those in this state.
    #[serde(default)]
    state: Option<JobState>,
    /// Only those of this kind.
    #[serde(default)]
    kind: Option<Line<1, 100>>,
    /// Where the last page ended.
    #[serde(default)]
    cursor: Option<JobId>,
    /// Jobs at most.
    #[serde(default)]
    limit: Option<Whole<1, 200>>,
}

/// How far a running job has come.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobProgress {
    done: i64,
    /// Of so much.
    total: i64,
    text: String,
}

/// A job that is not finished, or a dead letter.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobSummary {
    id: JobId,
    kind: String,
    state: JobState,
    created_at: Timestamp,
    /// When it is tried, or tried again; of a dead letter, when it failed for the last time.
    due_at: Timestamp,
    attempts: i64,
    /// Why the last attempt failed.
    problem: Option<String>,
    /// How far it has come, if it says so.
    progress: Option<JobProgress>,
    /// Somebody has asked that it be cancelled.
    cancelling: bool,
}

/// A page of jobs, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobPage {
    items: Vec<JobSummary>,
    next: Option<JobId>,
}

fn read(row: &Row<'_>) -> Result<JobSummary> {
    let (done, total): (Option<i64>, Option<i64>) = (row.get(7)?, row.get(8)?);
    let text = row.get::<Option<String>>(9)?.unwrap_or_default();
    Ok(JobSummary {
        id: row.get(0)?,
        kind: row.get(1)?,
        state: JobState::parse(row.text(2)?)?,
        created_at: row.get(3)?,
        due_at: row.get(4)?,
        attempts: row.get(5)?,
        problem: row.get(6)?,
        progress: done.zip(total).map(|(done, total)| JobProgress { done, total, text }),
        cancelling: row.get(10)?,
    })
}

impl Operation for List {
    const ID: &'static str = "job.list";
    const SUMMARY: &'static str =
        "Lists the jobs that wait or run and those that have failed, the newest first.";
    const ROUTE: Route = Route::get("/jobs");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reading the list changes nothing");
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = InstallationTarget;
    type Input = JobQuery;
    type Output = JobPage;

    async fn run(&self, _: &Cx, tx: &mut Tx, _: &Proof<Self>, query: JobQuery) -> Result<JobPage> {
        let limit = query.limit.map_or(USUAL, Whole::get);
        let from = query.cursor.map_or(Uuid::max(), |cursor| cursor.0);
        let sql = "SELECT id, kind, state, created_at, due_at, attempts, problem, progress_done, progress_total, progress_text, cancel
                   FROM job WHERE id < ?1 AND (CAST(?2 AS TEXT) IS NULL OR state = ?2) AND (CAST(?3 AS TEXT) IS NULL OR kind = ?3)
                   ORDER BY id DESC LIMIT ?4";
        let (state, kind) = (query.state.map(JobState::as_str), query.kind.as_ref().map(Line::as_str));
        let mut items = tx.query(sql, params![from, state, kind, limit + 1], read).await?;
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|job| job.id);
        Ok(JobPage { items, next })
    }
}
