//! A part of the front end has crashed in somebody's browser: one warning in the server's log, one number more.
//!
//! Nothing that a person wrote or is called can pass (UI-2): a place and a kind from closed lists, the id of a request
//! that this server has made, and the digits of a build. There is no field for a message or a stack.

use std::borrow::Cow;

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route,
};
use kernel::{Cx, RequestId, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use store::Tx;

pub(crate) struct ReportCrash;

/// A crash, told without anything personal.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Crash {
    /// What was lost.
    boundary: Boundary,
    /// What kind of error it was.
    error: ErrorKind,
    /// The request that it followed from, if it did.
    #[serde(default)]
    request_id: Option<RequestId>,
    /// Which build of the front end.
    build: Build,
}

/// The error boundaries, from all to little.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Boundary {
    /// Everything.
    Global,
    /// The page of an address.
    Page,
    /// An app inside the frame.
    App,
    /// A part of a page.
    Widget,
}

/// The kinds of errors that the language and its platform know, and our own. Anything else is `Other`: a name may be
/// chosen by whoever throws.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum ErrorKind {
    /// The server refused, or did not answer.
    ApiError,
    /// Several at once.
    AggregateError,
    /// The browser's own.
    DOMException,
    /// The plain one.
    Error,
    /// A number or length out of range; a stack too deep.
    RangeError,
    /// A name that is not there.
    ReferenceError,
    /// Code or data that could not be read.
    SyntaxError,
    /// A value of the wrong kind.
    TypeError,
    /// A malformed address.
    URIError,
    /// None of these.
    Other,
}

/// Twelve hexadecimal digits.
#[derive(Clone, Debug)]
pub(crate) struct Build(String);

impl<'de> Deserialize<'de> for Build {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        if text.len() != 12 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(de::Error::custom("must be twelve hexadecimal digits"));
        }
        Ok(Self(text.into_owned()))
    }
}

impl JsonSchema for Build {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Build".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{12}$", "minLength": 12, "maxLength": 12 })
    }
}

impl Boundary {
    fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Page => "page",
            Self::App => "app",
            Self::Widget => "widget",
        }
    }
}

impl Operation for ReportCrash {
    const ID: &'static str = "installation.report_crash";
    const SUMMARY: &'static str =
        "Tells the server's log that a part of the front end has crashed; nothing personal can be told.";
    const ROUTE: Route = Route::post("/installation/crashes");
    const PERMISSION: Permission = Permission::Public("the pages before signing in can crash, too");
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_address(20, 60);
    const AUDIT: Audit = Audit::Silent("the log is where it goes");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = InstallationTarget;
    type Input = Crash;
    type Output = Empty;

    async fn run(&self, _: &Cx, _: &mut Tx, _: &Proof<Self>, crash: Crash) -> Result<Empty> {
        let Crash { boundary, error, request_id, build: Build(build) } = crash;
        let request = request_id.map(|id| id.to_string());
        tracing::warn!(boundary = boundary.name(), ?error, request, build, "the front end crashed");
        metrics::counter!("holdfast_frontend_crashes_total", "boundary" => boundary.name()).increment(1);
        Ok(Empty {})
    }
}
