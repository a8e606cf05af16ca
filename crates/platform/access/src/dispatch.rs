//! The one way to a verb:
//! rate limit → path ids → input → begin → session and membership → load target → policy → verb → ledger → commit.
#![allow(clippy::disallowed_methods, reason = "makes proofs")]

mod any;
pub(crate) mod each;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use any::Subscribes;
pub(crate) use any::{AnyOperation, Facts, Plain, Prepared};
use kernel::cx::SignIn;
use kernel::{
    Clock, Code, Credential, Cx, Entropy, Error, Membership, Moment, Principal, Request, Result, Scope,
    Subject, Timestamp,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use store::{Store, Tx};

use crate::directory::{Asking, Directory};
use crate::input::{RawInput, Shape};
use crate::ledger::{Entry, Ledger, Outcome};
use crate::limit::{Limiter, Verdict};
use crate::modules::Modules;
use crate::operation::{Audit, DataClass, Expose, Method, Operation, Permission, Rate, Route};
use crate::policy::Policy;
use crate::proof::Proof;
use crate::refusals::Refusals;
use crate::replay::{Kept, Replay};
use crate::target::{Hold, Loader, Path, Target};

/// One call of an operation, from wherever it came.
pub struct Call {
    /// Who, as far as the edge knows.
    pub principal: Principal,
    /// From where.
    pub request: Request,
    /// The ids in the path, by name.
    pub path: Vec<(String, String)>,
    /// Body or query.
    pub input: RawInput,
    /// Whether it counts against the caller's rate: what the server asks for by itself is no request of theirs.
    pub counted: bool,
}

/// What an operation answers: JSON, and a wish about the cookie.
pub struct Answer {
    /// JSON.
    pub body: Vec<u8>,
    /// What to do with the session cookie.
    pub sign_in: SignIn,
    /// What is left of the caller's rate: limit, remaining, seconds.
    pub rate: (u32, u32, u32),
    /// What kind of data it is.
    pub data_class: DataClass,
}

/// What the server gives the dispatcher at start.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Keeps the audit entries.
    pub ledger: Arc<dyn Ledger>,
    /// Knows principals.
    pub directory: Arc<dyn Directory>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Every operation's rate is this many times what it declares.
    pub rate_factor: u32,
    /// What all members of one organisation may ask for together.
    pub per_organisation: Rate,
}

/// The dispatcher. Cheap to clone.
#[derive(Clone)]
pub struct Dispatcher(pub(crate) Arc<Core>);

pub(crate) struct Core {
    pub(crate) parts: Parts,
    limiter: Limiter<(&'static str, Counted)>,
    organisations: Limiter<kernel::OrgId>,
    pub(crate) refusals: Refusals,
    operations: HashMap<&'static str, Arc<dyn AnyOperation>>,
    order: Vec<&'static str>,
    pub(crate) modules: Arc<Modules>,
}

/// Whose requests are counted together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    Subject(Subject),
    Network(std::net::IpAddr),
    Unknown,
}

type RateLeft = (u32, u32, u32);

impl Dispatcher {
    /// Mounts the modules' operations. Refuses to start when two share a name or a route.
    pub fn new(parts: Parts, modules: Arc<Modules>) -> Result<Self> {
        let mut operations: HashMap<&'static str, Arc<dyn AnyOperation>> = HashMap::new();
        let mut order = Vec::new();
        let mut routes = HashMap::new();
        let refuse = |why: String| Err(Error::internal(why).message("The operations do not fit together."));
        for operation in modules.all.iter().flat_map(|module| &module.operations) {
            let facts = operation.facts();
            if facts.rate.burst == 0 || facts.rate.seconds == 0 {
                return refuse(format!("{} has an empty rate", facts.id));
            }
            if let Some(other) = routes.insert((facts.route.method.as_str(), facts.route.path), facts.id) {
                return refuse(format!("{} and {other} share a route", facts.id));
            }
            order.push(facts.id);
            if operations.insert(facts.id, operation.clone()).is_some() {
                return refuse(format!("two operations are called {}", facts.id));
            }
        }
        Ok(Self(Arc::new(Core {
            parts,
            limiter: Limiter::default(),
            organisations: Limiter::default(),
            refusals: Refusals::default(),
            operations,
            order,
            modules,
        })))
    }

