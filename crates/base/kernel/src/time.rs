//! Time, read from a clock that is passed in. Two readings, because they answer two questions: a [`Timestamp`] tells the
//! date and jumps when somebody sets the machine's clock; a [`Moment`] tells how long something lasts and only goes forward
//! (ADR 11).

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Timestamp(
    #[serde(deserialize_with = "after_1970")]
    #[schemars(range(min = 0, max = LATEST))]
    pub i64,
);

/// The latest date that JavaScript's numbers hold, in the year 2255.
const LATEST: i64 = (1 << 53) - 1;

fn after_1970<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
    let micros = crate::number::whole(d)?;
    if (0..=LATEST).contains(&micros) {
        return Ok(micros);
    }
    Err(serde::de::Error::custom("must be microseconds since 1970, until the year 2255"))
}

/// One second, in microseconds.
pub const SECOND: i64 = 1_000_000;
/// One minute, in microseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// One hour, in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// One day, in microseconds.
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// This moment and `micros` more (or fewer).
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Whole milliseconds, as UUIDv7 wants them.
    pub fn millis(self) -> u64 {
        u64::try_from(self.0 / 1000).unwrap_or(0)
    }
}

/// A reading for measuring: microseconds since some beginning in this process. It is no date, is never stored, and no change
/// of the machine's clock moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// Microseconds since an earlier reading.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Tells the time. The server has the system's; tests have one they can move.
pub trait Clock: Send + Sync + 'static {
    /// Now, as a date: what is stored and shown.
    fn now(&self) -> Timestamp;
    /// Now, for measuring: what limits and durations within this process go by.
    fn moment(&self) -> Moment;
}

/// The machine's clock.
pub struct SystemClock;

/// Where the machine's moments are counted from.
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that looks at the machine's clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn moment(&self) -> Moment {
        Moment(i64::try_from(BEGINNING.elapsed().as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock for tests. It stands still until it is moved, and its date can jump while its moments do not.
pub struct ManualClock {
    now: AtomicI64,
    moment: AtomicI64,
}

impl ManualClock {
    /// A clock that shows this date.
    pub fn at(now: Timestamp) -> Self {
        Self { now: AtomicI64::new(now.0), moment: AtomicI64::new(0) }
    }

    /// Lets time pass, in microseconds. What it showed before.
    pub fn forward(&self, micros: i64) -> Timestamp {
        self.moment.fetch_add(micros, Ordering::SeqCst);
        self.jump(micros)
    }

    /// Sets the date forward or back, in microseconds, as somebody does who corrects a machine's clock: no time passes. What
    /// it showed before.
    pub fn jump(&self, micros: i64) -> Timestamp {
        Timestamp(self.now.fetch_add(micros, Ordering::SeqCst))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn moment(&self) -> Moment {
        Moment(self.moment.load(Ordering::SeqCst))
    }
}
