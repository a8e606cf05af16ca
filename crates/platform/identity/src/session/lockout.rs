//! Failed passwords are counted by account and address, and by account over all addresses (ID-2). Counting is by a hash of
//! the address typed, so that accounts that do not exist behave the same. A lock passes with time, and a password reset
//! by mail lifts it: nobody can lock a person out for good.

use std::net::IpAddr;

use kernel::time::{HOUR, MINUTE, SECOND};
use kernel::{Code, Cx, Error, Result, Timestamp};
use sha2::{Digest, Sha256};
use store::{Tx, params};

/// How many failures in which time lock for how long.
#[derive(Clone, Copy, Debug)]
struct Limit {
    failures: i64,
    window: i64,
    lock: i64,
}

/// From one address, for one account.
const FROM_ONE_ADDRESS: Limit = Limit { failures: 5, window: 15 * MINUTE, lock: 15 * MINUTE };
/// From all addresses together, for one account.
const FROM_ALL: Limit = Limit { failures: 50, window: HOUR, lock: HOUR };
/// How the sum over all addresses is kept.
const ALL: &str = "*";

/// A row of the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counter {
    failures: i64,
    since: Timestamp,
    locked_until: Option<Timestamp>,
}

impl Counter {
    /// The same count by a clock that shows `now`. What was written by a clock that has gone back since lies ahead: the count
    /// begins now, and the lock lasts no longer than a lock does.
    fn seen_at(self, limit: Limit, now: Timestamp) -> Self {
        let latest = now.plus(limit.lock);
        Self {
            since: self.since.min(now),
            locked_until: self.locked_until.map(|until| until.min(latest)),
            ..self
        }
    }

    /// How long it is still locked, in microseconds.
    fn locked_for(self, now: Timestamp) -> Option<i64> {
        self.locked_until.map(|until| until.0 - now.0).filter(|left| *left > 0)
    }

    /// One failure more.
    fn after_failure(self, limit: Limit, now: Timestamp) -> Self {
        let over =
            now.0 - self.since.0 >= limit.window || self.locked_until.is_some_and(|until| until <= now);
        let (failures, since) = if over { (1, now) } else { (self.failures + 1, self.since) };
        let locked_until = (failures >= limit.failures).then(|| now.plus(limit.lock));
        Self { failures, since, locked_until }
    }
}

/// How an account is named in the count.
pub(crate) fn account_key(email_folded: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"holdfast/login/v1\0");
    hash.update(email_folded);
    hash.finalize().into()
}

/// How an address is named.
fn address_key(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "unknown".to_owned(), |a| kernel::net::subscriber(a).to_string())
}

fn locked(left: i64) -> Error {
    let seconds = u64::try_from(left.div_euclid(SECOND) + 1).unwrap_or(1);
    let minutes = seconds.div_ceil(60);
    let minutes = if minutes == 1 { "1 minute".to_owned() } else { format!("{minutes} minutes") };
    Error::new(Code::LockedOut)
        .message(format!("Too many failed attempts. Signing in with a password is locked for {minutes}."))
        .hint("Wait, or reset your password by mail, which unlocks it at once. An administrator can unlock it too.")
        .retry_after(seconds)
        .keeping()
}

/// Counts an attempt, in the transaction that acts on it, so that guesses made in parallel are counted one by one. Refuses
/// while locked, also what would be right; says otherwise whether the attempt counts as right.
pub(crate) async fn count(cx: &Cx, tx: &mut Tx, email_folded: &str, right: bool) -> Result<bool> {
    let account = account_key(email_folded);
    let address = address_key(cx.request.address);
    let now = cx.now();
    // Both rows are held before anything is decided: always in this order, so that no two attempts wait for each other.
    let from_one = hold(tx, &account, &address, FROM_ONE_ADDRESS, now).await?;
    let from_all = hold(tx, &account, ALL, FROM_ALL, now).await?;
    if let Some(left) = from_one.locked_for(now).max(from_all.locked_for(now)) {
        return Err(locked(left));
    }
    if right {
        tx.execute(
            "DELETE FROM login_failure WHERE account = ?1 AND (address = ?2 OR (address = ?3 AND failures = 0))",
            params![&account, &address, ALL],
        )
        .await?;
        return Ok(true);
    }
    for (key, counter, limit) in [(address.as_str(), from_one, FROM_ONE_ADDRESS), (ALL, from_all, FROM_ALL)] {
        write(tx, &account, key, counter.after_failure(limit, now)).await?;
    }
    Ok(false)
}

