//! Takes what is due, runs it, and writes down what came of it. One worker a process; several processes may work on one
//! database.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::JobId;
use futures_util::FutureExt;
use kernel::time::MINUTE;
use kernel::{Clock, Entropy, Moment, Result};
use parking_lot::Mutex;
use store::Store;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::attempt::{AnyHandler, Attempt, Failure, system_cx};
use crate::job::{Job, Retry};
use crate::queue::{self, When};
use crate::registry::Registry;
use crate::rows::{self, Beating, Held, Taken};
use crate::schedule::{self, Schedule};

/// Jobs that one process runs at a time.
const SLOTS: usize = 4;
/// How often it looks without being woken: for what is due later, and for what another process has enqueued.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a running job says that it still runs.
const BEAT: Duration = Duration::from_secs(5);
/// A job whose heart has not beaten for so long is taken from whoever ran it.
const LEASE: i64 = MINUTE;
/// When we stop, a running job has so long to come to its end.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// What a job that was left says.
const LEFT: &str = "the process that ran it ended";

/// The worker. Cheap to clone.
#[derive(Clone)]
pub struct Worker(Arc<Core>);

struct Core {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    handlers: BTreeMap<&'static str, Arc<dyn AnyHandler>>,
    schedules: Vec<Schedule>,
    /// Whether the schedules' rows are known to be what the modules declare.
    declared: AtomicBool,
    woken: Arc<Notify>,
    /// What this worker runs.
    running: Mutex<HashMap<JobId, &'static str>>,
    /// The heartbeats of what others run, and since when they are what they are.
    watched: Mutex<HashMap<JobId, (i64, i64, Moment)>>,
}

/// How an attempt ended.
enum Outcome {
    Done,
    Failed(Failure),
    Cancelled,
    /// The server stops.
    Stopped,
    /// Somebody else has the job.
    Lost,
}

