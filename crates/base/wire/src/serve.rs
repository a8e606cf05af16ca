//! The sockets: accepts connections, bounds them, speaks TLS and HTTP on them, and stops without breaking off
//! an answer.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use kernel::{Error, Result};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::bare::Dressed;
use crate::budget::{Budget, HeldLimits, Hold};
use crate::client::Peer;
use crate::connection::{Activity, Guarded, InFlight, Leaving, Patience, Verdict, Watch};
use crate::edge::Edge;
use crate::slots::{Slot, Slots};
use crate::tls::Certificates;

/// What a connection may cost.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Open connections in all.
    pub total: usize,
    /// Open connections of one address (one /64 for IPv6). Trusted proxies stand for many and are not
    /// counted.
    pub per_address: usize,
    /// From connecting to the end of the TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a request's head to its last.
    pub head: Duration,
    /// Between requests.
    pub idle: Duration,
    /// Until a client takes more of the answers that wait for it, whatever else it asks for meanwhile.
    pub answer: Duration,
    /// Until a client takes the next bytes written to it.
    pub stall: Duration,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// What is held for clients: their requests, and the answers that they have not taken.
    pub held: HeldLimits,
    /// For running requests when stopping.
    pub grace: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            total: 10_000,
            per_address: 256,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(15),
            idle: Duration::from_secs(75),
            answer: Duration::from_secs(120),
            stall: Duration::from_secs(30),
            streams: 128,
            held: HeldLimits { connection: 4 << 20, address: 64 << 20, total: 256 << 20 },
            grace: Duration::from_secs(10),
        }
    }
}

/// Where to listen.
#[derive(Clone, Debug, Default)]
pub struct ListenConfig {
    /// HTTPS; needs certificates.
    pub https: Vec<SocketAddr>,
    /// Plain HTTP that answers only with the way to HTTPS.
    pub redirect: Vec<SocketAddr>,
    /// Plain HTTP for a trusted proxy that ends TLS. Whoever else comes here gets the way to HTTPS.
    pub proxied: Vec<SocketAddr>,
    /// A socket for the command line of the same user.
    pub socket: Option<PathBuf>,
    /// What connections may cost.
    pub limits: ConnectionLimits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Https,
    Redirect,
    Proxied,
}

/// What is spoken on a connection.
#[derive(Clone, Copy)]
enum Talk {
    /// Requests and answers.
    Full(Peer),
    /// Every answer is the way to HTTPS.
    Redirect(SocketAddr),
}

/// A server that holds its sockets and does not answer yet.
pub struct Server {
    tcp: Vec<(Role, TcpListener, SocketAddr)>,
    unix: Option<(UnixListener, PathBuf)>,
    certificates: Option<Certificates>,
    shared: Shared,
}

/// How often certificates are looked at.
const FRESH: Duration = Duration::from_secs(5);
/// Bytes of a head beyond which not even a refusal with a body is worth the memory.
const HEAD_BUFFER: usize = 64 * 1024;

/// What every connection needs.
#[derive(Clone)]
struct Shared {
    edge: Edge,
    app: Router,
    slots: Slots,
    budget: Budget,
    limits: ConnectionLimits,
    tls: Option<TlsAcceptor>,
    http1: Arc<Builder<TokioExecutor>>,
    http2: Arc<Builder<TokioExecutor>>,
    refused: metrics::Counter,
    stop: watch::Receiver<bool>,
    cut: watch::Receiver<bool>,
}

impl Server {
    /// Takes the sockets. Clients can connect from now on and are answered when it runs.
    pub async fn bind(
        listen: ListenConfig,
        certificates: Option<Certificates>,
        edge: Edge,
        app: Router,
    ) -> Result<Self> {
        let ListenConfig { https, redirect, proxied, socket, limits } = listen;
        if certificates.is_none() && !https.is_empty() {
            return Err(Error::internal("https without a certificate"));
        }
        let tls = match &certificates {
            Some(certificates) => Some(TlsAcceptor::from(Arc::new(certificates.server_config()?))),
            None => None,
        };
        let mut tcp = Vec::new();
        let all = [(Role::Https, https), (Role::Redirect, redirect), (Role::Proxied, proxied)];
        for (role, address) in
            all.into_iter().flat_map(|(role, list)| list.into_iter().map(move |a| (role, a)))
        {
            let cannot = |e: io::Error| {
                Error::internal(format_args!("{address}: {e}"))
                    .message("Cannot listen on a configured address.")
            };
            let listener = TcpListener::bind(address).await.map_err(cannot)?;
            let bound = listener.local_addr().map_err(cannot)?;
            tcp.push((role, listener, bound));
        }
        let unix = match socket {
            Some(path) => Some((bind_socket(&path).await?, path)),
            None => None,
        };
        let (_, never) = watch::channel(false);
        let shared = Shared {
            slots: Slots::new(limits.total, limits.per_address),
            budget: Budget::new(limits.held),
            http1: Arc::new(http1()),
            http2: Arc::new(http2(&limits)),
            refused: metrics::counter!("holdfast_connections_refused_total"),
            stop: never.clone(),
            cut: never,
            edge,
            app,
            tls,
            limits,
        };
        Ok(Self { tcp, unix, certificates, shared })
    }

