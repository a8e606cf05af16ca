//! Identity in a world of its own: the real dispatcher, ledger and database; a clock that tests move. The database is the
//! embedded one, or a fresh one on the PostgreSQL server that `HOLDFAST_TEST_POSTGRES` names.

mod clock;
mod installation;
mod invitations;
mod mail;
mod people;
mod signing_in;
mod text;

use std::net::IpAddr;
use std::sync::Arc;

use access::{Answer, Call, Dispatcher, Generations, Modules, Parts, RawInput};
use kernel::cx::{OsEntropy, SignIn};
use kernel::time::{DAY, HOUR, MINUTE, ManualClock, SECOND};
use kernel::{Clock, Committed, Event, Principal, Request, Result, Secret, Timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use store::{Location, Store};
use tokio::sync::Notify;

use crate::{HashCost, Identity, IdentityConfig};

pub(crate) const GOOD: &str = "mirror otter plankton velvet";
pub(crate) const BETTER: &str = "granite waffle nocturne abacus";
pub(crate) const IDLE: i64 = 2 * DAY;
pub(crate) const ABSOLUTE: i64 = 14 * DAY;

/// Everything that one test needs.
pub(crate) struct World {
    pub(crate) identity: Identity,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    pub(crate) enqueued: Arc<Notify>,
    _dir: tempfile::TempDir,
}

/// A new, empty database on this server.
async fn fresh_database(server: &str) -> Location {
    let (client, link) = tokio_postgres::connect(server, tokio_postgres::NoTls).await.unwrap();
    let link = tokio::spawn(link);
    let name = format!("identity_{}", kernel::cx::uuid_v7(Timestamp(0), &OsEntropy).simple());
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    drop(client);
    link.await.unwrap().unwrap();
    Location::Postgres { url: Secret::new(format!("{server}/{name}")), ca_file: None, connections: 4 }
}

/// Somebody at a browser.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) token: String,
    pub(crate) me: Value,
}