    /// Carries out an operation by name.
    pub async fn call(&self, operation: &str, call: Call) -> Result<Answer> {
        let Some(operation) = self.0.operations.get(operation) else { return Err(Error::not_found()) };
        let facts = operation.facts();
        let trail = (call.request.clone(), call.principal.subject.to_string());
        let started = std::time::Instant::now();
        // Enabled by a tracer only, never by the log.
        let span = tracing::info_span!(target: "trace", "operation", id = facts.id, request = %trail.0.id);
        let result = tracing::Instrument::instrument(operation.call(self, call), span).await;
        let elapsed = started.elapsed();
        let outcome = result.as_ref().map_or_else(|e| e.code.as_str(), |_| "ok");
        metrics::histogram!("holdfast_operation_seconds", "operation" => facts.id, "outcome" => outcome)
            .record(elapsed);
        let micros = elapsed.as_micros();
        match &result {
            Err(error) if error.is_fault() => tracing::error!(
                request = %trail.0.id, actor = trail.1, operation = facts.id, micros, outcome, cause = error.cause, "fault"
            ),
            Ok(_) if matches!(facts.audit, Audit::Silent(_)) => {
                tracing::debug!(request = %trail.0.id, actor = trail.1, operation = facts.id, micros, outcome, "operation");
            }
            _ => {
                tracing::info!(request = %trail.0.id, actor = trail.1, operation = facts.id, micros, outcome, "operation")
            }
        }
        result
    }

    /// For the edge: every operation's name, method and path, in the order of the modules.
    pub fn routes(&self) -> impl Iterator<Item = (&'static str, Route)> {
        self.all().map(|o| (o.facts().id, o.facts().route))
    }

    /// Whether the operation sets or removes the session cookie, which only HTTP can carry.
    pub fn sets_cookie(&self, operation: &str) -> bool {
        self.0.operations.get(operation).is_some_and(|o| o.facts().expose == Expose::Browser)
    }

