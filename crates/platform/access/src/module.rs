//! A module's manifest: what it brings to the server. The list of its operations and events is its table of contents.

use std::sync::Arc;

use kernel::EventType;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::dispatch::{AnyOperation, Plain, Prepared, Subscribes};
use crate::events::DeclaredEvent;
use crate::operation::{Operation, Prepare};

/// What a module brings. There is no other way to mount a handler.
pub struct Module {
    /// Its name.
    pub name: &'static str,
    pub(crate) operations: Vec<Arc<dyn AnyOperation>>,
    pub(crate) events: Vec<DeclaredEvent>,
}

impl Module {
    /// A module with nothing in it yet.
    pub fn named(name: &'static str) -> Self {
        Self { name, operations: Vec::new(), events: Vec::new() }
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
