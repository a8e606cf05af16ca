//! What a kind of job declares. Nothing has a default: leaving a constant out does not compile.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind of job. The type itself is what one job carries, as JSON.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the database, `module.noun`. Once jobs of it can be waiting somewhere, it does not change.
    const KIND: &'static str;
    /// When it is tried again after a failure.
    const RETRY: Retry;
    /// What goes first when several are due.
    const PRIORITY: Priority;
    /// Whether a second one like it may be enqueued.
    const UNIQUE: Unique<Self>;
    /// How many of them one process runs at a time.
    const AT_ONCE: usize;
}

/// When a job is tried again after a failure: after pauses that double, with some jitter, so that many jobs that failed together
/// do not all come back at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// After so many attempts it is a dead letter.
    pub attempts: i64,
    /// The first pause, in microseconds.
    pub first: i64,
    /// The longest pause, in microseconds.
    pub longest: i64,
}

impl Retry {
    /// The pause after so many attempts, without jitter.
    pub fn pause(&self, attempts: i64) -> i64 {
        let doublings = u32::try_from(attempts.clamp(1, 40) - 1).unwrap_or(0);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

/// What goes first when several jobs are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Can wait for everything else.
    Low = 0,
    /// The usual.
    Normal = 1,
    /// Somebody waits for it.
    High = 2,
}

/// Whether a second job like an unfinished one may be enqueued.
pub enum Unique<J> {
    /// As many as one likes.
    No,
    /// Of those with the same key, one that waits or runs. Another is not enqueued.
    Key(fn(&J) -> String),
}

#[cfg(test)]
mod tests {
    use kernel::time::{MINUTE, SECOND};

    use super::Retry;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let retry = Retry { attempts: 9, first: 30 * SECOND, longest: 10 * MINUTE };
        let pauses = [1, 2, 3, 5, 6, 1000].map(|attempts| retry.pause(attempts));
        assert_eq!(pauses, [30 * SECOND, MINUTE, 2 * MINUTE, 8 * MINUTE, 10 * MINUTE, 10 * MINUTE]);
    }
}
