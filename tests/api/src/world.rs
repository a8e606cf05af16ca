//! The server under test, and the people in it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use holdfast::config::Config;
use holdfast::{Running, World as ServerWorld};
use identity::HashCost;
use kernel::cx::OsEntropy;
use kernel::{Clock, Moment, Secret, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Client, Reply, sender};
use crate::inspect::Database;
use crate::postgres;

/// A clock that stands still until a test moves it.
pub struct ManualClock(kernel::time::ManualClock);

impl ManualClock {
    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.0.forward(i64::try_from(by.as_micros()).unwrap());
    }

    /// Sets the date forward or back, in microseconds, while no time passes.
    pub fn jump(&self, micros: i64) {
        self.0.jump(micros);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        // A microsecond a look: things that happen one after the other have times in that order.
        self.0.forward(1)
    }

    fn moment(&self) -> Moment {
        self.0.moment()
    }
}

/// A running server with its own database.
pub struct World {
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Where it listens.
    pub address: SocketAddr,
    settings: Vec<(String, String)>,
    running: Option<Running>,
    dir: TempDir,
    http: reqwest::Client,
}

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery staple 7";

impl World {
    /// On SQLite.
    pub async fn sqlite() -> Self {
        Self::start(Vec::new()).await
    }

    /// On PostgreSQL.
    pub async fn postgres() -> Self {
        Self::start(vec![("HOLDFAST_DATABASE__URL".into(), postgres::database().await.reveal().to_owned())])
            .await
    }

    /// On SQLite, on PostgreSQL.
    pub async fn on_each(settings: Vec<(String, String)>) -> [Self; 2] {
        let mut other = settings.clone();
        other.push(("HOLDFAST_DATABASE__URL".into(), postgres::database().await.reveal().to_owned()));
        [Self::start(settings).await, Self::start(other).await]
    }