impl Browser {
    pub(crate) fn org(&self) -> String {
        self.me["memberships"][0]["org"]["id"].as_str().unwrap().to_owned()
    }
    pub(crate) fn member(&self) -> String {
        self.me["memberships"][0]["member"]["id"].as_str().unwrap().to_owned()
    }
    pub(crate) fn user(&self) -> String {
        self.me["user"]["id"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn code(result: &Result<Value>) -> &'static str {
    result.as_ref().err().map_or("ok", |error| error.code.as_str())
}

impl World {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let generations = Arc::new(Generations::default());
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let enqueued = Arc::<Notify>::default();
        let (bump, seen, wake) = (generations.clone(), events.clone(), enqueued.clone());
        let on_commit = move |committed: Committed| {
            for user in committed.authority {
                bump.bump(user);
            }
            if committed.enqueued {
                wake.notify_one();
            }
            seen.lock().extend(committed.events);
        };
        #[allow(clippy::disallowed_methods, reason = "a developer names a database for these tests")]
        let named = std::env::var("HOLDFAST_TEST_POSTGRES");
        let location = match named {
            Ok(server) => fresh_database(&server).await,
            Err(_) => {
                Location::Sqlite { path: dir.path().join("holdfast.db"), key: Secret::new("ab".repeat(32)) }
            }
        };
        let store = Store::open(&location, Arc::new(on_commit)).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_800_000_000 * SECOND)));
        let config = IdentityConfig {
            public_url: "https://holdfast.example/".parse().unwrap(),
            session_idle: IDLE,
            session_absolute: ABSOLUTE,
            hash_cost: HashCost { memory_kib: 32, passes: 1, lanes: 1 },
            mails: false,
        };
        let entropy = Arc::new(OsEntropy);
        let identity =
            Identity::new(config, generations, store.is_shared(), clock.clone(), entropy.clone()).unwrap();
        let modules =
            Arc::new(Modules::new(vec![identity.module(), audit::module(), jobs::module()]).unwrap());
        identity.meet(&modules);
        let parts = Parts {
            store: store.clone(),
            ledger: Arc::new(audit::AuditLedger::new(entropy.clone())),
            directory: Arc::new(identity.clone()),
            clock: clock.clone(),
            entropy,
            rate_factor: 1,
            per_organisation: access::Rate::per_person(1_000_000, 60),
        };
        let dispatcher = Dispatcher::new(parts, modules).unwrap();
        Self { identity, dispatcher, store, clock, events, enqueued, _dir: dir }
    }

    /// A world where somebody has set up: Ada, who owns Analytical Engines.
    pub(crate) async fn set_up() -> (Self, Browser) {
        let world = Self::new().await;
        let token = world.identity.setup_token(&world.store).await.unwrap().unwrap();
        let input = setup_input(token.reveal());
        let ada = world.enter("setup.complete", input).await.unwrap();
        (world, ada)
    }

    pub(crate) fn clock_now(&self) -> i64 {
        self.clock.now().0
    }

    async fn answer(
        &self,
        id: &str,
        principal: Principal,
        from: &str,
        path: &[(&str, &str)],
        input: Value,
    ) -> Result<Answer> {
        // Time passes, so that things have an order.
        self.clock.forward(1000);
        let request = Request {
            id: self.dispatcher.request_id(),
            address: Some(from.parse::<IpAddr>().unwrap()),
            device: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
            idempotency_key: None,
        };
        let is_get =
            self.dispatcher.routes().any(|(name, route)| name == id && route.method.as_str() == "GET");
        let input = if is_get {
            let pairs = input.as_object().unwrap().iter();
            RawInput::Query(
                pairs.map(|(k, v)| (k.clone(), v.as_str().map_or(v.to_string(), str::to_owned))).collect(),
            )
        } else {
            RawInput::Json(input.to_string().into_bytes())
        };
        let path = path.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.dispatcher.call(id, Call { principal, request, path, input, counted: true }).await
    }

    /// A call by nobody in particular, from an address.
    pub(crate) async fn anonymous(&self, id: &str, from: &str, input: Value) -> Result<Value> {
        let answer = self.answer(id, Principal::anonymous(), from, &[], input).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap())
    }

    /// A call that signs in.
    pub(crate) async fn enter(&self, id: &str, input: Value) -> Result<Browser> {
        let answer = self.answer(id, Principal::anonymous(), "192.0.2.1", &[], input).await?;
        let SignIn::Start(token) = answer.sign_in else { panic!("no session was begun") };
        Ok(Browser { token: token.reveal().to_owned(), me: serde_json::from_slice(&answer.body).unwrap() })
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Result<Browser> {
        self.enter("session.create", json!({ "email": email, "password": password })).await
    }

    /// Whose session a token is.
    pub(crate) async fn person(&self, token: &str) -> Option<Principal> {
        let shown = crate::Shown::Session(Secret::new(token));
        self.identity.authenticate(&self.store, &shown, self.clock.now(), false).await.unwrap()
    }

    /// Waits until the use of a session has been written down, which keeps nobody else waiting.
    pub(crate) async fn seen(&self, who: &Browser) {
        let (hash, now) = (crate::secret::hash(&who.token), self.clock.now());
        let sql = "SELECT 1 FROM session WHERE token_hash = ?1 AND last_seen_at > ?2";
        let recent = now.plus(-MINUTE);
        let written = || {
            self.store.read(move |tx| {
                Box::pin(async move { tx.optional(sql, store::params![&hash, recent], |_| Ok(())).await })
            })
        };
        let seen = async {
            while written().await.unwrap().is_none() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), seen).await.unwrap();
    }

    /// A call by somebody at a browser, as the edge makes it.
    pub(crate) async fn call(
        &self,
        who: &Browser,
        id: &str,
        path: &[(&str, &str)],
        input: Value,
    ) -> Result<Value> {
        self.call_keeping(&mut who.clone(), id, path, input).await
    }

    /// The same, with the cookie that comes back.
    pub(crate) async fn call_keeping(
        &self,
        who: &mut Browser,
        id: &str,
        path: &[(&str, &str)],
        input: Value,
    ) -> Result<Value> {
        let principal = self.person(&who.token).await.unwrap_or(Principal::anonymous());
        let answer = self.answer(id, principal, "192.0.2.1", path, input).await?;
        match answer.sign_in {
            SignIn::Keep => {}
            SignIn::Start(token) => who.token = token.reveal().to_owned(),
            SignIn::End => who.token.clear(),
        }
        Ok(serde_json::from_slice(&answer.body).unwrap())
    }

    pub(crate) async fn console(&self, id: &str, path: &[(&str, &str)], input: Value) -> Result<Value> {
        let answer = self.answer(id, Principal::console(), "127.0.0.1", path, input).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap())
    }

    /// The token in the newest mail to an address.
    pub(crate) async fn mailed(&self, to: &str) -> Option<String> {
        let mails = self.console("mail.list", &[], json!({})).await.unwrap();
        let mail = mails["items"].as_array().unwrap().iter().rev().find(|mail| mail["to"] == to)?.clone();
        let text = mail["text"].as_str().unwrap();
        let token = text.split_once('#')?.1.split_whitespace().next()?;
        Some(token.to_owned())
    }

    /// Invites somebody who has no account yet, and lets them accept.
    pub(crate) async fn join(&self, by: &Browser, email: &str, role: &str) -> Browser {
        let invite = json!({ "email": email, "role": role });
        self.call(by, "invitation.create", &[("org", &by.org())], invite).await.unwrap();
        let handle = email.split('@').next().unwrap();
        let token = self.mailed(email).await.unwrap();
        let accept = json!({ "token": token, "name": handle, "handle": handle, "password": GOOD });
        self.enter("invitation.accept", accept).await.unwrap()
    }

    pub(crate) async fn ledger(&self, id: &str, who: Option<&Browser>, query: Value) -> Vec<Value> {
        let page = match who {
            Some(who) => self.call(who, id, &[("org", &who.org())], query).await,
            None => self.console(id, &[], query).await,
        };
        page.unwrap()["items"].as_array().unwrap().clone()
    }
}

pub(crate) fn setup_input(token: &str) -> Value {
    json!({
        "token": token, "organisation": "Analytical Engines", "name": "Ada Lovelace", "handle": "ada",
        "email": "Ada@Example.org", "password": GOOD,
    })
}

/// An hour, for tests that let time pass.
pub(crate) const AN_HOUR: i64 = HOUR;
