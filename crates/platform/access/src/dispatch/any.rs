//! An operation with its types forgotten: how operations of every kind stand in one table.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use kernel::{Code, Error, Result};
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;

use super::{Answer, Call, Dispatcher, each};
use crate::input::Shape;
use crate::operation::{Audit, DataClass, Expose, Method, Operation, Permission, Prepare, Rate, Route};
use crate::target::Target;

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

/// An operation with its types forgotten, and what can be told of it.
pub(crate) trait AnyOperation: Send + Sync {
    fn facts(&self) -> Facts;
    fn shape(&self) -> &Shape;
    fn output(&self) -> Schema;
    fn call<'a>(&'a self, dispatcher: &'a Dispatcher, call: Call) -> Answering<'a>;
    fn each<'a>(&'a self, dispatcher: &'a Dispatcher, batch: each::Batch) -> each::AnsweringEach<'a>;
}

/// What can be told of an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) route: Route,
    pub(crate) permission: Permission,
    pub(crate) expose: Expose,
    pub(crate) rate: Rate,
    pub(crate) audit: Audit,
    pub(crate) data_class: DataClass,
    pub(crate) subscribes: Option<Subscribes>,
    pub(crate) refuses: &'static [Code],
}

/// What an operation subscribes to.
#[derive(Clone, Copy, Debug)]
pub struct Subscribes {
    /// The path parameter that names the topic.
    pub parameter: &'static str,
    /// The kind of the topic: the prefix of its id.
    pub kind: &'static str,
}

impl Facts {
    fn of<O: Operation>() -> Self {
        Self {
            id: O::ID,
            summary: O::SUMMARY,
            route: O::ROUTE,
            permission: O::PERMISSION,
            expose: O::EXPOSE,
            rate: O::RATE,
            audit: O::AUDIT,
            data_class: O::DATA_CLASS,
            subscribes: None,
            refuses: O::REFUSES,
        }
    }

    /// The area of operations that a token must be good for, and whether for writing; none: no token reaches it, or every one.
    pub(crate) fn scope(&self) -> Option<(&'static str, bool)> {
        let wanted = self.expose == Expose::Everywhere && self.permission == Permission::Policy;
        wanted.then(|| scope(self.id, self.route.method))
    }
}

/// The area of an operation is the first word of its id; whatever does not read writes. Reading on (a subscription) is reading.
pub(crate) fn scope(id: &'static str, method: Method) -> (&'static str, bool) {
    (id.split('.').next().unwrap_or(id), method != Method::Get)
}

fn output_schema<O: Operation>() -> Schema {
    schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<O::Output>()
}

/// An operation whose wire type is its input.
pub(crate) struct Plain<O> {
    pub(super) operation: Arc<O>,
    pub(super) shape: Shape,
    subscribes: Option<Subscribes>,
}

impl<O: Operation> Plain<O>
where
    O::Input: JsonSchema,
{
    pub(crate) fn new(operation: O) -> Self {
        Self {
            operation: Arc::new(operation),
            shape: Shape::of::<<O::Target as Target>::Path, O::Input>(),
            subscribes: None,
        }
    }

    pub(crate) fn subscribing(mut self, to: Subscribes) -> Self {
        self.subscribes = Some(to);
        self
    }
}

impl<O: Operation> AnyOperation for Plain<O>
where
    O::Input: DeserializeOwned + JsonSchema,
{
    fn facts(&self) -> Facts {
        Facts { subscribes: self.subscribes, ..Facts::of::<O>() }
    }
    fn shape(&self) -> &Shape {
        &self.shape
    }
    fn output(&self) -> Schema {
        output_schema::<O>()
    }
    fn call<'a>(&'a self, dispatcher: &'a Dispatcher, call: Call) -> Answering<'a> {
        Box::pin(async move {
            let (cx, path, raw, rate) = dispatcher.open::<O>(&self.shape, call).await?;
            let input = self.shape.parse_input::<O::Input>(raw.1)?;
            dispatcher.carry_out(self.operation.clone(), cx, path, input, raw.0, rate).await
        })
    }
    fn each<'a>(&'a self, dispatcher: &'a Dispatcher, batch: each::Batch) -> each::AnsweringEach<'a> {
        Box::pin(self.answer_each(dispatcher, batch))
    }
}

/// An operation that works before its transaction.
pub(crate) struct Prepared<O> {
    operation: Arc<O>,
    shape: Shape,
}

impl<O: Prepare> Prepared<O> {
    pub(crate) fn new(operation: O) -> Self {
        Self { operation: Arc::new(operation), shape: Shape::of::<<O::Target as Target>::Path, O::Wire>() }
    }
}

impl<O: Prepare> AnyOperation for Prepared<O> {
    fn facts(&self) -> Facts {
        Facts::of::<O>()
    }
    fn shape(&self) -> &Shape {
        &self.shape
    }
    fn output(&self) -> Schema {
        output_schema::<O>()
    }
    fn call<'a>(&'a self, dispatcher: &'a Dispatcher, call: Call) -> Answering<'a> {
        Box::pin(async move {
            let (cx, path, raw, rate) = dispatcher.open::<O>(&self.shape, call).await?;
            let wire = self.shape.parse_input::<O::Wire>(raw.1)?;
            let input = self.operation.prepare(&cx, dispatcher.store(), wire).await?;
            dispatcher.carry_out(self.operation.clone(), cx, path, input, raw.0, rate).await
        })
    }
    fn each<'a>(&'a self, _: &'a Dispatcher, _: each::Batch) -> each::AnsweringEach<'a> {
        Box::pin(async { Err(Error::internal("an operation that prepares is no subscription")) })
    }
}