    /// With settings of its own, as environment variables.
    pub async fn start(more: Vec<(String, String)>) -> Self {
        let dir = tempfile::Builder::new().prefix("holdfast-test").tempdir().unwrap();
        let mut settings: Vec<(String, String)> = [
            ("HOLDFAST_DATA_DIR", dir.path().to_str().unwrap()),
            ("HOLDFAST_PUBLIC_URL", "https://holdfast.test"),
            ("HOLDFAST_TLS__MODE", "off-behind-proxy"),
            ("HOLDFAST_TRUSTED_PROXIES", "127.0.0.1"),
            ("HOLDFAST_LISTEN__HTTP", "127.0.0.1:0"),
            ("HOLDFAST_LIMITS__REQUESTS_PER_MINUTE", "1000000"),
            ("HOLDFAST_LIMITS__CONNECTIONS_PER_ADDRESS", "10000"),
            ("HOLDFAST_LIMITS__FRAMES_PER_MINUTE", "100000"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec();
        settings.retain(|(k, _)| !more.iter().any(|(m, _)| m == k));
        settings.extend(more);
        // 2026-01-01: far from any real date that code could fall back to.
        let clock = Arc::new(ManualClock(kernel::time::ManualClock::at(Timestamp(1_767_225_600_000_000))));
        let mut world =
            Self { clock, address: ([127, 0, 0, 1], 0).into(), settings, running: None, dir, http: sender() };
        world.boot().await;
        world
    }

    async fn boot(&mut self) {
        let config =
            Config::load(None, self.settings.clone()).unwrap_or_else(|problems| panic!("{problems}"));
        let world = ServerWorld {
            clock: self.clock.clone(),
            entropy: Arc::new(OsEntropy),
            hash_cost: HashCost { memory_kib: 64, passes: 1, lanes: 1 },
            metrics: None,
            heartbeat: Duration::from_millis(500),
        };
        let running = holdfast::start(&config, world).await.unwrap_or_else(|error| panic!("{error:?}"));
        self.address = running.addresses[0];
        self.running = Some(running);
    }

    /// Stops the server gracefully and starts it again on the same data.
    pub async fn restart(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
        self.boot().await;
    }

    /// The directory with all its data.
    pub fn data(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Where its data is, for somebody who opens it a second time.
    pub fn location(&self) -> store::Location {
        match self.settings.iter().find(|(name, _)| name == "HOLDFAST_DATABASE__URL") {
            Some((_, url)) => {
                store::Location::Postgres { url: Secret::new(url.clone()), ca_file: None, connections: 2 }
            }
            None => {
                let key = std::fs::read_to_string(self.dir.path().join("keys/database.key")).unwrap();
                let path = self.dir.path().join("holdfast.db");
                store::Location::Sqlite { path, key: Secret::new(key.trim()) }
            }
        }
    }

    /// A second connection to its database.
    pub async fn database(&self) -> Database {
        match self.settings.iter().find(|(name, _)| name == "HOLDFAST_DATABASE__URL") {
            Some((_, url)) => Database::postgres(url).await,
            None => Database::sqlite(self.dir.path()),
        }
    }

    /// The one-time token of the first set-up.
    pub fn setup_token(&self) -> Secret {
        self.running.as_ref().and_then(|r| r.setup_token.clone()).expect("nobody is here yet")
    }

    /// Somebody without a session.
    pub fn anonymous(&self) -> Client {
        Client::new(self.address, self.http.clone())
    }

    /// Sets the installation up: the owner of the organisation "Acme".
    pub async fn owner(&self) -> Client {
        let mut owner = self.anonymous();
        let input = json!({
            "token": self.setup_token().reveal(), "organisation": "Acme", "name": "Olga Owner", "handle": "olga",
            "email": "olga@example.org", "password": PASSWORD,
        });
        owner.call("setup.complete", &[], input).await.ok();
        owner.settle().await;
        owner
    }

    /// An operation by the administrator at the machine.
    pub async fn console(&self, operation: &str, path: &[(&str, &str)], input: Value) -> Reply {
        crate::client::console(&self.dir.path().join("holdfast.sock"), operation, path, input).await
    }

    /// The newest mail that waits for this address.
    pub async fn mail_to(&self, address: &str) -> Value {
        let all = self.console("mail.list", &[], json!({})).await.ok();
        let mails = all["items"].as_array().unwrap().clone();
        let found = mails.into_iter().filter(|m| m["to"] == address).max_by_key(|m| m["dueAt"].as_i64());
        found.unwrap_or_else(|| panic!("no mail to {address}"))
    }

    /// The token in the newest mailed link to this address.
    pub async fn mailed_token(&self, address: &str) -> String {
        let text = self.mail_to(address).await["text"].as_str().unwrap().to_owned();
        let link = text.split_whitespace().find(|w| w.contains("https://holdfast.test/")).expect("a link");
        link.split_once('#').expect("a token in the fragment").1.to_owned()
    }

    /// Invites somebody and accepts for them.
    pub async fn join(&self, inviter: &Client, handle: &str, role: &str) -> Client {
        let email = format!("{handle}@example.org");
        inviter
            .call("invitation.create", &[("org", &inviter.org)], json!({ "email": email, "role": role }))
            .await
            .ok();
        let token = self.mailed_token(&email).await;
        let mut joined = self.anonymous();
        let input = json!({ "token": token, "name": format!("{handle} person"), "handle": handle, "password": PASSWORD });
        joined.call("invitation.accept", &[], input).await.ok();
        joined.settle().await;
        joined
    }

    /// The owner of another organisation, made at the console.
    pub async fn stranger(&self) -> Client {
        let input = json!({ "name": "Rival", "ownerEmail": "rita@example.net" });
        self.console("org.create", &[], input).await.ok();
        let token = self.mailed_token("rita@example.net").await;
        let mut stranger = self.anonymous();
        let input = json!({ "token": token, "name": "Rita Rival", "handle": "rita", "password": PASSWORD });
        stranger.call("invitation.accept", &[], input).await.ok();
        stranger.settle().await;
        stranger
    }
}
