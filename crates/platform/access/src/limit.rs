//! Rate limits: the generic cell rate algorithm (ITU-T I.371), one time per key, in a table of bounded size. They go by a
//! clock that only goes forward: setting the machine's clock locks nobody out and lets nobody through.

use std::hash::Hash;

use kernel::Moment;
use kernel::time::SECOND;
use lru::LruCache;
use parking_lot::Mutex;

use crate::operation::Rate;

/// Keys remembered at most. The least recently used is forgotten first: an attacker can at best forget themselves.
const KEYS: usize = 65_536;

/// What the limiter says of one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go ahead; so many more would be accepted at once.
    Accepted {
        /// So many more.
        remaining: u32,
    },
    /// Not now.
    Refused {
        /// Seconds until one would be accepted.
        retry_after: u64,
    },
}

/// A limiter for keys of one kind.
pub struct Limiter<K: Hash + Eq>(Mutex<LruCache<K, i64>>);

impl<K: Hash + Eq> Default for Limiter<K> {
    fn default() -> Self {
        // Unbounded as a map, bounded below: a map made for all its keys would cost its size for a single one.
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl<K: Hash + Eq> Limiter<K> {
    /// Counts one request of `key` under `rate`.
    pub fn check(&self, key: K, rate: Rate, now: Moment) -> Verdict {
        let burst = i64::from(rate.burst.max(1));
        let interval = i64::from(rate.seconds) * SECOND / burst;
        let window = interval * burst;
        let mut table = self.0.lock();
        if table.len() >= KEYS && !table.contains(&key) {
            table.pop_lru();
        }
        let due = table.get_or_insert_mut(key, || now.0);
        let arrival = (*due).max(now.0);
        let ahead = arrival + interval - now.0;
        if ahead > window {
            let wait = u64::try_from(ahead - window).unwrap_or(0);
            return Verdict::Refused { retry_after: wait.div_ceil(SECOND as u64) };
        }
        *due = arrival + interval;
        Verdict::Accepted { remaining: u32::try_from((window - ahead) / interval.max(1)).unwrap_or(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ EDGE-5
    #[test]
    fn a_burst_then_a_steady_rate() {
        let limiter = Limiter::default();
        let rate = Rate::per_person(3, 30);
        let at = |s: i64| Moment(1_000_000 * SECOND + s * SECOND);
        assert_eq!(limiter.check("a", rate, at(0)), Verdict::Accepted { remaining: 2 });
        limiter.check("a", rate, at(0));
        assert_eq!(limiter.check("a", rate, at(0)), Verdict::Accepted { remaining: 0 });
        assert_eq!(limiter.check("a", rate, at(0)), Verdict::Refused { retry_after: 10 });
        assert_eq!(limiter.check("b", rate, at(0)), Verdict::Accepted { remaining: 2 });
        assert_eq!(limiter.check("a", rate, at(9)), Verdict::Refused { retry_after: 1 });
        assert_eq!(limiter.check("a", rate, at(10)), Verdict::Accepted { remaining: 0 });
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = Limiter::default();
        for key in 0..200_000u32 {
            limiter.check(key, Rate::per_address(1, 1), Moment(0));
        }
        assert_eq!(limiter.0.lock().len(), KEYS);
    }
}
