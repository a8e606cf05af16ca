//! What the server keeps in memory for clients: requests that it holds and answers that nobody has taken yet,
//! bounded per connection, per address and in all (EDGE-6, attack N12).
//!
//! Every request has one [`Hold`]. It counts the request's head, what has arrived of its body, and its
//! answer, and gives all of it back when the last byte of the answer has been taken or the answer is given up.
//! An answer counts whole until then: its last piece keeps all of it in memory. Bytes that many answers share
//! ([`Shared`]) cost nothing more and are not counted.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use kernel::{Code, Error};
use parking_lot::Mutex;

use crate::connection::Activity;

/// Put among an answer's extensions: its body's bytes are in memory anyway, however many ask for them.
#[derive(Clone, Copy, Debug)]
pub struct Shared;

/// How much may be held.
#[derive(Clone, Copy, Debug)]
pub struct HeldLimits {
    /// For one connection. An answer that is alone on its connection may be larger.
    pub connection: usize,
    /// For one address (one /64 for IPv6).
    pub address: usize,
    /// In all.
    pub total: usize,
}

/// What a request costs beside its bytes: its task, its stream, its answer's head.
pub(crate) const REQUEST: usize = 4 * 1024;
/// So much is always there for a request that is alone on its connection: whoever shares an address, or the
/// server, with somebody greedy is served all the same.
const ALONE: usize = 32 * 1024;

/// What is held for everybody.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Table>);

struct Table {
    limits: HeldLimits,
    sums: Mutex<Sums>,
    gauge: metrics::Gauge,
    refused: metrics::Counter,
}

#[derive(Default)]
struct Sums {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why nothing more is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// This connection or its address holds too much already.
    Client,
    /// Everybody together does.
    Server,
}

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too much is held for clients already")
    }
}

impl std::error::Error for Full {}

impl From<Full> for Error {
    fn from(full: Full) -> Self {
        match full {
            Full::Client => Error::new(Code::RateLimited)
                .hint("Read the answers that you have asked for before you ask for more."),
            Full::Server => Error::new(Code::Unavailable),
        }
        .retry_after(1)
    }
}

impl Budget {
    pub(crate) fn new(limits: HeldLimits) -> Self {
        let gauge = metrics::gauge!("holdfast_held_bytes");
        let refused = metrics::counter!("holdfast_held_refusals_total");
        Self(Arc::new(Table { limits, sums: Mutex::default(), gauge, refused }))
    }

    /// Whether more than half of what may be held is: then whoever takes nothing has to go sooner.
    pub(crate) fn is_tight(&self, address: Option<IpAddr>) -> bool {
        let sums = self.0.sums.lock();
        let of_address = address.and_then(|a| sums.by_address.get(&a)).copied().unwrap_or_default();
        sums.total > self.0.limits.total / 2 || of_address > self.0.limits.address / 2
    }
}

/// What is held for one request.
pub(crate) struct Hold {
    budget: Budget,
    connection: Arc<Activity>,
    address: Option<IpAddr>,
    bytes: AtomicUsize,
    /// Peers that stand for many clients are not bounded as one connection.
    many: bool,
}

impl Hold {
    /// For a request of this client. The administrator at the machine has no address and no bound.
    pub(crate) fn new(
        budget: &Budget,
        connection: &Arc<Activity>,
        address: Option<IpAddr>,
        many: bool,
    ) -> Arc<Self> {
        let address = address.map(kernel::net::subscriber);
        Arc::new(Self {
            budget: budget.clone(),
            connection: connection.clone(),
            address,
            bytes: AtomicUsize::new(0),
            many,
        })
    }

