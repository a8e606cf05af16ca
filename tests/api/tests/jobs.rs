//! Jobs on both databases: taken once, taken again, tried again, cancelled; schedules; what administrators do.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use ::jobs::{
    Attempt, Failure, Handler, Job, Missed, Priority, Registry, Retry, Schedule, Unique, When, Worker,
};
use api_tests::{World, both, postgres};
use kernel::cx::OsEntropy;
use kernel::time::{DAY, HOUR, MINUTE, ManualClock, SECOND};
use kernel::{Clock, Cx, Error, Principal, Request, RequestId, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Location, Store, Tx, params};
use tokio::sync::{Notify, Semaphore, watch};

const YEAR: i64 = 365 * DAY;

/// A job of these tests: what its handler does stands in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Task {
    name: String,
}

impl Job for Task {
    const KIND: &'static str = "test.task";
    const RETRY: Retry = Retry { attempts: 3, first: MINUTE, longest: HOUR };
    const PRIORITY: Priority = Priority::Normal;
    const UNIQUE: Unique<Self> = Unique::Key(|task| task.name.clone());
    const AT_ONCE: usize = 4;
}

/// The same, in no hurry.
#[derive(Serialize, Deserialize)]
struct Slow {
    name: String,
}

impl Job for Slow {
    const KIND: &'static str = "test.slow";
    const RETRY: Retry = Task::RETRY;
    const PRIORITY: Priority = Priority::Low;
    const UNIQUE: Unique<Self> = Unique::No;
    const AT_ONCE: usize = 1;
}

/// What the handlers share with the test.
#[derive(Default)]
struct Seen {
    begun: parking_lot::Mutex<Vec<String>>,
    at_a_time: AtomicI64,
    most: AtomicI64,
    fails: AtomicBool,
    hangs: AtomicBool,
    started: Notify,
}

struct Works(Arc<Seen>);

impl Handler for Works {
    type Job = Task;

    async fn run(&self, attempt: &Attempt, task: Task) -> Result<(), Failure> {
        let seen = &self.0;
        seen.most.fetch_max(seen.at_a_time.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        seen.begun.lock().push(task.name.clone());
        seen.started.notify_one();
        if seen.hangs.load(Ordering::SeqCst) {
            attempt.progress(1, 3, "one of three");
            let _at_the_end = OnDrop(seen.clone());
            pending::<()>().await;
        }
        tokio::task::yield_now().await;
        seen.at_a_time.fetch_sub(1, Ordering::SeqCst);
        if seen.fails.load(Ordering::SeqCst) {
            return Err(Failure::new("it is not to be"));
        }
        attempt.complete(move |tx| Box::pin(async move { result(tx, &task.name).await })).await?;
        Ok(())
    }
}

struct OnDrop(Arc<Seen>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.at_a_time.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Slowly(Arc<Seen>);

impl Handler for Slowly {
    type Job = Slow;

    async fn run(&self, _: &Attempt, slow: Slow) -> Result<(), Failure> {
        self.0.begun.lock().push(slow.name);
        Ok(())
    }
}

/// A result is a row here: a table that every database has, whose rows nobody else writes in these tests.
async fn result(tx: &mut Tx, name: &str) -> kernel::Result<()> {
    let sql = "INSERT INTO idempotency (principal, key, operation, request_hash, response, created_at) VALUES (?1, ?1, 'test', ?2, '', 0)";
    tx.execute(sql, params![name, &[0u8; 4]]).await.map(|_| ())
}

/// A database, a clock, and what happens.
struct Bench {
    store: Store,
    clock: Arc<ManualClock>,
    seen: Arc<Seen>,
    _dir: Option<tempfile::TempDir>,
}

impl Bench {
    async fn each() -> [Self; 2] {
        let dir = tempfile::tempdir().unwrap();
        let sqlite = Location::Sqlite { path: dir.path().join("test.db"), key: Secret::new("ab".repeat(32)) };
        let url = postgres::database().await;
        let postgres = Location::Postgres { url, ca_file: None, connections: 8 };
        [Self::on(sqlite, Some(dir)).await, Self::on(postgres, None).await]
    }

    async fn on(location: Location, dir: Option<tempfile::TempDir>) -> Self {
        let store = Store::open(&location, Arc::new(|_| {})).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_800_000_000 * SECOND)));
        Self { store, clock, seen: Arc::default(), _dir: dir }
    }

    fn cx(&self) -> Cx {
        let id = RequestId(kernel::cx::uuid_v7(self.clock.now(), &OsEntropy));
        let request = Request { id, address: None, device: "test".into(), idempotency_key: None };
        Cx::new(Principal::system(), request, self.clock.clone(), Arc::new(OsEntropy))
    }

    fn registry(&self) -> Registry {
        Registry::default().handler(Works(self.seen.clone())).handler(Slowly(self.seen.clone()))
    }

    /// Another process' worker on the same database.
    fn worker(&self) -> Worker {
        self.worker_with(&self.registry(), self.clock.clone())
    }

    fn worker_with(&self, registry: &Registry, clock: Arc<ManualClock>) -> Worker {
        Worker::new(self.store.clone(), clock, Arc::new(OsEntropy), registry, Arc::default()).unwrap()
    }

    async fn enqueue<J: Job>(&self, job: J, when: When) -> bool {
        let cx = self.cx();
        let enqueue = self.store.write(move |tx| {
            Box::pin(async move { ::jobs::enqueue(&cx, tx, &job, when).await.map(|id| id.is_some()) })
        });
        enqueue.await.unwrap()
    }

    async fn task(&self, name: &str) -> bool {
        self.enqueue(Task { name: name.into() }, When::Now).await
    }

    fn begun(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.begun.lock())
    }

    async fn rows(&self, sql: &'static str) -> Vec<String> {
        let rows = self
            .store
            .read(move |tx| Box::pin(async move { tx.query(sql, &[], |row| row.get::<String>(0)).await }));
        rows.await.unwrap()
    }

    async fn results(&self) -> Vec<String> {
        self.rows("SELECT principal FROM idempotency ORDER BY principal").await
    }

    async fn states(&self) -> Vec<String> {
        self.rows("SELECT state FROM job ORDER BY id").await
    }
}

