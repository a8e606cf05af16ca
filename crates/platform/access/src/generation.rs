//! A number per person that grows whenever what they may do changes. Caches and open sockets compare it before they
//! trust what they remember.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::UserId;
use parking_lot::RwLock;

/// All people's generations.
#[derive(Default)]
pub struct Generations(RwLock<HashMap<UserId, Arc<AtomicU64>>>);

impl Generations {
    /// This person's counter, to be kept by whoever remembers something about them.
    pub fn of(&self, user: UserId) -> Arc<AtomicU64> {
        if let Some(found) = self.0.read().get(&user) {
            return found.clone();
        }
        self.0.write().entry(user).or_default().clone()
    }

    /// What this person may do has changed.
    pub fn bump(&self, user: UserId) {
        self.of(user).fetch_add(1, Ordering::SeqCst);
    }
}
