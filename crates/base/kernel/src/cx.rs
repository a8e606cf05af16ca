//! The context of one request: who asks, from where, and the clock and randomness to use. Nothing is ambient.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use crate::id::{OrgId, RequestId};
use crate::principal::Principal;
use crate::secret::Secret;
use crate::time::{Clock, Timestamp};

/// A source of unpredictable bytes. The server has the operating system's; tests may have a seeded one.
pub trait Entropy: Send + Sync + 'static {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's randomness.
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[allow(
        clippy::expect_used,
        reason = "without randomness no token is safe: stopping is the only honest answer"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives randomness");
    }
}

/// Where a request came from.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its name in logs and errors.
    pub id: RequestId,
    /// The client's address, as far as trusted proxies tell.
    pub address: Option<IpAddr>,
    /// The User-Agent, cut short.
    pub device: Arc<str>,
    /// `Idempotency-Key`, if one was sent.
    pub idempotency_key: Option<String>,
}

/// What a verb asks the edge to do to the caller's cookie once all is committed.
#[derive(Clone, Debug, Default)]
pub enum SignIn {
    /// Leave it.
    #[default]
    Keep,
    /// Set it to this new token.
    Start(Secret),
    /// Remove it, and what the browser has stored.
    End,
}

/// Notes that a verb leaves for the audit entry, and what it asks of the edge.
#[derive(Default)]
struct Aside {
    principal: Option<Principal>,
    concern: Option<OrgId>,
    notes: Vec<(&'static str, String)>,
    resource: Option<String>,
    sign_in: SignIn,
}

/// The context of one request. Clones share their notes.
#[derive(Clone)]
pub struct Cx {
    /// Who asks.
    pub principal: Principal,
    /// From where.
    pub request: Request,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    aside: Arc<Mutex<Aside>>,
}

impl Cx {
    /// A context for one request.
    pub fn new(
        principal: Principal,
        request: Request,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { principal, request, clock, entropy, aside: Arc::default() }
    }

    /// The same request, once it is known who asks inside the organisation.
    #[must_use]
    pub fn known_as(&self, principal: Principal) -> Self {
        self.with(|aside| aside.principal = Some(principal.clone()));
        Self { principal, ..self.clone() }
    }

    /// The most that became known of who asks, for the ledger.
    pub fn best_known(&self) -> Principal {
        self.with(|aside| aside.principal.clone()).unwrap_or_else(|| self.principal.clone())
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Fresh random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// A new UUIDv7.
    pub fn uuid(&self) -> Uuid {
        uuid_v7(self.clock.now(), &*self.entropy)
    }

    /// Adds a line to the audit entry's detail. Nothing secret belongs here.
    pub fn note(&self, key: &'static str, value: impl fmt::Display) {
        self.with(|aside| aside.notes.push((key, value.to_string())));
    }

    /// Names what the audit entry is about, where the target does not tell (a thing just made).
    pub fn about(&self, resource: impl fmt::Display) {
        self.with(|aside| aside.resource = Some(resource.to_string()));
    }

    /// Puts the audit entry of a request that names no organisation into this one's ledger: somebody has just joined it.
    pub fn concerns(&self, org: OrgId) {
        self.with(|aside| aside.concern = Some(org));
    }

    /// The organisation whose ledger the verb has named.
    pub fn take_concern(&self) -> Option<OrgId> {
        self.with(|aside| aside.concern.take())
    }

    /// Names the target, unless the verb has named something more precise.
    pub fn about_target(&self, resource: Option<String>) {
        self.with(|aside| {
            if aside.resource.is_none() {
                aside.resource = resource;
            }
        });
    }

    /// Asks the edge to set or remove the session cookie.
    pub fn sign_in(&self, wish: SignIn) {
        self.with(|aside| aside.sign_in = wish);
    }

    /// What the verb asked about the cookie.
    pub fn take_sign_in(&self) -> SignIn {
        self.with(|aside| std::mem::take(&mut aside.sign_in))
    }

    /// The notes for the audit entry, and its resource.
    pub fn take_notes(&self) -> (Vec<(&'static str, String)>, Option<String>) {
        self.with(|aside| (std::mem::take(&mut aside.notes), aside.resource.take()))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Aside) -> T) -> T {
        change(&mut self.aside.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// A UUIDv7 (RFC 9562, 5.7) from a given time and given randomness.
pub fn uuid_v7(now: Timestamp, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    uuid::Builder::from_unix_timestamp_millis(now.millis(), &random).into_uuid()
}
