//! A number per subject that grows whenever what they may do changes. Caches and open sockets compare it before they
//! trust what they remember.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::Subject;
use parking_lot::RwLock;

/// All subjects' generations.
#[derive(Default)]
pub struct Generations(RwLock<HashMap<Subject, Arc<AtomicU64>>>);

impl Generations {
    /// This subject's counter, to be kept by whoever remembers something about them.
    pub fn of(&self, subject: Subject) -> Arc<AtomicU64> {
        if let Some(found) = self.0.read().get(&subject) {
            return found.clone();
        }
        self.0.write().entry(subject).or_default().clone()
    }

    /// What this subject may do has changed.
    pub fn bump(&self, subject: Subject) {
        self.of(subject).fetch_add(1, Ordering::SeqCst);
    }
}