// REQ JOB-1
#[tokio::test]
async fn a_job_of_a_transaction_that_was_rolled_back_does_not_exist() {
    for bench in Bench::each().await {
        let cx = bench.cx();
        let refused = bench.store.write(move |tx| {
            Box::pin(async move {
                ::jobs::enqueue(&cx, tx, &Task { name: "never".into() }, When::Now).await?;
                Err::<(), _>(Error::conflict("changed my mind"))
            })
        });
        assert!(refused.await.is_err());
        bench.worker().run_due().await.unwrap();
        assert_eq!((bench.begun(), bench.states().await), (vec![], vec![]));
        assert!(bench.task("once").await && !bench.task("once").await, "one with this key waits already");
        bench.worker().run_due().await.unwrap();
        assert_eq!((bench.begun(), bench.states().await), (vec!["once".to_owned()], vec![]));
        assert!(bench.task("once again").await && bench.task("once").await, "the first is done");
    }
}

// REQ JOB-1
#[tokio::test]
async fn what_was_taken_and_left_is_taken_again_after_the_lease_and_done_once() {
    for bench in Bench::each().await {
        bench.task("left").await;
        // It is killed after it took the job, before it wrote anything down.
        bench.seen.hangs.store(true, Ordering::SeqCst);
        let (first, second) = (bench.worker(), bench.worker());
        let killed = tokio::spawn(async move { first.run_due().await });
        bench.seen.started.notified().await;
        killed.abort();
        drop(killed.await);
        bench.seen.hangs.store(false, Ordering::SeqCst);
        for passes in [0, MINUTE - 1] {
            bench.clock.forward(passes);
            second.run_due().await.unwrap();
            assert_eq!(bench.begun().len(), usize::from(passes == 0), "its lease is not over");
        }
        // No date ends a lease, and none prolongs it.
        for jump in [YEAR, -2 * YEAR, YEAR] {
            bench.clock.jump(jump);
            second.run_due().await.unwrap();
            assert_eq!((bench.begun(), bench.states().await), (vec![], vec!["running".to_owned()]));
        }
        bench.clock.forward(1);
        second.run_due().await.unwrap();
        assert_eq!(bench.begun(), ["left"]);
        assert_eq!((bench.results().await, bench.states().await), (vec!["left".to_owned()], vec![]));
    }
}

