//! A bounded memory of what is true of subjects. What is remembered carries the subject's generation as it was before the
//! database was asked; a change of authority raises it, so a memory older than the change is never used.

use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use access::Generations;
use kernel::{Credential, Membership, Moment, OrgId, Subject};
use lru::LruCache;
use parking_lot::Mutex;

use super::live::Live;
use crate::secret::SecretHash;

/// Subjects remembered at most.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16_383);

/// A value and the generation it belongs to.
#[derive(Clone)]
struct Stamped<T> {
    value: T,
    generation: u64,
    current: Arc<AtomicU64>,
}

/// One kind of what is remembered.
pub(super) struct Cache<K: Hash + Eq, T: Clone>(Mutex<LruCache<K, Stamped<T>>>);

impl<K: Hash + Eq, T: Clone> Cache<K, T> {
    fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }

    pub(super) fn get(&self, key: &K) -> Option<T> {
        let mut cache = self.0.lock();
        let found = cache.get(key)?;
        if found.current.load(Ordering::SeqCst) == found.generation {
            return Some(found.value.clone());
        }
        cache.pop(key);
        None
    }

    fn clear(&self) {
        self.0.lock().clear();
    }

    pub(super) fn put(&self, key: K, stamp: Stamp, value: T) {
        self.0.lock().put(key, Stamped { value, generation: stamp.0, current: stamp.1 });
    }
}

/// A subject's generation, taken before the database is asked.
pub(super) struct Stamp(u64, Arc<AtomicU64>);

/// What is remembered.
pub(crate) struct Memory {
    generations: Arc<Generations>,
    /// Other processes change the same database: nothing is remembered but whose a secret is, for a moment.
    pub(super) shared: bool,
    pub(super) by_secret: Cache<SecretHash, Arc<Live>>,
    pub(super) by_credential: Cache<Credential, Arc<Live>>,
    pub(super) memberships: Cache<(Subject, OrgId), Membership>,
    /// When credentials on open connections were last written down.
    pub(super) touched: Mutex<LruCache<Credential, Moment>>,
}

impl Memory {
    pub(crate) fn new(generations: Arc<Generations>, shared: bool) -> Self {
        let touched = Mutex::new(LruCache::new(MOST));
        let (by_secret, by_credential, memberships) = (Cache::new(), Cache::new(), Cache::new());
        Self { generations, shared, by_secret, by_credential, memberships, touched }
    }

    /// What is stored has been set right: a last use by a clock that was ahead is forgotten here, too.
    pub(crate) fn forget_credentials(&self) {
        self.by_secret.clear();
        self.by_credential.clear();
    }

    pub(super) fn stamp(&self, subject: Subject) -> Stamp {
        let current = self.generations.of(subject);
        Stamp(current.load(Ordering::SeqCst), current)
    }
}
