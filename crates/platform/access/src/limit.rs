//! Rate limits in a true window: "20 a minute" admits 20 in any minute, however they are spread (EDGE-5). They go by a clock that
//! only goes forward: setting the machine's clock locks nobody out and lets nobody through. The table is of bounded size.

use std::collections::VecDeque;
use std::hash::Hash;

use kernel::Moment;
use kernel::time::SECOND;
use lru::LruCache;
use parking_lot::Mutex;

use crate::operation::Rate;

/// Keys remembered at most. The least recently used is forgotten first: an attacker can at best forget themselves.
const KEYS: usize = 65_536;
/// Entries remembered at most, of all keys together: 24 MiB.
const ENTRIES: usize = 1 << 20;
/// Requests of one key that are remembered one by one. Beyond them, those within a 128th of the window are remembered together and
/// leave it together, with the last of them.
const EXACT: usize = 128;

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

/// Accepted requests that leave the window together.
struct Accepted {
    first: Moment,
    last: Moment,
    count: u32,
}

/// The accepted requests of one key within the last window.
#[derive(Default)]
struct Recent {
    entries: VecDeque<Accepted>,
    accepted: u32,
}

impl Recent {
    /// Forgets what is no longer within the window.
    fn forget(&mut self, window: i64, now: Moment) {
        while let Some(oldest) = self.entries.front().filter(|entry| now.since(entry.last) >= window) {
            self.accepted -= oldest.count;
            self.entries.pop_front();
        }
    }

    fn accept(&mut self, window: i64, now: Moment) {
        self.accepted += 1;
        let together = if self.entries.len() >= EXACT { window / EXACT as i64 } else { 1 };
        match self.entries.back_mut() {
            Some(entry) if now.since(entry.first) < together => {
                entry.last = now;
                entry.count += 1;
            }
            _ => self.entries.push_back(Accepted { first: now, last: now, count: 1 }),
        }
    }
}

struct Table<K: Hash + Eq> {
    keys: LruCache<K, Recent>,
    entries: usize,
}

impl<K: Hash + Eq> Table<K> {
    fn forget_least_used(&mut self) {
        if let Some((_, forgotten)) = self.keys.pop_lru() {
            self.entries -= forgotten.entries.len();
        }
    }
}

/// A limiter for keys of one kind.
pub struct Limiter<K: Hash + Eq>(Mutex<Table<K>>);

impl<K: Hash + Eq> Default for Limiter<K> {
    fn default() -> Self {
        // Unbounded as a map, bounded below: a map made for all its keys would cost its size for a single one.
        Self(Mutex::new(Table { keys: LruCache::unbounded(), entries: 0 }))
    }
}