// REQ JOB-1
#[tokio::test]
async fn who_lost_a_job_writes_no_result() {
    struct Late(Arc<Semaphore>, Arc<Notify>);
    impl Handler for Late {
        type Job = Task;
        async fn run(&self, attempt: &Attempt, task: Task) -> Result<(), Failure> {
            self.1.notify_one();
            self.0.acquire().await.unwrap().forget();
            attempt.complete(move |tx| Box::pin(async move { result(tx, &task.name).await })).await?;
            Ok(())
        }
    }
    for bench in Bench::each().await {
        bench.task("late").await;
        let (go_on, started) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
        let late = Registry::default().handler(Late(go_on.clone(), started.clone()));
        let late = bench.worker_with(&late, bench.clock.clone());
        let late = tokio::spawn(async move { late.run_due().await });
        started.notified().await;
        let second = bench.worker();
        second.run_due().await.unwrap();
        bench.clock.forward(MINUTE);
        second.run_due().await.unwrap();
        assert_eq!(
            (bench.begun(), bench.results().await),
            (vec!["late".to_owned()], vec!["late".to_owned()])
        );
        // Its own would be a second row with the same key, and an error.
        go_on.add_permits(1);
        late.await.unwrap().unwrap();
        assert_eq!((bench.results().await, bench.states().await), (vec!["late".to_owned()], vec![]));
    }
}

