//! Configuration, wiring, command line and runtime. Tests start the server through this same wiring, with clock and
//! randomness of their own.

mod assets;
pub mod cli;
pub mod config;
mod heads;
mod health;
mod history;
mod http;
mod modules;
pub mod telemetry;
mod upkeep;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use access::{Dispatcher, Generations, Limiter, Modules, Parts, Rate, Verdict};
use audit::{AuditLedger, Retention};
use identity::{HashCost, Identity, IdentityConfig, MailConfig, MailSecurity};
use jobs::Worker;
use kernel::cx::OsEntropy;
use kernel::time::SECOND;
use kernel::{Clock, Entropy, Error, Result, Secret};
use realtime::{Hub, Realtime};
use store::{Location, OnCommit, Store};
use tokio::sync::{Notify, watch};
use wire::{Certificates, Edge, EdgeConfig, Gate, Server, TrustedProxies};

use config::{Config, MailTls};
pub use history::Consent;
pub use http::raw_routes;
use telemetry::Telemetry;

/// How often refusals are looked at that were only counted.
const SETTLE_EVERY: Duration = Duration::from_secs(1);

/// What differs between the server and a test of it.
pub struct World {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The cost of password hashes.
    pub hash_cost: HashCost,
    /// Renders the numbers for `/metrics`.
    pub metrics: Option<Arc<Telemetry>>,
    /// Between two beats of a socket.
    pub heartbeat: Duration,
}

impl World {
    /// The real one.
    pub fn real(metrics: Option<Arc<Telemetry>>) -> Self {
        Self {
            clock: Arc::new(kernel::time::SystemClock),
            entropy: Arc::new(OsEntropy),
            hash_cost: HashCost::default(),
            metrics,
            heartbeat: Duration::from_secs(15),
        }
    }
}

/// The operations and what they stand on, without a server around them.
pub struct App {
    /// The way to every verb.
    pub dispatcher: Dispatcher,
    /// What the modules declare.
    pub modules: Arc<Modules>,
    store: Store,
    identity: Identity,
    hub: Arc<Hub>,
    generations: Arc<Generations>,
    /// Notified when a job was enqueued.
    enqueued: Arc<Notify>,
    work: Work,
}

/// The database as it is being worked with, and the right to.
struct Work {
    memory: history::Memory,
    begun: store::History,
    /// How many commits have told something.
    commits: Arc<AtomicU64>,
    _lock: history::Lock,
}

impl App {
    /// Makes sure that the database is the one that was here, brings it up to date and puts the modules together.
    pub async fn open(config: &Config, world: &World, consent: Consent) -> Result<Self> {
        let (lock, memory, location) = found(config, world, consent)?;
        let known = memory.known();
        let found = match &location {
            Location::Sqlite { path, .. } if !path.exists() => None,
            _ => store::look(&location, false).await?.history,
        };
        let finding = memory.compare(known.as_ref(), found.as_ref(), consent)?;
        let commits = Arc::<AtomicU64>::default();
        let generations = Arc::new(Generations::default());
        let public_url = config.public_url.as_str().parse().map_err(Error::internal)?;
        let identity_config = IdentityConfig {
            public_url,
            session_idle: config.session.idle,
            session_absolute: config.session.absolute,
            hash_cost: world.hash_cost,
            mails: config.mail.is_some(),
        };
        let (clock, entropy) = (world.clock.clone(), world.entropy.clone());
        let identity =
            Identity::new(identity_config, generations.clone(), location.is_shared(), clock, entropy)?;
        let modules = Arc::new(Modules::new(modules::modules(&identity))?);
        identity.meet(&modules);
        let hub = Hub::start();
        let enqueued = Arc::<Notify>::default();
        let on_commit: OnCommit = {
            let (generations, modules) = (generations.clone(), modules.clone());
            let (hub, commits, enqueued) = (hub.clone(), commits.clone(), enqueued.clone());
            Arc::new(move |committed| {
                commits.fetch_add(1, Ordering::Relaxed);
                // Authority first: nothing remembered may outlive the commit that changed it.
                for subject in &committed.authority {
                    generations.bump(*subject);
                }
                if committed.enqueued {
                    enqueued.notify_one();
                }
                modules.hear(&committed.events);
                hub.publish(committed);
            })
        };
        let store = Store::open(&location, on_commit).await?;
        let begun = memory.begin(&store, &finding, &*world.entropy).await?;
        let work = Work { memory, begun, commits, _lock: lock };
        let organisations = identity.refold(&store).await?;
        modules.refold(&store, &organisations).await?;
        let parts = Parts {
            store: store.clone(),
            ledger: Arc::new(AuditLedger::new(world.entropy.clone())),
            directory: Arc::new(identity.clone()),
            clock: world.clock.clone(),
            entropy: world.entropy.clone(),
            rate_factor: config.limits.rate_factor,
            per_organisation: Rate::per_person(config.limits.requests_per_minute_per_organisation, 60),
        };
        let dispatcher = Dispatcher::new(parts, modules.clone())?;
        Ok(Self { dispatcher, modules, store, identity, hub, generations, enqueued, work })
    }
}

