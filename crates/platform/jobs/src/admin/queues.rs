//! The queues: how many jobs there are of each kind.

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route,
};
use kernel::{Cx, Result};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

pub(crate) struct List;

/// The jobs of one kind.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobQueue {
    kind: String,
    waiting: i64,
    running: i64,
    /// Dead letters.
    dead: i64,
}

/// The queues that are not empty.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobQueueList {
    items: Vec<JobQueue>,
}

impl Operation for List {
    const ID: &'static str = "job.queues";
    const SUMMARY: &'static str = "Shows how many jobs of each kind wait, run, and have failed.";
    const ROUTE: Route = Route::get("/job-queues");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reading the counts changes nothing");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = InstallationTarget;
    type Input = Empty;
    type Output = JobQueueList;

    async fn run(&self, _: &Cx, tx: &mut Tx, _: &Proof<Self>, _: Empty) -> Result<JobQueueList> {
        let sql = "SELECT kind, count(CASE state WHEN 'waiting' THEN 1 END), count(CASE state WHEN 'running' THEN 1 END),
                     count(CASE state WHEN 'dead' THEN 1 END)
                   FROM job GROUP BY kind ORDER BY kind";
        let items = tx.query(sql, &[], |row| {
            Ok(JobQueue { kind: row.get(0)?, waiting: row.get(1)?, running: row.get(2)?, dead: row.get(3)? })
        });
        Ok(JobQueueList { items: items.await? })
    }
}