impl<K: Hash + Eq> Limiter<K> {
    /// Counts one request of `key` under `rate`. What is refused does not count.
    pub fn check(&self, key: K, rate: Rate, now: Moment) -> Verdict {
        let (limit, window) = (rate.burst.max(1), i64::from(rate.seconds.max(1)) * SECOND);
        let mut table = self.0.lock();
        if table.keys.len() >= KEYS && !table.keys.contains(&key) {
            table.forget_least_used();
        }
        let recent = table.keys.get_or_insert_mut(key, Recent::default);
        let before = recent.entries.len();
        recent.forget(window, now);
        let verdict = if recent.accepted < limit {
            recent.accept(window, now);
            Verdict::Accepted { remaining: limit - recent.accepted }
        } else {
            let oldest = recent.entries.front().map_or(now, |entry| entry.last);
            let wait = u64::try_from(window - now.since(oldest)).unwrap_or(0);
            Verdict::Refused { retry_after: wait.div_ceil(SECOND as u64).max(1) }
        };
        let after = recent.entries.len();
        table.entries = table.entries + after - before;
        while table.entries > ENTRIES && table.keys.len() > 1 {
            table.forget_least_used();
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment(1_000_000 * SECOND + seconds * SECOND)
    }

    // REQ EDGE-5
    #[test]
    fn a_window_admits_its_number_and_then_says_when() {
        let limiter = Limiter::default();
        let rate = Rate::per_person(3, 30);
        assert_eq!(limiter.check("a", rate, at(0)), Verdict::Accepted { remaining: 2 });
        limiter.check("a", rate, at(10));
        assert_eq!(limiter.check("a", rate, at(20)), Verdict::Accepted { remaining: 0 });
        assert_eq!(limiter.check("a", rate, at(20)), Verdict::Refused { retry_after: 10 });
        assert_eq!(limiter.check("b", rate, at(20)), Verdict::Accepted { remaining: 2 });
        assert_eq!(limiter.check("a", rate, at(29)), Verdict::Refused { retry_after: 1 });
        assert_eq!(limiter.check("a", rate, at(30)), Verdict::Accepted { remaining: 0 });
        assert_eq!(limiter.check("a", rate, at(39)), Verdict::Refused { retry_after: 1 });
        assert_eq!(limiter.check("a", rate, at(60)), Verdict::Accepted { remaining: 2 });
    }

    /// Numbers below a bound that look random and are the same each time (xorshift64).
    fn numbers(mut seed: u64) -> impl FnMut(i64) -> i64 {
        move |below| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 1) as i64 % below
        }
    }

    // REQ EDGE-5
    #[test]
    fn no_window_of_any_beginning_admits_more() {
        for (limit, seconds) in [(1, 1), (5, 3600), (20, 60), (128, 60), (1000, 60), (6000, 60)] {
            let rate = Rate::per_person(limit, seconds);
            let window = i64::from(seconds) * SECOND;
            let mean = window / i64::from(limit);
            let mut random = numbers(u64::from(limit) * 7919 + 1);
            let limiter = Limiter::default();
            let (mut now, mut accepted, mut refused) = (Moment(0), VecDeque::new(), 0);
            for _ in 0..40_000 {
                // Bursts, and pauses between them.
                let longest = if random(4) == 0 { mean * 6 } else { mean / 8 };
                now = Moment(now.0 + random(longest + 1));
                match limiter.check((), rate, now) {
                    Verdict::Accepted { .. } => accepted.push_back(now),
                    Verdict::Refused { .. } => refused += 1,
                }
                while accepted.front().is_some_and(|at| now.since(*at) >= window) {
                    accepted.pop_front();
                }
                assert!(accepted.len() <= limit as usize, "{limit} in {seconds} s");
            }
            assert!(refused > 0, "{limit} in {seconds} s was never reached");
        }
    }

    // REQ EDGE-5
    #[test]
    fn who_keeps_to_the_rate_is_never_refused() {
        for (limit, seconds) in [(1, 1), (5, 3600), (20, 60), (128, 10)] {
            let limiter = Limiter::default();
            let step = i64::from(seconds) * SECOND / i64::from(limit);
            for n in 0..5_000 {
                let verdict = limiter.check((), Rate::per_person(limit, seconds), Moment(n * step + 1));
                assert!(matches!(verdict, Verdict::Accepted { .. }), "{limit} in {seconds} s: {n}");
            }
        }
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = Limiter::default();
        for key in 0..200_000u32 {
            limiter.check(key, Rate::per_address(1, 1), Moment(0));
        }
        assert_eq!(limiter.0.lock().keys.len(), KEYS);
        let limiter = Limiter::default();
        for n in 0..3_000_000 {
            limiter.check(n % 20_000, Rate::per_address(10_000, 3600), Moment(i64::from(n)));
        }
        let table = limiter.0.lock();
        assert!(table.entries <= ENTRIES);
        assert_eq!(table.keys.iter().map(|(_, recent)| recent.entries.len()).sum::<usize>(), table.entries);
        assert!(table.keys.iter().all(|(_, recent)| recent.entries.len() <= 2 * EXACT + 1));
    }
}