/// The right to work with the database, what is remembered of it, and where it is. Refuses what would lose it.
fn found(
    config: &Config,
    world: &World,
    consent: Consent,
) -> Result<(history::Lock, history::Memory, Location)> {
    config::make_data_dir(config)?;
    let (lock, memory) = (history::Lock::take(config)?, history::Memory::of(config));
    let key = match &config.database {
        config::Database::Embedded { key_file, .. } => Some(key_file.as_path()),
        config::Database::Postgres { .. } => None,
    };
    memory.expect_database(key, consent)?;
    memory.note_first_start()?;
    Ok((lock, memory, config::database_location(config, &*world.entropy)?))
}

/// A running server.
pub struct Running {
    /// Where it listens, in the order of the configuration: HTTPS, plain HTTP.
    pub addresses: Vec<SocketAddr>,
    /// The one-time token of the first set-up, while there is nobody yet.
    pub setup_token: Option<Secret>,
    /// The certificate authority made here, for browsers to trust; none with other certificates.
    pub authority_file: Option<PathBuf>,
    stop: watch::Sender<bool>,
    hub: Arc<Hub>,
    dispatcher: Dispatcher,
    serving: tokio::task::JoinHandle<()>,
    working: tokio::task::JoinHandle<()>,
    upkeep: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Stops gracefully: sockets are told to come back, running requests end, acknowledged work is safe already.
    pub async fn stop(self) {
        self.hub.stop();
        // Both sides end on their own if nobody is listening any more.
        let _ = self.stop.send(true);
        drop(self.serving.await);
        settle_now(&self.dispatcher, true).await;
        drop(self.working.await);
        // With it goes the right to the database.
        drop(self.upkeep.await);
    }
}