// REQ JOB-1
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_workers_run_each_job_once() {
    for bench in Bench::each().await {
        for n in 0..40 {
            bench.task(&format!("{n:02}")).await;
        }
        let workers = (0..4).map(|_| {
            let worker = bench.worker();
            tokio::spawn(async move { worker.run_due().await.unwrap() })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap();
        }
        let mut begun = bench.begun();
        begun.sort();
        let all: Vec<String> = (0..40).map(|n| format!("{n:02}")).collect();
        assert_eq!((begun, bench.results().await), (all.clone(), all));
        assert!(bench.seen.most.load(Ordering::SeqCst) <= 4);
    }
}

// REQ JOB-1
#[tokio::test]
async fn a_failed_job_is_tried_again_later_and_kept_in_the_end() {
    for bench in Bench::each().await {
        let worker = bench.worker();
        bench.task("unlucky").await;
        bench.seen.fails.store(true, Ordering::SeqCst);
        for pause in [MINUTE, 2 * MINUTE] {
            worker.run_due().await.unwrap();
            assert_eq!((bench.begun().len(), bench.states().await), (1, vec!["waiting".to_owned()]));
            bench.clock.forward(pause - 1);
            worker.run_due().await.unwrap();
            assert_eq!(bench.begun().len(), 0, "too early");
            // The pause and its jitter, a quarter of it at most.
            bench.clock.forward(pause / 4 + 1);
        }
        worker.run_due().await.unwrap();
        assert_eq!((bench.begun().len(), bench.states().await), (1, vec!["dead".to_owned()]));
        assert_eq!(bench.rows("SELECT problem FROM job").await, ["it is not to be"]);
        bench.clock.forward(YEAR);
        worker.run_due().await.unwrap();
        assert_eq!(bench.begun().len(), 0);
        assert!(bench.task("unlucky").await, "a dead letter keeps nobody from trying anew");
    }
}

// REQ JOB-1
#[tokio::test]
async fn a_pause_ends_when_the_clock_goes_back_and_a_date_is_waited_for() {
    for bench in Bench::each().await {
        let worker = bench.worker();
        bench.task("paused").await;
        bench.seen.fails.store(true, Ordering::SeqCst);
        worker.run_due().await.unwrap();
        bench.seen.fails.store(false, Ordering::SeqCst);
        bench.clock.jump(-HOUR);
        worker.run_due().await.unwrap();
        assert_eq!(
            (bench.begun().len(), bench.states().await),
            (2, vec![]),
            "it would have waited for an hour"
        );
        // Asked for by a clock that is a year ahead.
        bench.clock.jump(YEAR);
        bench.task("ahead").await;
        bench.clock.jump(-YEAR);
        worker.run_due().await.unwrap();
        assert_eq!(bench.begun(), ["ahead"]);
        let date = bench.clock.now().plus(DAY);
        bench.enqueue(Task { name: "tomorrow".into() }, When::At(date)).await;
        for (passes, begun) in [(0, 0), (DAY - 1, 0), (1, 1)] {
            bench.clock.forward(passes);
            worker.run_due().await.unwrap();
            assert_eq!(bench.begun().len(), begun);
        }
    }
}

// REQ JOB-1
#[tokio::test]
async fn what_somebody_waits_for_goes_first() {
    for bench in Bench::each().await {
        bench.enqueue(Slow { name: "last".into() }, When::Now).await;
        bench.clock.forward(SECOND);
        for name in ["first", "second"] {
            bench.task(name).await;
            bench.clock.forward(SECOND);
        }
        bench.worker().run_due().await.unwrap();
        assert_eq!(bench.begun(), ["first", "second", "last"]);
    }
}

// REQ JOB-1
#[tokio::test]
async fn who_has_to_stop_puts_back_what_is_not_done() {
    for bench in Bench::each().await {
        bench.seen.hangs.store(true, Ordering::SeqCst);
        bench.task("interrupted").await;
        let (stop, stopping) = watch::channel(false);
        let running = tokio::spawn(bench.worker().run(stopping));
        bench.seen.started.notified().await;
        let asked = std::time::Instant::now();
        stop.send(true).unwrap();
        running.await.unwrap();
        assert!((3..8).contains(&asked.elapsed().as_secs()), "{:?}", asked.elapsed());
        assert_eq!(bench.states().await, ["waiting"]);
        bench.seen.hangs.store(false, Ordering::SeqCst);
        bench.worker().run_due().await.unwrap();
        assert_eq!((bench.begun().len(), bench.results().await), (2, vec!["interrupted".to_owned()]));
    }
}

/// Every hour at seven minutes past.
fn hourly(bench: &Bench, missed: Missed) -> Registry {
    let task = Task { name: "scheduled".into() };
    bench.registry().schedule(Schedule::new("test", "7 * * * *", "UTC", missed, &task).unwrap())
}

// REQ JOB-3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_runs_once_for_each_due_time_on_several_processes() {
    for bench in Bench::each().await {
        let registry = hourly(&bench, Missed::RunOnce);
        // Two machines' clocks differ.
        let ahead = Arc::new(ManualClock::at(bench.clock.now().plus(2 * SECOND)));
        let workers =
            [bench.worker_with(&registry, bench.clock.clone()), bench.worker_with(&registry, ahead.clone())];
        let run = || futures_util::future::join_all(workers.iter().map(Worker::run_due));
        run().await;
        for hour in 0..5 {
            for _ in 0..60 {
                bench.clock.forward(MINUTE);
                ahead.forward(MINUTE);
                run().await.into_iter().for_each(Result::unwrap);
            }
            assert_eq!(bench.begun().len(), 1, "in hour {hour}");
            bench
                .store
                .write(|tx| Box::pin(async move { tx.execute("DELETE FROM idempotency", &[]).await }))
                .await
                .unwrap();
        }
    }
}

// REQ JOB-3
#[tokio::test]
async fn a_schedule_makes_up_for_what_was_missed_as_declared() {
    for (missed, runs) in [(Missed::RunOnce, 1), (Missed::Skip, 0)] {
        for bench in Bench::each().await {
            let worker = || bench.worker_with(&hourly(&bench, missed), bench.clock.clone());
            worker().run_due().await.unwrap();
            // Nobody was there for a year; or the clock was set.
            bench.clock.jump(YEAR);
            worker().run_due().await.unwrap();
            assert_eq!(bench.begun().len(), runs);
            bench.clock.jump(-YEAR);
            let worker = worker();
            for _ in 0..61 {
                bench.clock.forward(MINUTE);
                worker.run_due().await.unwrap();
            }
            assert_eq!(bench.rows("SELECT name FROM job_schedule").await, ["test"]);
            let ran = bench.rows("SELECT state FROM job").await.len() + bench.begun().len();
            assert!(ran >= 1, "it goes on after the clock was a year ahead");
        }
    }
}

/// Waits until this is so.
async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