async fn write(tx: &mut Tx, account: &[u8; 32], address: &str, counter: Counter) -> Result<()> {
    let Counter { failures, since, locked_until } = counter;
    let sql = "UPDATE login_failure SET failures = ?3, since = ?4, locked_until = ?5 WHERE account = ?1 AND address = ?2";
    tx.execute(sql, params![account, address, failures, since, locked_until]).await.map(|_| ())
}

/// Reads a row and keeps others from it until the transaction ends.
async fn hold(
    tx: &mut Tx,
    account: &[u8; 32],
    address: &str,
    limit: Limit,
    now: Timestamp,
) -> Result<Counter> {
    let row = tx
        .optional(
            "INSERT INTO login_failure (account, address, failures, since) VALUES (?1, ?2, 0, ?3)
             ON CONFLICT (account, address) DO UPDATE SET failures = login_failure.failures
             RETURNING failures, since, locked_until",
            params![account, address, now],
            |row| Ok(Counter { failures: row.get(0)?, since: row.get(1)?, locked_until: row.get(2)? }),
        )
        .await?;
    let stored = row.ok_or_else(|| Error::internal("an upsert returned no row"))?;
    let counter = stored.seen_at(limit, now);
    if counter != stored {
        // Kept, so that what is left grows less from here on.
        write(tx, account, address, counter).await?;
    }
    Ok(counter)
}

/// Until when an account is locked for somebody, at the longest.
pub(crate) async fn locked_until(
    tx: &mut Tx,
    email_folded: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let sql = "SELECT max(locked_until) FROM login_failure WHERE account = ?1 AND locked_until > ?2";
    let latest = tx.optional(sql, params![&account_key(email_folded), now], |row| row.get(0)).await?;
    Ok(latest.flatten().map(|until: Timestamp| until.min(now.plus(FROM_ALL.lock))))
}

/// Lifts every lock of an account.
pub(crate) async fn clear(tx: &mut Tx, email_folded: &str) -> Result<u64> {
    tx.execute("DELETE FROM login_failure WHERE account = ?1", params![&account_key(email_folded)]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000 * SECOND);

    fn fresh() -> Counter {
        Counter { failures: 0, since: START, locked_until: None }
    }

    // REQ ID-2
    #[test]
    fn five_failures_lock_for_a_quarter_of_an_hour_and_then_it_starts_anew() {
        let mut counter = fresh();
        for n in 1..5 {
            counter = counter.after_failure(FROM_ONE_ADDRESS, START.plus(n * SECOND));
            assert_eq!(counter.locked_for(START.plus(n * SECOND)), None);
        }
        let fifth = START.plus(10 * SECOND);
        counter = counter.after_failure(FROM_ONE_ADDRESS, fifth);
        assert_eq!(counter.locked_for(fifth), Some(15 * MINUTE));
        assert_eq!(counter.locked_for(fifth.plus(15 * MINUTE)), None);
        let later = fifth.plus(15 * MINUTE);
        assert_eq!(
            counter.after_failure(FROM_ONE_ADDRESS, later),
            Counter { failures: 1, since: later, locked_until: None }
        );
    }

    // REQ ID-2
    #[test]
    fn slow_failures_do_not_add_up() {
        let mut counter = fresh();
        for n in 0..100 {
            let now = START.plus(n * 4 * MINUTE);
            counter = counter.after_failure(FROM_ONE_ADDRESS, now);
            assert!(counter.locked_for(now).is_none(), "{n}");
        }
    }

    // REQ ID-2
    #[test]
    fn a_clock_that_was_ahead_lengthens_no_lock() {
        let ahead = START.plus(365 * 24 * HOUR);
        let written = Counter { failures: 5, since: ahead, locked_until: Some(ahead.plus(15 * MINUTE)) };
        let seen = written.seen_at(FROM_ONE_ADDRESS, START);
        assert_eq!((seen.since, seen.locked_for(START)), (START, Some(15 * MINUTE)));
        let later = START.plus(10 * MINUTE);
        assert_eq!(seen.seen_at(FROM_ONE_ADDRESS, later).locked_for(later), Some(5 * MINUTE));
    }

    #[test]
    fn the_refusal_names_the_way_out() {
        let error = locked(14 * MINUTE + SECOND);
        assert_eq!((error.code, error.retry_after, error.keep), (Code::LockedOut, Some(842), true));
        assert!(error.message.contains("15 minutes") && error.hint.unwrap().contains("reset your password"));
    }
}
