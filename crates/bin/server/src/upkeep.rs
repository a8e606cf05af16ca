//! What the server does by itself: it watches the clock, counts on in the database and remembers how far it came, and
//! removes what has had its time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use audit::Retention;
use identity::Identity;
use kernel::time::{HOUR, MINUTE, SECOND};
use kernel::{Clock, Entropy, Moment, Result, Timestamp};
use realtime::Hub;
use store::Store;
use tokio::sync::watch;

use crate::{Work, history};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often what has had its time is removed.
const CLEAN_UP_EVERY: i64 = HOUR;
/// A date that moves by so much more or less than was measured has been set.
const JUMP: i64 = MINUTE;

pub(crate) struct Upkeep {
    pub identity: Identity,
    pub retention: Retention,
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
        let mut cleaned = last.1;
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
            }
            if jump.abs() >= JUMP || now.1.since(cleaned) >= CLEAN_UP_EVERY {
                cleaned = now.1;
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

    async fn clean_up(&self) {
        if let Err(error) = self.identity.clean_up(&self.store).await {
            tracing::error!(?error, "what has had its time could not be removed");
        }
        let forgotten =
            async { self.retention.run(&self.store, self.identity.tenants(&self.store).await?).await };
        match forgotten.await {
            Ok(0) => {}
            Ok(entries) => tracing::info!(entries, "the ledger has forgotten what it had kept long enough"),
            Err(error) => tracing::error!(?error, "the ledger could not be shortened"),
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