    /// The addresses really bound, in the order of the configuration: HTTPS, redirect, proxied.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.tcp.iter().map(|(_, _, address)| *address).collect()
    }

    /// Serves until `stop` becomes true (or its sender is gone). Then accepts nothing more, lets running
    /// requests and open WebSockets end within the grace, and returns. Whoever owns WebSockets closes them
    /// when stopping.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let (cut, cutting) = watch::channel(false);
        let shared = Shared { stop: stop.clone(), cut: cutting, ..self.shared };
        let mut tasks = JoinSet::new();
        for (role, listener, _) in self.tcp {
            tasks.spawn(accept_tcp(shared.clone(), role, listener));
        }
        let path = self.unix.map(|(listener, path)| {
            tasks.spawn(accept_unix(shared.clone(), listener));
            path
        });
        if let Some(certificates) = self.certificates {
            tasks.spawn(certificates.keep_fresh(FRESH, stop));
        }
        while tasks.join_next().await.is_some() {}
        if let Some(path) = path {
            // So that the command line says at once that nothing runs. A leftover is replaced at the next
            // start.
            let _ = std::fs::remove_file(path);
        }
        if tokio::time::timeout(shared.limits.grace, shared.slots.emptied()).await.is_err() {
            tracing::warn!("connections were still open at the end of the grace and are cut");
        }
        // Nobody hears it where every connection has ended already.
        let _ = cut.send(true);
    }
}

fn http1() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    // The head's and the idle time are ours (`Watch`): hyper has one clock for both.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(HEAD_BUFFER);
    builder
}

fn http2(limits: &ConnectionLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http2_only();
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(HEAD_BUFFER as u32)
        .max_send_buf_size(64 * 1024)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024)
        // Streams that a client opens only to reset them (CVE-2023-44487), and errors it provokes.
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(256)
        .keep_alive_interval(limits.idle / 2)
        .keep_alive_timeout(limits.stall);
    builder
}

/// Binds the local socket so that nobody but this user can ever open it.
async fn bind_socket(path: &Path) -> Result<UnixListener> {
    let cannot = |e: io::Error| {
        Error::internal(format_args!("{}: {e}", path.display())).message("Cannot make the local socket.")
    };
    if tokio::net::UnixStream::connect(path).await.is_ok() {
        return Err(cannot(io::Error::new(io::ErrorKind::AddrInUse, "another server is running here")));
    }
    let new = path.with_extension("new");
    for leftover in [path, &new] {
        match std::fs::remove_file(leftover) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(cannot(e)),
            _ => {}
        }
    }
    let listener = UnixListener::bind(&new).map_err(cannot)?;
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o600)).map_err(cannot)?;
    // Under its name it appears with its permissions already set.
    std::fs::rename(&new, path).map_err(cannot)?;
    Ok(listener)
}

/// The next connection, or nothing when it is time to stop.
async fn next<T>(
    stop: &mut watch::Receiver<bool>,
    accept: impl Future<Output = io::Result<T>>,
) -> Option<Option<T>> {
    let accepted = tokio::select! {
        _ = stop.wait_for(|stop| *stop) => return None,
        accepted = accept => accepted,
    };
    match accepted {
        Ok(accepted) => Some(Some(accepted)),
        Err(error) => {
            // Out of file descriptors, most likely: waiting lets some come back, spinning does not.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(100)).await;
            Some(None)
        }
    }
}

async fn accept_tcp(shared: Shared, role: Role, listener: TcpListener) {
    let mut stop = shared.stop.clone();
    while let Some(accepted) = next(&mut stop, listener.accept()).await {
        let Some((socket, address)) = accepted else { continue };
        let ip = address.ip();
        let counted = (!shared.edge.is_proxy(ip)).then(|| kernel::net::subscriber(ip));
        let Some(slot) = shared.slots.take(counted) else {
            shared.refused.increment(1);
            continue;
        };
        tokio::spawn(shared.clone().greet(role, socket, address, slot));
    }
}