async fn all_jobs(world: &World) -> Vec<Value> {
    world.console("job.list", &[], json!({})).await.ok()["items"].as_array().unwrap().clone()
}

both! {
    // REQ JOB-4
    async fn administrators_see_jobs_retry_and_discard_and_others_do_not(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "admin").await;
        olga.own("invitation.create", &[], json!({ "email": "cleo@example.org", "role": "editor" })).await.ok();
        let jobs = olga.call("job.list", &[], json!({ "kind": "identity.mail" })).await.ok();
        let job = &jobs["items"][0];
        assert_eq!((&job["state"], &job["attempts"]), (&json!("waiting"), &json!(0)), "{job}");
        assert!(!jobs.to_string().contains("cleo@example.org"), "what a job carries is not shown: {jobs}");
        let queues = olga.call("job.queues", &[], json!({})).await.ok();
        assert_eq!(queues["items"][0], json!({ "kind": "identity.mail", "waiting": 2, "running": 0, "dead": 0 }));
        let id = job["id"].as_str().unwrap();
        for operation in ["job.retry", "job.cancel", "job.discard"] {
            ben.call(operation, &[("job", id)], json!({})).await.refused(404, "not_found");
        }
        ben.call("job.list", &[], json!({})).await.refused(404, "not_found");
        olga.call("job.cancel", &[("job", id)], json!({})).await.refused(409, "conflict");
        // As if it had failed too often.
        world.database().await.execute("UPDATE job SET state = 'dead', attempts = 22, problem = 'no route'").await.unwrap();
        let dead = olga.call("job.list", &[], json!({ "state": "dead", "limit": 1 })).await.ok();
        assert_eq!(dead["items"][0]["problem"], "no route");
        assert_eq!(dead["next"], dead["items"][0]["id"]);
        let mails = world.console("mail.list", &[], json!({})).await.ok();
        assert_eq!(mails["items"], json!([]));
        olga.call("job.retry", &[("job", id)], json!({})).await.ok();
        let again = olga.call("job.list", &[], json!({ "state": "waiting" })).await.ok();
        assert_eq!((&again["items"][0]["id"], &again["items"][0]["attempts"]), (&json!(id), &json!(0)));
        olga.call("job.discard", &[("job", id)], json!({})).await.ok();
        olga.call("job.discard", &[("job", id)], json!({})).await.refused(404, "not_found");
        let ledger = olga.call("audit.list_installation", &[], json!({ "action": "job.discard" })).await.ok();
        assert_eq!(ledger["items"].as_array().unwrap().iter().filter(|e| e["outcome"] == "ok").count(), 1);
        assert_eq!(ledger["items"][1]["detail"]["kind"], "identity.mail", "{ledger}");
    }

    // REQ JOB-1, JOB-4
    async fn a_running_job_shows_its_progress_and_is_cancelled(world: World) {
        let olga = world.owner().await;
        let seen = Arc::new(Seen::default());
        seen.hangs.store(true, Ordering::SeqCst);
        let store = Store::open(&world.location(), Arc::new(|_| {})).await.unwrap();
        let registry = Registry::default().handler(Works(seen.clone()));
        let worker = Worker::new(store, world.clock.clone(), Arc::new(OsEntropy), &registry, Arc::default()).unwrap();
        worker.enqueue(Task { name: "long".into() }).await.unwrap();
        let (stop, stopping) = watch::channel(false);
        let running = tokio::spawn(worker.run(stopping));
        seen.started.notified().await;
        until("progress is shown", async || all_jobs(&world).await[0]["progress"]["done"] == 1).await;
        let job = all_jobs(&world).await[0].clone();
        assert_eq!(job["progress"], json!({ "done": 1, "total": 3, "text": "one of three" }));
        let id = job["id"].as_str().unwrap();
        for operation in ["job.retry", "job.discard"] {
            olga.call(operation, &[("job", id)], json!({})).await.refused(409, "conflict");
        }
        olga.call("job.cancel", &[("job", id)], json!({})).await.ok();
        until("it is gone", async || all_jobs(&world).await.is_empty()).await;
        assert_eq!(seen.at_a_time.load(Ordering::SeqCst), 0, "the handler was dropped");
        stop.send(true).unwrap();
        running.await.unwrap();
    }
}
