//! What an operation must say of itself before it can be mounted. Leaving a constant out does not compile; only `REFUSES`
//! has a default.

use std::future::Future;

use kernel::{Code, Cx, Error, Result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Store, Tx};

use crate::proof::Proof;
use crate::target::Target;

/// One thing that a caller can ask for.
pub trait Operation: Send + Sync + 'static {
    /// Its name everywhere: route table, policy, ledger, metrics, client. `noun.verb`, with the app before it.
    const ID: &'static str;
    /// One sentence for people: what it does, and to what.
    const SUMMARY: &'static str;
    /// Method and path below `/api/v1`.
    const ROUTE: Route;
    /// Who may ask.
    const PERMISSION: Permission;
    /// From where.
    const EXPOSE: Expose;
    /// How often.
    const RATE: Rate;
    /// What the ledger keeps of it.
    const AUDIT: Audit;
    /// What kind of data passes.
    const DATA_CLASS: DataClass;
    /// What it can refuse with beside what every operation of its kind can: for its description.
    const REFUSES: &'static [Code] = &[];

    /// What it acts on: loaded in the caller's organisation and authorised before [`run`](Self::run).
    type Target: Target;
    /// What the verb works with.
    type Input: Send + 'static;
    /// What it answers.
    type Output: Serialize + JsonSchema + Send + 'static;

    /// The verb: runs inside the transaction that also carries its audit entry.
    fn run(
        &self,
        cx: &Cx,
        tx: &mut Tx,
        at: &Proof<Self>,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output>> + Send
    where
        Self: Sized;

    /// The answer to a request that has been carried out and is sent again under its `Idempotency-Key`: what is so today of
    /// what the first one was about (`made`: its id, as the ledger has it), for whom the policy lets ask today. Whether they
    /// may still see it the operation decides. Not asked of an answer that tells nothing. Without it the caller hears only
    /// that it was done.
    fn again(
        &self,
        _cx: &Cx,
        _tx: &mut Tx,
        _at: &Proof<Self>,
        _made: &str,
    ) -> impl Future<Output = Result<Self::Output>> + Send
    where
        Self: Sized,
    {
        std::future::ready(Err(Error::conflict("This was done already, under the same key.")))
    }
}

/// An operation with work to do before its transaction begins: hashing a password must not hold the database.
pub trait Prepare: Operation {
    /// What comes over the wire.
    type Wire: DeserializeOwned + JsonSchema + Send + 'static;

    /// Turns it into the verb's input. Nothing is authorised yet beyond the session: decide nothing here.
    fn prepare(
        &self,
        cx: &Cx,
        store: &Store,
        wire: Self::Wire,
    ) -> impl Future<Output = Result<Self::Input>> + Send;
}

/// HTTP methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or does.
    Post,
    /// Sets.
    Put,
    /// Changes some fields.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As in HTTP.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// Where an operation is reached.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method; `GET` reads a snapshot, everything else may write.
    pub method: Method,
    /// The path below `/api/v1`, with `{name}` for ids.
    pub path: &'static str,
}

impl Route {
    /// `GET path`.
    pub const fn get(path: &'static str) -> Self {
        Self { method: Method::Get, path }
    }
    /// `POST path`.
    pub const fn post(path: &'static str) -> Self {
        Self { method: Method::Post, path }
    }
    /// `PUT path`.
    pub const fn put(path: &'static str) -> Self {
        Self { method: Method::Put, path }
    }
    /// `PATCH path`.
    pub const fn patch(path: &'static str) -> Self {
        Self { method: Method::Patch, path }
    }
    /// `DELETE path`.
    pub const fn delete(path: &'static str) -> Self {
        Self { method: Method::Delete, path }
    }
}

/// Who may ask for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Anybody, for this reason.
    Public(&'static str),
    /// Anybody with a session, about their own account, for this reason.
    Account(&'static str),
    /// Administrators of the installation.
    SuperAdmin,
    /// Administrators at the machine itself, for this reason.
    Console(&'static str),
    /// Whoever the policy's line for this operation lets.
    Policy,
}

/// From where an operation may be asked for. The command line at the machine itself reaches every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expose {
    /// People who are signed in and programs with a token, over HTTP and sockets.
    Everywhere,
    /// People who are signed in, over HTTP and sockets. No tokens: it is about accounts, credentials or the installation.
    People,
    /// People in a browser, over HTTP only: the answer may set or remove the session cookie.
    Browser,
}

/// How often an operation may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Whether a person's own requests are counted, or an address's (also of people, where that is stricter).
    pub by_address: bool,
    /// So many at once …
    pub burst: u32,
    /// … and so many more over this many seconds.
    pub seconds: u32,
}

impl Rate {
    /// So many in so many seconds for each person (for each address, where there is no person).
    pub const fn per_person(burst: u32, seconds: u32) -> Self {
        Self { by_address: false, burst, seconds }
    }
    /// So many in so many seconds for each address.
    pub const fn per_address(burst: u32, seconds: u32) -> Self {
        Self { by_address: true, burst, seconds }
    }
}

/// What the ledger keeps of an operation that was carried out. Denials are kept always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// An entry, in the same commit; its action is the operation's id.
    Entry,
    /// None, for this reason.
    Silent(&'static str),
}

/// What kind of data passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataClass {
    /// Meant for everybody.
    Public,
    /// The organisation's business.
    Internal,
    /// What people wrote to each other.
    Content,
    /// About a person.
    Personal,
    /// Passwords and tokens.
    Credential,
}

/// No fields.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}
