//! A module's manifest: all that it brings to the server, in one place of its own. Nothing central grows when a module gets
//! another noun.

use std::pin::Pin;
use std::sync::Arc;

use kernel::{Event, EventType, Result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use store::{Store, Tenant, Tx, TxFuture};
use uuid::Uuid;

use crate::dispatch::{AnyOperation, Plain, Prepared, Subscribes};
use crate::ending::MembershipEnds;
use crate::events::DeclaredEvent;
use crate::operation::{Operation, Prepare};

/// Reads the newest numbers in the logs of an organisation's topics.
pub type ReadHeads = for<'t> fn(&'t mut Tx, Tenant, Vec<Uuid>) -> TxFuture<'t, Vec<(Uuid, i64)>>;
/// Is told of the events of each commit, before the caller hears of success.
pub(crate) type Hear = Arc<dyn Fn(&[Event]) + Send + Sync>;
/// At the start: brings what is kept in folded form to the newest edition of the rule for text.
pub type Refold = fn(Store, Vec<Tenant>) -> Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// What a module brings. There is no other way to mount a handler.
pub struct Module {
    /// Its name, which is its crate's.
    pub name: &'static str,
    pub(crate) operations: Vec<Arc<dyn AnyOperation>>,
    pub(crate) events: Vec<DeclaredEvent>,
    pub(crate) ids: &'static [&'static str],
    pub(crate) tables: &'static [&'static str],
    pub(crate) policy: &'static str,
    pub(crate) topics: Vec<(&'static str, ReadHeads)>,
    pub(crate) membership_ends: Option<Arc<dyn MembershipEnds>>,
    pub(crate) hears: Option<Hear>,
    pub(crate) refold: Option<Refold>,
}

impl Module {
    /// A module with nothing in it yet.
    pub fn named(name: &'static str) -> Self {
        Self {
            name,
            operations: Vec::new(),
            events: Vec::new(),
            ids: &[],
            tables: &[],
            policy: "",
            topics: Vec::new(),
            membership_ends: None,
            hears: None,
            refold: None,
        }
    }

    /// The prefixes of its ids.
    #[must_use]
    pub fn ids(self, prefixes: &'static [&'static str]) -> Self {
        Self { ids: prefixes, ..self }
    }

    /// The tables that it owns: no other module's SQL touches them.
    #[must_use]
    pub fn tables(self, tables: &'static [&'static str]) -> Self {
        Self { tables, ..self }
    }

    /// Its part of the policy: TOML with a line for each of its operations that asks the policy.
    #[must_use]
    pub fn policy(self, toml: &'static str) -> Self {
        Self { policy: toml, ..self }
    }

    /// A kind of topic that has a log: the prefix of its ids, and how the newest numbers are read.
    #[must_use]
    pub fn topic(mut self, kind: &'static str, heads: ReadHeads) -> Self {
        self.topics.push((kind, heads));
        self
    }

    /// What ends here with a membership of the organisation.
    #[must_use]
    pub fn membership_ends(self, ends: impl MembershipEnds) -> Self {
        Self { membership_ends: Some(Arc::new(ends)), ..self }
    }

    /// Is told of the events of each commit, before the caller hears of success: to forget what is not so any more.
    #[must_use]
    pub fn hears(self, hear: impl Fn(&[Event]) + Send + Sync + 'static) -> Self {
        Self { hears: Some(Arc::new(hear)), ..self }
    }

    /// At the start: brings what is kept in folded form to the newest edition of the rule for text.
    #[must_use]
    pub fn refold(self, refold: Refold) -> Self {
        Self { refold: Some(refold), ..self }
    }

    /// Mounts an operation whose input is what comes over the wire.
    #[must_use]
    pub fn operation<O>(mut self, operation: O) -> Self
    where
        O: Operation,
        O::Input: DeserializeOwned + JsonSchema,
    {
        self.operations.push(Arc::new(Plain::new(operation)));
        self
    }

    /// Declares a type of event. What is not declared is not published.
    #[must_use]
    pub fn event<E: EventType>(mut self) -> Self {
        self.events.push(DeclaredEvent::of::<E>());
        self
    }

    /// Mounts an operation that works before its transaction begins.
    #[must_use]
    pub fn prepared<O: Prepare>(mut self, operation: O) -> Self {
        self.operations.push(Arc::new(Prepared::new(operation)));
        self
    }

    /// Mounts an operation that also opens a subscription: a caller who carries it out over a WebSocket receives the log of
    /// the topic that the path parameter names, from then on. `kind`: the prefix of its ids.
    #[must_use]
    pub fn subscription<O>(mut self, operation: O, parameter: &'static str, kind: &'static str) -> Self
    where
        O: Operation,
        O::Input: DeserializeOwned + JsonSchema,
    {
        self.operations.push(Arc::new(Plain::new(operation).subscribing(Subscribes { parameter, kind })));
        self
    }
}
