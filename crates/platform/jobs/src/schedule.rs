//! Schedules: jobs that are due again and again, at the times of a cron expression in a time zone.
//!
//! A due time is run once, by whichever process is first to move the row on to the next one. When the clock goes back by up to
//! [`TOLERATED`], due times that have been are not run again. Further back, the clock was wrong before: the next run is the
//! next after now.

use std::str::FromStr;

use crate::JobId;
use croner::Cron;
use jiff::tz::TimeZone;
use kernel::time::{HOUR, MINUTE};
use kernel::{Entropy, Error, Result, Timestamp};
use store::{Tx, params};

use crate::attempt::AnyHandler;
use crate::job::Job;
use crate::queue;
use crate::rows::New;

/// A run that is so late was missed.
const LATE: i64 = MINUTE;
/// So far may the clock go back without a due time being run again.
const TOLERATED: i64 = HOUR;

/// What becomes of the due times at which nobody was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// One run makes up for all of them.
    RunOnce,
    /// Nothing: the next one will do.
    Skip,
}

/// A schedule as a module declares it.
#[derive(Clone, Debug)]
pub struct Schedule {
    name: &'static str,
    kind: &'static str,
    payload: String,
    cron: &'static str,
    zone: &'static str,
    missed: Missed,
}

impl Schedule {
    /// `job`, at the times of `cron` (minute, hour, day, month, weekday) in this IANA time zone. An error if there are no such
    /// times.
    pub fn new<J: Job>(
        name: &'static str,
        cron: &'static str,
        zone: &'static str,
        missed: Missed,
        job: &J,
    ) -> Result<Self> {
        next_after(cron, zone, Timestamp(0))?;
        let payload = serde_json::to_string(job).map_err(Error::internal)?;
        Ok(Self { name, kind: J::KIND, payload, cron, zone, missed })
    }
}

/// The first due time after this one.
fn next_after(cron: &str, zone: &str, after: Timestamp) -> Result<Timestamp> {
    let wrong = |e: &dyn std::fmt::Display| {
        Error::internal(format_args!("{cron:?} in {zone:?}: {e}")).message("A schedule has no times.")
    };
    let zone = TimeZone::get(zone).map_err(|e| wrong(&e))?;
    let after = jiff::Timestamp::from_microsecond(after.0).map_err(|e| wrong(&e))?.to_zoned(zone);
    let cron = Cron::from_str(cron).map_err(|e| wrong(&e))?;
    let next = cron.find_next_occurrence(&after, false).map_err(|e| wrong(&e))?;
    Ok(Timestamp(next.timestamp().as_microsecond()))
}

/// What a row says must happen now.
#[derive(Debug, PartialEq, Eq)]
struct Turn {
    runs: bool,
    next: Timestamp,
}

/// None: it is not due.
fn turn(cron: &str, zone: &str, missed: Missed, due: Timestamp, now: Timestamp) -> Result<Option<Turn>> {
    let next = next_after(cron, zone, now)?;
    if due <= now {
        let runs = missed == Missed::RunOnce || now.0 - due.0 < LATE;
        return Ok(Some(Turn { runs, next }));
    }
    let was_set_back = due > next_after(cron, zone, now.plus(TOLERATED))?;
    Ok(was_set_back.then_some(Turn { runs: false, next }))
}

/// At start: the rows are what the modules declare. A due time that was there stays, so that what was missed is known. Rows that
/// nobody declares any more stay as well, and nobody looks at them: another process may be of another version.
pub(crate) async fn declare(tx: &mut Tx, schedules: &[Schedule], now: Timestamp) -> Result<()> {
    for schedule in schedules {
        let Schedule { name, kind, payload, cron, zone, missed } = schedule;
        let missed = match missed {
            Missed::RunOnce => "run",
            Missed::Skip => "skip",
        };
        let sql = "INSERT INTO job_schedule (name, kind, payload, cron, zone, missed, next_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                   ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, payload = excluded.payload, missed = excluded.missed,
                     next_at = CASE WHEN job_schedule.cron = excluded.cron AND job_schedule.zone = excluded.zone
                       THEN job_schedule.next_at ELSE excluded.next_at END,
                     cron = excluded.cron, zone = excluded.zone";
        let next = next_after(cron, zone, now)?;
        tx.execute(sql, params![*name, *kind, payload, *cron, *zone, missed, next]).await?;
    }
    Ok(())
}

