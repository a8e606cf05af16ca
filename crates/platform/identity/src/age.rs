//! What is removed because it has had its time, and what a clock that was wrong has left behind (ADR 11).
//!
//! A date is believed only if it is neither far ahead of the one believed last nor behind it: a machine whose clock is set ten
//! days ahead, or back, for a minute must lose nothing. What was written by a clock that ran ahead begins now, once the date is
//! believed again.

use jobs::{Attempt, Failure, Handler, Job, Missed, Priority, Retry, Schedule, Unique};
use kernel::time::{DAY, HOUR, MINUTE};
use kernel::{Moment, Result, Timestamp};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use store::{Store, Tx, params};

use crate::{Identity, mail, tenant, token};

/// So far may a date be ahead of what was believed, and of what has been measured since.
const PLAUSIBLE: i64 = 2 * DAY;
/// So far may it be behind: clocks are corrected by seconds all the time.
const CORRECTED: i64 = MINUTE;
/// A date that stays so long while the server runs is believed in the end: it had been switched off.
const IN_THE_END: i64 = DAY;

/// What this process knows of the clock.
#[derive(Default)]
pub(crate) struct Trust(Mutex<Watched>);

#[derive(Clone, Copy, Default)]
struct Watched {
    /// When a date was last believed.
    believed: Option<Moment>,
    /// Since when the present one is doubted.
    doubted: Option<Moment>,
}

impl Trust {
    /// Whether things may be removed for their age by this date, and dates that lie ahead of it be set right.
    fn believes(&self, seen: Option<Timestamp>, now: Timestamp, moment: Moment) -> bool {
        let mut watched = self.0.lock();
        let measured = watched.believed.map_or(0, |believed| moment.since(believed));
        let ahead = seen.map_or(0, |seen| now.0.saturating_sub(seen.0));
        if ahead > PLAUSIBLE.saturating_add(measured) || ahead < -CORRECTED {
            let since = *watched.doubted.get_or_insert(moment);
            if moment.since(since) < IN_THE_END {
                return false;
            }
        }
        *watched = Watched { believed: Some(moment), doubted: None };
        true
    }
}

/// The job that removes what has had its time. Due every hour; the server also asks for it at its start and when the clock has
/// jumped, because what a wrong clock has left behind must not stay for an hour.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct CleanUp {}

impl Job for CleanUp {
    const KIND: &'static str = "identity.clean_up";
    const RETRY: Retry = Retry { attempts: 5, first: MINUTE, longest: 10 * MINUTE };
    const PRIORITY: Priority = Priority::Low;
    const UNIQUE: Unique<Self> = Unique::Key(|_| String::new());
    const AT_ONCE: usize = 1;
}

/// Carries it out.
pub(crate) struct Cleaner(pub(crate) Identity);

impl Handler for Cleaner {
    type Job = CleanUp;

    async fn run(&self, attempt: &Attempt, _: CleanUp) -> std::result::Result<(), Failure> {
        Ok(self.0.clean_up(attempt.store()).await?)
    }
}

/// When it is due.
pub(crate) fn schedule() -> Result<Schedule> {
    Schedule::new(CleanUp::KIND, "7 * * * *", "UTC", Missed::RunOnce, &CleanUp {})
}

