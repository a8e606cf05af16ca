//! What the server does by itself: it watches the clock, counts on in the database and remembers how far it came. What has had
//! its time is removed by jobs; here they are asked for when the clock has jumped.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jobs::Worker;
use kernel::time::{MINUTE, SECOND};
use kernel::{Clock, Entropy, Moment, Result, Timestamp};
use realtime::Hub;
use store::Store;
use tokio::sync::watch;

use crate::{Work, history};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A date that moves by so much more or less than was measured has been set.
const JUMP: i64 = MINUTE;

pub(crate) struct Upkeep {
    pub worker: Worker,
    pub store: Store,
    pub work: Work,
    pub hub: Arc<Hub>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl Upkeep {
    fn now(&self) -> (Timestamp, Moment) {
        (self.clock.now(), self.clock.moment())
    }

    /// Until told to stop.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut last = self.now();
        let mut told = 0;
        self.clean_up().await;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = stop.changed() => return,
            }
            let now = self.now();
            let jump = (now.0.0 - last.0.0) - now.1.since(last.1);
            last = now;
            if jump.abs() >= JUMP {
                tracing::warn!(seconds = jump / SECOND, "the machine's clock was set, or the machine slept");
                self.clean_up().await;
            }
            let commits = self.work.commits.load(Ordering::Relaxed);
            if commits != told {
                match self.count_on().await {
                    Ok(()) => told = commits,
                    // The database is away, or full; whoever asked for something has been told.
                    Err(error) => tracing::debug!(?error, "could not count on"),
                }
            }
        }
    }

    /// What a wrong clock has left behind, or a right one finds too old, does not wait for the hour.
    async fn clean_up(&self) {
        for asked in
            [self.worker.enqueue(identity::CleanUp {}).await, self.worker.enqueue(audit::Forget {}).await]
        {
            if let Err(error) = asked {
                tracing::error!(?error, "the clean-up could not be asked for");
            }
        }
    }

    /// The database first, then the memory of it: what is remembered was there.
    async fn count_on(&mut self) -> Result<()> {
        let Work { memory, begun: known, .. } = &mut self.work;
        let mut now = self.store.pulse().await?;
        if memory.has_gone_back(known, &now) {
            tracing::warn!("the database was restored while Holdfast ran; clients load anew");
            now = self.store.begin(known.generation, Some(history::another_epoch(&*self.entropy))).await?;
            self.hub.send_away();
        }
        *known = now;
        memory.keep(&now, false).map_err(kernel::Error::internal)
    }
}