    /// Counts so many bytes more, if they fit.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Full> {
        self.count(bytes, false)
    }

    /// Counts them although they do not fit, as what a refusal costs. Beyond a quarter over the bounds the
    /// connection is cut: a client that does not read refusals either.
    pub(crate) fn force(&self, bytes: usize) {
        if self.count(bytes, true).is_err() {
            self.connection.cut.notify_one();
        }
    }

    fn count(&self, bytes: usize, over: bool) -> Result<(), Full> {
        let table = &*self.budget.0;
        let bound = |limit: usize| if over { limit.saturating_add(limit / 4) } else { limit };
        let mut sums = table.sums.lock();
        let own = self.bytes.load(Relaxed);
        let here = self.connection.held.load(Relaxed);
        let of_address =
            self.address.and_then(|a| sums.by_address.get(&a)).copied().unwrap_or_default() + bytes;
        let alone = here == own;
        let always = self.address.is_none() || (alone && own + bytes <= ALONE);
        let full = if always {
            None
        } else if sums.total + bytes > bound(table.limits.total) {
            Some(Full::Server)
        } else if of_address > bound(table.limits.address)
            || (!alone && !self.many && here + bytes > bound(table.limits.connection))
        {
            Some(Full::Client)
        } else {
            None
        };
        if let Some(full) = full {
            table.refused.increment(1);
            return Err(full);
        }
        sums.total += bytes;
        if let Some(address) = self.address {
            sums.by_address.insert(address, of_address);
        }
        table.gauge.set(sums.total as f64);
        self.connection.held.fetch_add(bytes, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
        Ok(())
    }

    /// Gives so many bytes back.
    pub(crate) fn give_back(&self, bytes: usize) {
        let table = &*self.budget.0;
        let mut sums = table.sums.lock();
        sums.total = sums.total.saturating_sub(bytes);
        if let Some(address) = self.address
            && let Some(of_address) = sums.by_address.get_mut(&address)
        {
            *of_address = of_address.saturating_sub(bytes);
            if *of_address == 0 {
                sums.by_address.remove(&address);
            }
        }
        table.gauge.set(sums.total as f64);
        self.connection.held.fetch_sub(bytes, Relaxed);
        self.bytes.fetch_sub(bytes, Relaxed);
    }

    /// So many bytes are held for it now.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    pub(crate) fn connection(&self) -> &Arc<Activity> {
        &self.connection
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.give_back(self.bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeldLimits = HeldLimits { connection: 200_000, address: 500_000, total: 800_000 };

    // REQ EDGE-6 (attack N12)
    #[test]
    fn what_is_held_is_bounded_three_times_and_given_back() {
        let budget = Budget::new(LIMITS);
        let hold = |connection: &Arc<Activity>, n: u8| {
            Hold::new(&budget, connection, Some(IpAddr::from([192, 0, 2, n])), false)
        };
        let connections: Vec<Arc<Activity>> = (0..8).map(|_| Arc::default()).collect();
        let large = hold(&connections[0], 1);
        assert_eq!(large.take(300_000), Ok(()), "alone on its connection");
        assert_eq!(hold(&connections[0], 1).take(1), Err(Full::Client), "of the connection");
        let second = hold(&connections[1], 1);
        assert_eq!(second.take(200_000), Ok(()));
        assert_eq!(hold(&connections[2], 1).take(40_000), Err(Full::Client), "of the address");
        let small = hold(&connections[2], 1);
        assert_eq!(small.take(ALONE), Ok(()), "alone on its connection and small");
        assert_eq!(hold(&connections[2], 1).take(ALONE), Err(Full::Client), "not alone any more");
        let other = hold(&connections[3], 2);
        assert_eq!(other.take(200_000), Ok(()), "another address");
        assert!(budget.is_tight(None));
        assert_eq!(hold(&connections[4], 3).take(100_000), Err(Full::Server));
        let console = Hold::new(&budget, &connections[5], None, false);
        assert_eq!(console.take(1_000_000), Ok(()), "the administrator");
        drop((large, second, small, other, console));
        assert!(!budget.is_tight(None));
        let sums = budget.0.sums.lock();
        assert!(sums.total == 0 && sums.by_address.is_empty());
        assert!(connections.iter().all(|c| c.held.load(Relaxed) == 0));
    }
}