    /// The topic that carrying out this operation subscribes to.
    pub fn subscribes(&self, operation: &str) -> Option<Subscribes> {
        self.0.operations.get(operation).and_then(|o| o.facts().subscribes)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<dyn AnyOperation>> {
        self.0.order.iter().filter_map(|id| self.0.operations.get(id))
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        self.0.modules.policy()
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    /// Now, for measuring.
    pub fn moment(&self) -> Moment {
        self.0.parts.clock.moment()
    }

    /// A new request's name.
    pub fn request_id(&self) -> kernel::RequestId {
        kernel::RequestId(kernel::cx::uuid_v7(self.now(), &*self.0.parts.entropy))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.parts.store
    }

    /// Context, path and rate: all that comes before the input is looked at.
    #[allow(clippy::type_complexity)]
    async fn open<O: Operation>(
        &self,
        shape: &Shape,
        call: Call,
    ) -> Result<(Cx, <O::Target as Target>::Path, (Option<Replay>, RawInput), RateLeft)> {
        let parts = &self.0.parts;
        let principal = call.principal.clone();
        let allowed = matches!(O::PERMISSION, Permission::Public(_)) || !principal.is_anonymous();
        let rate = match call.counted {
            true => self.limit::<O>(&principal, &call.request)?,
            false => (O::RATE.burst, O::RATE.burst, O::RATE.seconds),
        };
        if !allowed {
            return Err(Error::new(Code::Unauthenticated));
        }
        let replay = Replay::of::<O>(&principal, &call)?;
        let cx = Cx::new(principal, call.request, parts.clock.clone(), parts.entropy.clone());
        let hidden = match O::PERMISSION {
            Permission::SuperAdmin => !is_super(&cx.principal),
            Permission::Console(_) => !cx.principal.is_console(),
            Permission::Public(_) | Permission::Account(_) | Permission::Policy => false,
        };
        let scope = if hidden { Err(Error::not_found()) } else { in_scope::<O>(&cx.principal) };
        if let Err(error) = scope {
            cx.about_target(asked_for(call.path));
            // What a token is not good for is written into the ledger of its own organisation, whatever the path names.
            let org = match cx.principal.credential {
                Credential::Token(org, _) if !hidden => Some(org),
                _ => None,
            };
            self.record_refusal::<O>(&cx, org, &error).await?;
            return Err(error);
        }
        let path = shape.parse_path(call.path)?;
        Ok((cx, path, (replay, call.input), rate))
    }

    fn limit<O: Operation>(&self, principal: &Principal, request: &Request) -> Result<RateLeft> {
        let rate = Rate { burst: O::RATE.burst.saturating_mul(self.0.parts.rate_factor), ..O::RATE };
        if principal.is_console() {
            return Ok((rate.burst, rate.burst, rate.seconds));
        }
        let who = match (principal.subject, request.address) {
            (subject @ (Subject::User(_) | Subject::ServiceAccount(_)), _) if !rate.by_address => {
                Counted::Subject(subject)
            }
            (_, Some(address)) => Counted::Network(kernel::net::subscriber(address)),
            (_, None) => Counted::Unknown,
        };
        match self.0.limiter.check((O::ID, who), rate, self.moment()) {
            Verdict::Accepted { remaining } => Ok((rate.burst, remaining, rate.seconds)),
            Verdict::Refused { retry_after } => Err(Error::over(rate.burst, rate.seconds, retry_after)),
        }
    }

    async fn carry_out<O: Operation>(
        &self,
        operation: Arc<O>,
        cx: Cx,
        path: <O::Target as Target>::Path,
        input: O::Input,
        replay: Option<Replay>,
        rate: RateLeft,
    ) -> Result<Answer> {
        let org = path.org();
        let writes = O::ROUTE.method != Method::Get || O::AUDIT == Audit::Entry;
        let run = Run { dispatcher: self.clone(), operation, cx: cx.clone(), path, input, replay, writes };
        let result = if writes {
            self.store().write(move |tx| Box::pin(run.in_transaction(tx))).await
        } else {
            self.store().read(move |tx| Box::pin(run.in_transaction(tx))).await
        };
        match result {
            Ok(body) => Ok(Answer { body, sign_in: cx.take_sign_in(), rate, data_class: O::DATA_CLASS }),
            Err(error) => {
                self.record_refusal::<O>(&cx, org, &error).await?;
                Err(error)
            }
        }
    }

    /// Asks again, inside the transaction, whether the credential lives and who the principal is here.
    async fn identify(&self, tx: &mut Tx, cx: &Cx, org: Option<kernel::OrgId>, asking: Asking) -> Result<Cx> {
        if !matches!(cx.principal.subject, Subject::User(_) | Subject::ServiceAccount(_)) {
            return Ok(cx.clone());
        }
        let directory = &self.0.parts.directory;
        if !directory.is_live(tx, &cx.principal, asking != Asking::Remembered).await? {
            return Err(Error::new(Code::Unauthenticated));
        }
        let Some(org) = org else { return Ok(cx.clone()) };
        let found = directory.membership(tx, &cx.principal, org, asking).await?;
        Ok(cx.known_as(cx.principal.as_member(found.ok_or_else(Error::not_found)?)))
    }

    /// Counts a request against its organisation. Of members only: whoever is none cannot use up what an organisation has.
    fn count(&self, cx: &Cx) -> Result<()> {
        let Some(Membership { org, .. }) = cx.principal.membership else { return Ok(()) };
        let rate = self.0.parts.per_organisation;
        if let Verdict::Refused { retry_after } = self.0.organisations.check(org, rate, self.moment()) {
            return Err(Error::over(rate.burst, rate.seconds, retry_after)
                .message("Your organisation sends too many requests; please wait a little."));
        }
        Ok(())
    }

    /// Loads the target and asks the policy.
    async fn authorise<O: Operation>(
        &self,
        tx: &mut Tx,
        cx: &Cx,
        path: &<O::Target as Target>::Path,
    ) -> Result<(Proof<O>, Option<String>)> {
        let tenant = match (cx.principal.membership, path.org()) {
            (Some(Membership { org, .. }), _) => Some(store::Tenant::assume(org)),
            (None, Some(org)) if cx.principal.is_console() => Some(store::Tenant::assume(org)),
            _ => None,
        };
        let target =
            O::Target::load(cx, &mut Loader { tx, tenant }, path).await?.ok_or_else(Error::not_found)?;
        let proof = Proof { target };
        if O::PERMISSION != Permission::Policy || cx.principal.is_console() {
            return Ok((proof, None));
        }
        let Membership { role, .. } = cx.principal.membership.ok_or_else(Error::not_found)?;
        cx.about_target(proof.resource());
        match self.policy().decide(O::ID, role, proof.target.standing(cx)) {
            Ok(way) => Ok((proof, Some(way.text.clone()))),
            Err(true) => Err(Error::new(Code::Forbidden)),
            Err(false) => Err(Error::not_found()),
        }
    }

    pub(crate) fn entry<O: Operation>(
        &self,
        cx: &Cx,
        org: Option<kernel::OrgId>,
        outcome: Outcome,
        resource: Option<String>,
        policy: Option<String>,
        mut notes: Vec<(&'static str, String)>,
    ) -> Entry {
        notes.extend(cx.principal.token().map(|token| ("token", token.to_string())));
        Entry {
            org,
            at: cx.now(),
            // Of a sign-in it is known only now who it was.
            principal: cx.best_known(),
            action: O::ID,
            outcome,
            resource,
            policy,
            request: cx.request.clone(),
            notes,
        }
    }
}

/// One operation about to be carried out: what its transaction takes along.
struct Run<O: Operation> {
    dispatcher: Dispatcher,
    operation: Arc<O>,
    cx: Cx,
    path: <O::Target as Target>::Path,
    input: O::Input,
    replay: Option<Replay>,
    writes: bool,
}

impl<O: Operation> Run<O> {
    async fn in_transaction(self, tx: &mut Tx) -> Result<Vec<u8>> {
        let Self { dispatcher, operation, cx, path, input, replay, writes } = self;
        let asking = match (writes, O::Target::HOLDS) {
            (true, Hold::Caller) => Asking::Held,
            (true, _) => Asking::Fresh,
            (false, _) if O::PERMISSION == Permission::SuperAdmin => Asking::Fresh,
            (false, _) => Asking::Remembered,
        };
        if writes {
            dispatcher.0.parts.directory.hold(tx, &cx.principal, path.org(), O::Target::HOLDS);
        }
        // Of what is denied before it is loaded, the ledger keeps what was asked for.
        let asked = || asked_for(serde_json::to_value(&path).ok()?.as_object()?.clone());
        let cx = dispatcher
            .identify(tx, &cx, path.org(), asking)
            .await
            .and_then(|cx| dispatcher.count(&cx).map(|()| cx))
            .inspect_err(|_| cx.about_target(asked()))?;
        if let Some(replay) = &replay
            && let Some(kept) = replay.claim(tx, cx.now()).await?
        {
            let made = match kept {
                Kept::Whole(body) => return Ok(body),
                Kept::About(made) => made,
            };
            let authorised = dispatcher.authorise::<O>(tx, &cx, &path).await;
            let (proof, _) = authorised.inspect_err(|_| cx.about_target(asked()))?;
            let output = operation.again(&cx, tx, &proof, &made).await?;
            return serde_json::to_vec(&output).map_err(Error::internal);
        }
        let authorised = dispatcher.authorise::<O>(tx, &cx, &path).await;
        let (proof, policy) = authorised.inspect_err(|_| cx.about_target(asked()))?;
        let result = operation.run(&cx, tx, &proof, input).await;
        let wish = cx.take_sign_in();
        if O::EXPOSE != Expose::Browser && !matches!(wish, SignIn::Keep) {
            // Over a socket the cookie would be lost, and with it the caller's session.
            return Err(Error::internal(format_args!("{} does not declare that it sets the cookie", O::ID)));
        }
        cx.sign_in(wish);
        let outcome = match &result {
            Ok(_) => Outcome::Ok,
            Err(error) if error.keep => Outcome::Failed,
            Err(_) => return result.map(|_| Vec::new()),
        };
        let mut resource = proof.resource();
        if O::AUDIT == Audit::Entry {
            let (notes, about) = cx.take_notes();
            resource = about.or(resource);
            let org = path.org().or_else(|| cx.take_concern());
            let mut entry = dispatcher.entry::<O>(&cx, org, outcome, resource.clone(), policy, notes);
            if let Err(error) = &result {
                entry.notes.push(("code", error.code.as_str().to_owned()));
            }
            if outcome == Outcome::Ok || dispatcher.0.refusals.is_written_now(&entry, dispatcher.moment()) {
                dispatcher.0.parts.ledger.append(tx, entry).await?;
            }
        }
        let output = match result {
            Ok(output) => output,
            Err(error) => {
                // What was refused may be tried again; the rest of what it wrote is kept.
                if let Some(replay) = replay {
                    replay.release(tx).await?;
                }
                return Err(error);
            }
        };
        let body = serde_json::to_vec(&output).map_err(Error::internal)?;
        if let Some(replay) = replay {
            replay.keep(tx, &body, resource).await?;
        }
        Ok(body)
    }
}

/// The ids in a path, as the ledger names what nobody has loaded.
fn asked_for<V: std::fmt::Display>(path: impl IntoIterator<Item = (String, V)>) -> Option<String> {
    let plain =
        |id: V| id.to_string().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    let ids = path.into_iter().take(8).map(|(_, id)| plain(id));
    Some(ids.collect::<Vec<String>>().join("/")).filter(|ids| !ids.is_empty())
}

pub(crate) fn is_super(principal: &Principal) -> bool {
    principal.is_console() || principal.super_admin
}

/// Whether a token is good for the operation. Every token may ask who it is.
fn in_scope<O: Operation>(principal: &Principal) -> Result<()> {
    if principal.token().is_none() || matches!(O::PERMISSION, Permission::Public(_)) {
        return Ok(());
    }
    let refused = |message: String| Err(Error::new(Code::Forbidden).message(message));
    if O::EXPOSE != Expose::Everywhere {
        return refused("A token cannot do this; it is for people who are signed in.".into());
    }
    let (area, writes) = any::scope(O::ID, O::ROUTE.method);
    if O::PERMISSION == Permission::Policy && !principal.scopes.allow(area, writes) {
        let scope = Scope { area: area.to_owned(), writes };
        return refused(format!("This token may not do this: it lacks the scope {scope}."));
    }
    Ok(())
}