impl Identity {
    /// Removes what has had its time: old counts, answers kept for replays, used tokens, ended sessions, mail nobody sent.
    /// For the server to run every hour or so, at start, and when the clock has jumped.
    pub(crate) async fn clean_up(&self, store: &Store) -> Result<()> {
        let (now, moment, idle) = (self.0.clock.now(), self.0.clock.moment(), self.0.config.session_idle);
        let seen = store.history().await?.seen_at;
        let believed = self.0.trust.believes(seen, now, moment);
        if !believed {
            tracing::warn!(
                days = seen.map(|seen| (now.0 - seen.0) / DAY),
                "the clock is far from when Holdfast last ran; nothing is removed for its age until it has run so for a day"
            );
        }
        store
            .write(move |tx| {
                Box::pin(async move {
                    if believed {
                        settle(tx, now).await?;
                        store::believe(tx, now).await?;
                        remove(tx, now, idle).await?;
                        for org in tenant::all(tx).await? {
                            token::remove_old(tx, &org, now.plus(-30 * DAY)).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await?;
        if believed {
            self.0.memory.forget_credentials();
        }
        Ok(())
    }
}

async fn remove(tx: &mut Tx, now: Timestamp, idle: i64) -> Result<()> {
    tx.execute("DELETE FROM login_failure WHERE since < ?1", params![now.plus(-DAY)]).await?;
    access::forget_answers(tx, now.plus(-DAY)).await?;
    tx.execute("DELETE FROM password_reset WHERE expires_at < ?1", params![now.plus(-DAY)]).await?;
    tx.execute(
        "DELETE FROM session WHERE expires_at < ?1 OR ended_at < ?1 OR last_seen_at < ?2",
        params![now.plus(-30 * DAY), now.plus(-30 * DAY - idle)],
    )
    .await?;
    // Whatever a mail said how to do has ended by then.
    mail::clean_up(tx, now.plus(-8 * DAY - HOUR)).await
}

/// What lies ahead was written by a clock that has gone back since. It keeps its length and begins now. Other machines'
/// clocks may be a little ahead.
async fn settle(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let ahead = now.plus(MINUTE);
    for sql in [
        "UPDATE session SET expires_at = expires_at - created_at + ?1, created_at = ?1, last_seen_at = ?1 WHERE created_at > ?2",
        "UPDATE session SET last_seen_at = ?1 WHERE last_seen_at > ?2",
        "UPDATE password_reset SET expires_at = expires_at - created_at + ?1, created_at = ?1 WHERE created_at > ?2",
        "UPDATE login_failure SET since = ?1 WHERE since > ?2",
    ] {
        tx.execute(sql, params![now, ahead]).await?;
    }
    access::settle_answers(tx, now, ahead).await?;
    for org in tenant::all(tx).await? {
        let sql = "UPDATE invitation SET expires_at = expires_at - created_at + ?2, created_at = ?2
                   WHERE org_id = ?1 AND created_at > ?3";
        tx.within(&org).execute(sql, params![now, ahead]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kernel::time::SECOND;

    use super::*;

    const THEN: Timestamp = Timestamp(1_800_000_000_000_000);

    #[test]
    fn a_date_far_ahead_is_not_believed_until_the_server_has_run_with_it_for_a_day() {
        let trust = Trust::default();
        let (start, ahead) = (Moment(0), THEN.plus(10 * DAY));
        assert!(!trust.believes(Some(THEN), ahead, start));
        assert!(!trust.believes(Some(THEN), ahead.plus(23 * HOUR), Moment(23 * HOUR)));
        assert!(trust.believes(Some(THEN), THEN.plus(HOUR), Moment(24 * HOUR)), "it was set right");
        assert!(!trust.believes(Some(THEN), ahead, Moment(25 * HOUR)), "the doubt begins anew");
        assert!(trust.believes(Some(THEN), ahead.plus(DAY), Moment(49 * HOUR)));
    }

    #[test]
    fn time_that_was_measured_is_believed() {
        let trust = Trust::default();
        assert!(trust.believes(None, THEN, Moment(0)));
        assert!(trust.believes(Some(THEN), THEN.plus(60 * DAY), Moment(60 * DAY)));
    }

    #[test]
    fn a_date_that_was_already_is_not_believed_either() {
        let trust = Trust::default();
        assert!(trust.believes(None, THEN, Moment(0)));
        assert!(trust.believes(Some(THEN), THEN.plus(-SECOND), Moment(SECOND)), "a correction");
        for back in [2 * MINUTE, DAY, 7300 * DAY] {
            assert!(!trust.believes(Some(THEN), THEN.plus(-back), Moment(MINUTE)), "{back}");
        }
        assert!(trust.believes(Some(THEN), THEN.plus(MINUTE), Moment(2 * MINUTE)), "it was set right");
    }
}
