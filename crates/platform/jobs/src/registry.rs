//! The handlers and schedules of all modules: what the worker of a process carries out.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Error, Result};

use crate::attempt::{AnyHandler, Handler};
use crate::job::{Job, Priority, Retry};
use crate::schedule::Schedule;

/// What a kind of job has declared, without its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declared {
    pub(crate) kind: &'static str,
    pub(crate) retry: Retry,
    pub(crate) priority: Priority,
    pub(crate) at_once: usize,
}

impl Declared {
    pub(crate) const fn of<J: Job>() -> Self {
        Self { kind: J::KIND, retry: J::RETRY, priority: J::PRIORITY, at_once: J::AT_ONCE }
    }
}

/// The handlers and schedules that a worker has.
#[derive(Default)]
pub struct Registry {
    handlers: Vec<Arc<dyn AnyHandler>>,
    pub(crate) schedules: Vec<Schedule>,
}

impl Registry {
    /// Adds a handler.
    #[must_use]
    pub fn handler(mut self, handler: impl Handler) -> Self {
        self.handlers.push(Arc::new(handler));
        self
    }

    /// Adds a schedule.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedules.push(schedule);
        self
    }

    /// Adds another module's.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.handlers.extend(other.handlers);
        self.schedules.extend(other.schedules);
        self
    }

    /// The handlers by kind. An error when two are for the same one.
    pub(crate) fn by_kind(&self) -> Result<BTreeMap<&'static str, Arc<dyn AnyHandler>>> {
        let mut all = BTreeMap::new();
        for handler in &self.handlers {
            let kind = handler.declared().kind;
            if all.insert(kind, handler.clone()).is_some() {
                return Err(Error::internal(format_args!("two handlers for {kind}"))
                    .message("The jobs do not fit together."));
            }
        }
        Ok(all)
    }
}