async fn accept_unix(shared: Shared, listener: UnixListener) {
    let mut stop = shared.stop.clone();
    while let Some(accepted) = next(&mut stop, listener.accept()).await {
        let Some((socket, _)) = accepted else { continue };
        // The file's permissions keep others out already; this asks the kernel once more who is there.
        let own = std::fs::metadata("/proc/self").map(|m| m.uid());
        let allowed =
            socket.peer_cred().is_ok_and(|peer| peer.uid() == 0 || own.is_ok_and(|own| own == peer.uid()));
        let Some(slot) = shared.slots.take(None).filter(|_| allowed) else {
            shared.refused.increment(1);
            continue;
        };
        let activity = Arc::new(Activity::default());
        let socket = Guarded::new(socket, activity.clone(), shared.limits.stall, Some(slot));
        tokio::spawn(shared.clone().speak(socket, activity, Talk::Full(Peer::console()), false));
    }
}

impl Shared {
    /// TLS, where that is spoken, and then HTTP.
    async fn greet(self, role: Role, socket: TcpStream, address: SocketAddr, slot: Slot) {
        // Small answers leave at once. Where the option cannot be set, they leave a little later.
        let _ = socket.set_nodelay(true);
        let activity = Arc::new(Activity::default());
        let socket = Guarded::new(socket, activity.clone(), self.limits.stall, Some(slot));
        match (role, &self.tls) {
            (Role::Redirect, _) => self.speak(socket, activity, Talk::Redirect(address), false).await,
            (Role::Proxied, _) | (Role::Https, None) => {
                self.speak(socket, activity, Talk::Full(Peer::network(address, false)), false).await;
            }
            (Role::Https, Some(tls)) => {
                let mut stop = self.stop.clone();
                let handshake = tokio::select! {
                    _ = stop.wait_for(|stop| *stop) => return,
                    handshake = tokio::time::timeout(self.limits.handshake, tls.accept(socket)) => handshake,
                };
                let Ok(Ok(socket)) = handshake else { return };
                let http2 = socket.get_ref().1.alpn_protocol() == Some(b"h2");
                self.speak(socket, activity, Talk::Full(Peer::network(address, true)), http2).await;
            }
        }
    }

    /// HTTP on one connection.
    async fn speak<S>(self, socket: S, activity: Arc<Activity>, talk: Talk, http2: bool)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { edge, app, limits, budget, mut stop, mut cut, http1, http2: builder2, .. } = self;
        let counts = activity.clone();
        let (https, address) = match talk {
            Talk::Full(peer) => (peer.tls, peer.address),
            Talk::Redirect(address) => (false, Some(address)),
        };
        let socket = Dressed::new(socket, (!http2).then(|| (edge.clone(), https)));
        let address = address.map(|address| address.ip());
        let address = address.filter(|ip| !edge.is_proxy(*ip)).map(kernel::net::subscriber);
        let holding = budget.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let (edge, app, in_flight) = (edge.clone(), app.clone(), InFlight::begin(&counts));
            let (budget, activity) = (holding.clone(), counts.clone());
            async move {
                let (response, hold) = match talk {
                    Talk::Full(peer) => edge.answer(app, request, peer, &budget, &activity).await,
                    Talk::Redirect(_) => {
                        (edge.answer_plain(&request, address), Hold::new(&budget, &activity, address, false))
                    }
                };
                Ok::<Response<Leaving>, Infallible>(response.map(|body| Leaving::new(body, hold, in_flight)))
            }
        });
        let builder = if http2 { builder2 } else { http1 };
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
        let mut connection = std::pin::pin!(connection);
        let patience = Patience { head: limits.head, idle: limits.idle, answer: limits.answer };
        let mut watch = Watch::new(patience, http2, Instant::now());
        let mut ticks = tokio::time::interval(patience.tick());
        let mut leaving = false;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(error = %error, "a connection ended early");
                    }
                    return;
                }
                _ = stop.wait_for(|stop| *stop), if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
                _ = cut.wait_for(|cut| *cut) => return,
                () = activity.cut.notified() => {
                    tracing::debug!("a connection is cut: it holds too much");
                    return;
                }
                _ = ticks.tick() => match watch.look(&activity, Instant::now(), budget.is_tight(address)) {
                    Verdict::Keep => {}
                    Verdict::Idle if !leaving => {
                        leaving = true;
                        connection.as_mut().graceful_shutdown();
                    }
                    verdict => {
                        tracing::debug!(?verdict, "a connection is cut");
                        return;
                    }
                },
            }
        }
    }
}