/// A row.
pub(crate) struct Row {
    name: String,
    kind: String,
    payload: String,
    cron: String,
    zone: String,
    missed: Missed,
    next_at: Timestamp,
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Row>> {
    let sql = "SELECT name, kind, payload, cron, zone, missed, next_at FROM job_schedule ORDER BY name";
    tx.query(sql, &[], |row| {
        Ok(Row {
            name: row.get(0)?,
            kind: row.get(1)?,
            payload: row.get(2)?,
            cron: row.get(3)?,
            zone: row.get(4)?,
            missed: if row.text(5)? == "skip" { Missed::Skip } else { Missed::RunOnce },
            next_at: row.get(6)?,
        })
    })
    .await
}

impl Row {
    /// Whether there is something to do.
    pub(crate) fn is_due(&self, now: Timestamp) -> Result<bool> {
        Ok(turn(&self.cron, &self.zone, self.missed, self.next_at, now)?.is_some())
    }

    /// Does it, unless another process has.
    pub(crate) async fn work(
        &self,
        tx: &mut Tx,
        handler: &dyn AnyHandler,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<()> {
        let Some(Turn { runs, next }) = turn(&self.cron, &self.zone, self.missed, self.next_at, now)? else {
            return Ok(());
        };
        let sql = "UPDATE job_schedule SET next_at = ?3 WHERE name = ?1 AND next_at = ?2";
        let ours = tx.execute(sql, params![&self.name, self.next_at, next]).await? == 1;
        if ours && runs {
            let key = handler.key(&self.payload)?;
            let id = JobId(kernel::cx::uuid_v7(now, entropy));
            let (declared, payload) = (handler.declared(), self.payload.as_str());
            let new =
                New { id, declared: &declared, payload, key: key.as_deref(), due_at: now, wait: Some(0) };
            queue::add(tx, new, now).await?;
        }
        Ok(())
    }

    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether it is the row of this schedule.
    pub(crate) fn is_of(&self, schedule: &Schedule) -> bool {
        self.name == schedule.name
    }
}

#[cfg(test)]
mod tests {
    use kernel::time::{DAY, HOUR, MINUTE};

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    // REQ JOB-3
    #[test]
    fn a_time_of_day_is_the_zones() {
        let next = |after| next_after("30 2 * * *", "Europe/Berlin", at(after)).unwrap();
        assert_eq!(next("2026-01-10T00:00:00Z"), at("2026-01-10T01:30:00Z"));
        assert_eq!(next("2026-07-10T00:00:00Z"), at("2026-07-10T00:30:00Z"));
        // Half past two does not exist on this day, and is there twice on that one.
        assert_eq!(next("2026-03-28T12:00:00Z"), at("2026-03-29T01:00:00Z"));
        assert_eq!(next("2026-10-24T12:00:00Z"), at("2026-10-25T00:30:00Z"));
        assert_eq!(next("2026-10-25T00:30:00Z"), at("2026-10-26T01:30:00Z"));
        assert!(next_after("30 2 * * *", "Europe/Atlantis", Timestamp(0)).is_err());
        assert!(next_after("61 2 * * *", "UTC", Timestamp(0)).is_err());
    }

    // REQ JOB-3
    #[test]
    fn what_was_missed_runs_once_or_not_at_all() {
        let (due, next) = (at("2026-01-10T05:07:00Z"), at("2026-01-10T06:07:00Z"));
        let turn = |missed, now| turn("7 * * * *", "UTC", missed, due, now).unwrap();
        for missed in [Missed::RunOnce, Missed::Skip] {
            assert_eq!(turn(missed, due.plus(-1)), None);
            assert_eq!(turn(missed, due), Some(Turn { runs: true, next }));
            assert_eq!(turn(missed, due.plus(MINUTE - 1)), Some(Turn { runs: true, next }));
        }
        let year = due.plus(365 * DAY);
        let next = year.plus(HOUR);
        assert_eq!(turn(Missed::RunOnce, year), Some(Turn { runs: true, next }));
        assert_eq!(turn(Missed::Skip, year), Some(Turn { runs: false, next }));
    }

    // REQ JOB-3
    #[test]
    fn a_clock_that_goes_back_runs_nothing_twice_and_stops_nothing_for_good() {
        let now = at("2026-01-10T05:30:00Z");
        let due = at("2026-01-10T06:07:00Z");
        let turn = |now| turn("7 * * * *", "UTC", Missed::RunOnce, due, now).unwrap();
        assert_eq!(turn(now.plus(-HOUR)), None, "05:07 has been");
        let back = now.plus(-365 * DAY);
        assert_eq!(turn(back), Some(Turn { runs: false, next: at("2025-01-10T06:07:00Z") }));
    }
}
