//! How many connections are open, in all and per address (EDGE-6).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The open connections.
#[derive(Clone)]
pub(crate) struct Slots(Arc<Table>);

struct Table {
    total: usize,
    per_address: usize,
    open: Mutex<Open>,
    empty: Notify,
    gauge: metrics::Gauge,
}

#[derive(Default)]
struct Open {
    count: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One open connection. It lives as long as the socket, upgraded or not.
pub(crate) struct Slot {
    table: Arc<Table>,
    address: Option<IpAddr>,
}

impl Slots {
    pub(crate) fn new(total: usize, per_address: usize) -> Self {
        let gauge = metrics::gauge!("holdfast_connections");
        Self(Arc::new(Table { total, per_address, open: Mutex::default(), empty: Notify::new(), gauge }))
    }

    /// A place for one more, unless there are too many. `address` is `None` for peers that stand for many
    /// clients.
    pub(crate) fn take(&self, address: Option<IpAddr>) -> Option<Slot> {
        let mut open = self.0.open.lock();
        if open.count >= self.0.total {
            return None;
        }
        if let Some(address) = address {
            let mine = open.by_address.entry(address).or_insert(0);
            if *mine >= self.0.per_address {
                return None;
            }
            *mine += 1;
        }
        open.count += 1;
        self.0.gauge.set(open.count as f64);
        Some(Slot { table: self.0.clone(), address })
    }

    /// Waits until no connection is open.
    pub(crate) async fn emptied(&self) {
        loop {
            let notified = self.0.empty.notified();
            let mut notified = std::pin::pin!(notified);
            notified.as_mut().enable();
            if self.0.open.lock().count == 0 {
                return;
            }
            notified.await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.table.open.lock();
        open.count = open.count.saturating_sub(1);
        if let Some(address) = self.address
            && let Some(mine) = open.by_address.get_mut(&address)
        {
            *mine -= 1;
            if *mine == 0 {
                open.by_address.remove(&address);
            }
        }
        self.table.gauge.set(open.count as f64);
        if open.count == 0 {
            self.table.empty.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ EDGE-6
    #[test]
    fn slots_are_counted_and_given_back() {
        let slots = Slots::new(3, 2);
        let [a, b]: [IpAddr; 2] = ["192.0.2.1", "192.0.2.2"].map(|t| t.parse().unwrap());
        let first = slots.take(Some(a));
        let second = slots.take(Some(a));
        assert!(first.is_some() && second.is_some());
        assert!(slots.take(Some(a)).is_none());
        let third = slots.take(Some(b));
        assert!(third.is_some());
        assert!(slots.take(None).is_none());
        drop(first);
        assert!(slots.take(Some(a)).is_some());
        drop((second, third));
        let open = slots.0.open.lock();
        assert!(open.count == 0 && open.by_address.is_empty());
    }
}