impl Worker {
    /// A worker for what these handlers can carry out. `woken`: notified when a job was enqueued in this process.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        registry: &Registry,
        woken: Arc<Notify>,
    ) -> Result<Self> {
        let handlers = registry.by_kind()?;
        let schedules = registry.schedules.clone();
        let (declared, running, watched) = Default::default();
        let core = Core { store, clock, entropy, handlers, schedules, declared, woken, running, watched };
        Ok(Self(Arc::new(core)))
    }

    /// Works until `stop` says true. What runs then has a moment to end; what does not is put back.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut well = true;
        while !*stop.borrow_and_update() {
            let result = tokio::select! {
                _ = look.tick() => self.look().await,
                () = self.0.woken.notified() => Ok(()),
                Some(_) = running.join_next() => Ok(()),
                changed = stop.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => break,
                },
            };
            let result = match result {
                Ok(()) => self.fill(&mut running, &stop).await,
                Err(error) => Err(error),
            };
            // Said once: the database may be away for hours.
            if let Err(error) = &result
                && well
            {
                tracing::error!(?error, "the queue of jobs could not be worked on");
            }
            well = result.is_ok();
        }
        while running.join_next().await.is_some() {}
    }

    /// Enqueues a job in a transaction of its own, for what the server itself begins.
    pub async fn enqueue<J: Job>(&self, job: J) -> Result<()> {
        let cx = system_cx(self.0.clock.clone(), self.0.entropy.clone());
        let enqueue = self.0.store.write(move |tx| {
            Box::pin(async move { queue::enqueue(&cx, tx, &job, When::Now).await.map(|_| ()) })
        });
        enqueue.await
    }

    /// Runs what is due, one job after the other, until nothing is. For tests, which decide when that happens.
    pub async fn run_due(&self) -> Result<()> {
        let (_going_on, stop) = watch::channel(false);
        self.look().await?;
        while let Some(taken) = self.take().await? {
            self.clone().attempt(taken, stop.clone()).await;
        }
        Ok(())
    }

    /// Takes as many jobs as there is room for.
    async fn fill(&self, running: &mut JoinSet<()>, stop: &watch::Receiver<bool>) -> Result<()> {
        while self.0.running.lock().len() < SLOTS {
            let Some(taken) = self.take().await? else { break };
            running.spawn(self.clone().attempt(taken, stop.clone()));
        }
        Ok(())
    }

    /// Takes the job that goes first among the kinds that this process may run one more of.
    async fn take(&self) -> Result<Option<Taken>> {
        let kinds: Vec<&str> = {
            let running = self.0.running.lock();
            let has_room = |kind: &str, at_once| running.values().filter(|k| **k == kind).count() < at_once;
            let handlers = self.0.handlers.iter();
            handlers.filter(|(kind, h)| has_room(kind, h.declared().at_once)).map(|(kind, _)| *kind).collect()
        };
        let (kinds, now) = (serde_json::json!(kinds).to_string(), self.0.clock.now());
        let asked = kinds.clone();
        // Looking changes nothing, and mostly there is nothing.
        if !self.0.store.read(move |tx| Box::pin(async move { rows::is_due(tx, &asked, now).await })).await? {
            return Ok(None);
        }
        let taken =
            self.0.store.write(move |tx| Box::pin(async move { rows::take(tx, &kinds, now).await })).await?;
        if let Some(taken) = &taken
            && let Some((kind, _)) = self.0.handlers.get_key_value(taken.kind.as_str())
        {
            self.0.running.lock().insert(taken.id, kind);
        }
        Ok(taken)
    }

    /// Runs a job that was taken, to whatever end.
    async fn attempt(self, taken: Taken, mut stop: watch::Receiver<bool>) {
        let Core { store, clock, entropy, handlers, running, .. } = &*self.0;
        let Some(handler) = handlers.get(taken.kind.as_str()) else { return };
        let attempt = Attempt {
            id: taken.id,
            number: taken.attempts,
            run: taken.run,
            store: store.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            progress: Mutex::default(),
        };
        let outcome = self.carry_out(&**handler, &attempt, &taken.payload, &mut stop).await;
        if let Err(error) = self.settle(&taken, outcome, handler.declared().retry).await {
            // It is taken again once the lease is over.
            tracing::error!(job = %taken.id, kind = taken.kind, ?error, "how a job ended could not be written down");
        }
        running.lock().remove(&taken.id);
    }

    async fn carry_out(
        &self,
        handler: &dyn AnyHandler,
        attempt: &Attempt,
        payload: &str,
        stop: &mut watch::Receiver<bool>,
    ) -> Outcome {
        let mut work = pin!(AssertUnwindSafe(handler.run(attempt, payload)).catch_unwind());
        let mut stopped = pin!(stopped_for(stop, LAST_WORDS));
        let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                done = &mut work => return match done {
                    Ok(Ok(())) => Outcome::Done,
                    Ok(Err(failure)) => Outcome::Failed(failure),
                    Err(_) => Outcome::Failed(Failure::new("it panicked")),
                },
                _ = beat.tick() => match self.beat(attempt).await {
                    Ok(Held::Ours) => {}
                    Ok(Held::Cancelled) => return Outcome::Cancelled,
                    Ok(Held::Lost) => return Outcome::Lost,
                    Err(error) => tracing::warn!(job = %attempt.id, ?error, "a job's heartbeat could not be written down"),
                },
                () = &mut stopped => return Outcome::Stopped,
            }
        }
    }

    async fn beat(&self, attempt: &Attempt) -> Result<Held> {
        let (id, run, progress) = (attempt.id, attempt.run, attempt.progress.lock().clone());
        self.0.store.write(move |tx| Box::pin(async move { rows::beat(tx, id, run, &progress).await })).await
    }

    async fn settle(&self, taken: &Taken, outcome: Outcome, retry: Retry) -> Result<()> {
        let Taken { id, kind, attempts, run, .. } = taken;
        let (id, run, attempts, now) = (*id, *run, *attempts, self.0.clock.now());
        let is_last = attempts >= retry.attempts;
        match &outcome {
            Outcome::Failed(Failure { logged: problem, .. }) if is_last => {
                tracing::error!(job = %id, kind, attempts, problem, "a job has failed for the last time");
            }
            Outcome::Failed(Failure { logged: problem, .. }) => {
                tracing::warn!(job = %id, kind, attempts, problem, "a job has failed and will be tried again");
            }
            Outcome::Cancelled => tracing::info!(job = %id, kind, "a job was cancelled"),
            Outcome::Lost => tracing::warn!(job = %id, kind, "a job was taken by somebody else while it ran"),
            Outcome::Done | Outcome::Stopped => tracing::debug!(job = %id, kind, attempts, "a job has ended"),
        }
        let pause = self.with_jitter(retry.pause(attempts));
        self.0
            .store
            .write(move |tx| {
                Box::pin(async move {
                    match outcome {
                        Outcome::Done | Outcome::Cancelled => rows::remove(tx, id, run).await.map(|_| ()),
                        Outcome::Failed(failure) if is_last => {
                            rows::bury(tx, (id, run), &failure.problem, now).await
                        }
                        Outcome::Failed(failure) => {
                            rows::retry(tx, (id, run), &failure.problem, (now, pause)).await
                        }
                        Outcome::Stopped => {
                            rows::put_back(tx, (id, run), "Holdfast stopped while it ran", now).await
                        }
                        Outcome::Lost => Ok(()),
                    }
                })
            })
            .await
    }

    /// Up to a quarter longer.
    fn with_jitter(&self, pause: i64) -> i64 {
        let mut random = [0; 2];
        self.0.entropy.fill(&mut random);
        pause.saturating_add(
            (pause / 4).saturating_mul(u16::from_le_bytes(random).into()) / i64::from(u16::MAX),
        )
    }

    /// What is done by the second: schedules, and jobs whose process has died.
    async fn look(&self) -> Result<()> {
        self.keep_schedules().await?;
        self.release_left().await
    }

    async fn keep_schedules(&self) -> Result<()> {
        let now = self.0.clock.now();
        if !self.0.declared.load(Ordering::Relaxed) {
            let schedules = self.0.schedules.clone();
            let declare = self
                .0
                .store
                .write(move |tx| Box::pin(async move { schedule::declare(tx, &schedules, now).await }));
            declare.await?;
            self.0.declared.store(true, Ordering::Relaxed);
        }
        for row in self.0.store.read(|tx| Box::pin(schedule::all(tx))).await? {
            if !self.0.schedules.iter().any(|schedule| row.is_of(schedule)) {
                continue;
            }
            let Some(handler) = self.0.handlers.get(row.kind()).cloned() else { continue };
            if row.is_due(now)? {
                let entropy = self.0.entropy.clone();
                let work = self
                    .0
                    .store
                    .write(move |tx| Box::pin(async move { row.work(tx, &*handler, &*entropy, now).await }));
                work.await?;
            }
        }
        Ok(())
    }

    async fn release_left(&self) -> Result<()> {
        let running = self.0.store.read(|tx| Box::pin(rows::running(tx))).await?;
        for left in self.left_behind(running) {
            let Some(handler) = self.0.handlers.get(left.kind.as_str()) else { continue };
            let (id, kind, now) = (left.id, left.kind.clone(), self.0.clock.now());
            let dead = left.attempts >= handler.declared().retry.attempts;
            let released = self
                .0
                .store
                .write(move |tx| Box::pin(async move { rows::release(tx, &left, dead, LEFT, now).await }));
            if released.await? {
                tracing::warn!(job = %id, kind, dead, "a job was taken from a process that no longer runs it");
            }
        }
        Ok(())
    }

    /// Of what is being run: the jobs whose heart has stood still for the length of a lease. Our own are not among them: we know
    /// that they run.
    fn left_behind(&self, running: Vec<Beating>) -> Vec<Beating> {
        let moment = self.0.clock.moment();
        let ours = self.0.running.lock();
        let mut watched = self.0.watched.lock();
        let before = std::mem::take(&mut *watched);
        let mut left = Vec::new();
        for job in running.into_iter().filter(|job| !ours.contains_key(&job.id)) {
            let since = match before.get(&job.id) {
                Some((run, beat, since)) if (*run, *beat) == (job.run, job.beat) => *since,
                _ => moment,
            };
            watched.insert(job.id, (job.run, job.beat, since));
            if moment.since(since) >= LEASE {
                left.push(job);
            }
        }
        left
    }
}

/// Waits until we stop, and then a while longer.
async fn stopped_for(stop: &mut watch::Receiver<bool>, while_longer: Duration) {
    // An error: whoever could stop us is gone, which is as good.
    let _ = stop.wait_for(|stop| *stop).await;
    tokio::time::sleep(while_longer).await;
}