/// Starts the server.
pub async fn start(config: &Config, world: World) -> Result<Running> {
    let App { dispatcher, modules, store, identity, hub, generations, enqueued, work } =
        App::open(config, &world, Consent::Ask).await?;
    let setup_token = identity.setup_token(&store).await?;
    let settled = dispatcher.clone();
    let limiter = Limiter::default();
    let (per_minute, clock) = (config.limits.requests_per_minute, world.clock.clone());
    let gate: Gate = Arc::new(move |address| {
        let rate = Rate::per_address(per_minute, 60);
        match limiter.check(kernel::net::subscriber(address), rate, clock.moment()) {
            Verdict::Accepted { .. } => Ok(()),
            Verdict::Refused { retry_after } => Err(Error::over(rate.burst, rate.seconds, retry_after)),
        }
    });
    let edge = Edge::new(EdgeConfig {
        gate,
        public: config.public_url.clone(),
        hosts: config.known_hosts(),
        cors: config.cors_allowed_origins.clone(),
        proxies: TrustedProxies::new(config.trusted_proxies.clone()),
        hsts: config.hsts,
        request_time: config.limits.request_time,
        head_bytes: config.limits.head_bytes,
        probes: vec!["/healthz", "/readyz"],
        clock: world.clock.clone(),
        entropy: world.entropy.clone(),
    });
    let telemetry = world.metrics.clone();
    let sockets = realtime::Settings {
        per_person: config.limits.sockets_per_person,
        frames: Rate::per_person(config.limits.frames_per_minute, 60),
        pipeline: if store.is_shared() { 1 } else { 32 },
        heartbeat: world.heartbeat,
    };
    // An embedded store has one writer, here, whose answers are not lost on a line: what this node was told is all there is.
    if store.is_shared() {
        hub.watch(heads::heads(store.clone(), modules), world.heartbeat);
    }
    let http = http::Http {
        dispatcher: dispatcher.clone(),
        identity: identity.clone(),
        store: store.clone(),
        generations,
        realtime: Realtime { hub: hub.clone(), dispatcher, settings: sockets },
        body: config.limits.body,
        cookie_seconds: config.session.absolute / SECOND,
        health: health::Health {
            metrics: world.metrics,
            token: config.metrics_token.clone(),
            mail: config.mail.is_some(),
            database: tokio::sync::Mutex::default(),
        },
        openapi: tokio::sync::OnceCell::default(),
        security_contact: security_contact(config),
    };
    let certificates = match config.certificate_source() {
        Some(source) => Some(Certificates::load(source, world.clock.clone())?),
        None => None,
    };
    let authority_file = certificates.as_ref().and_then(Certificates::authority_file);
    let server =
        Server::bind(config.listen_config(), certificates, edge, http::router(Arc::new(http))).await?;
    let addresses = server.addresses();
    let (stop, stopping) = watch::channel(false);
    let serving = tokio::spawn(server.run(stopping.clone()));
    let retention = Retention::new(config.audit_keep, world.clock.clone());
    let registry = modules::jobs(&identity, mail_config(config), retention)?;
    let worker = Worker::new(store.clone(), world.clock.clone(), world.entropy.clone(), &registry, enqueued)?;
    let working = tokio::spawn(worker.clone().run(stopping.clone()));
    if let Some(telemetry) = telemetry {
        tokio::spawn(telemetry.keep_up(stopping.clone()));
    }
    tokio::spawn(settle(settled.clone(), stopping.clone()));
    let upkeep =
        upkeep::Upkeep { worker, store, work, hub: hub.clone(), clock: world.clock, entropy: world.entropy };
    let upkeep = tokio::spawn(upkeep.run(stopping));
    Ok(Running {
        addresses,
        setup_token,
        authority_file,
        stop,
        hub,
        dispatcher: settled,
        serving,
        working,
        upkeep,
    })
}

fn security_contact(config: &Config) -> String {
    match &config.mail {
        Some(mail) => format!("mailto:{}", mail.from.as_str()),
        None => format!("{}/", config.public_url.as_str().trim_end_matches('/')),
    }
}

fn mail_config(config: &Config) -> Option<MailConfig> {
    let mail = config.mail.as_ref()?;
    let (user, password) = mail.login.clone().unzip();
    let security = match mail.tls {
        MailTls::Implicit => MailSecurity::Tls,
        MailTls::Starttls => MailSecurity::Starttls,
        MailTls::Off => MailSecurity::None,
    };
    let from = mail.from.as_str().to_owned();
    Some(MailConfig {
        host: mail.host.clone(),
        port: Some(mail.port),
        security,
        user,
        password,
        from,
        ca_file: mail.ca_file.clone(),
    })
}

/// Writes down what was refused and only counted.
async fn settle(dispatcher: Dispatcher, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(SETTLE_EVERY) => settle_now(&dispatcher, false).await,
            _ = stop.changed() => return,
        }
    }
}

async fn settle_now(dispatcher: &Dispatcher, all: bool) {
    if let Err(error) = dispatcher.settle_refusals(all).await {
        tracing::error!(?error, "refusals that were counted could not be written to the ledger");
    }
}
