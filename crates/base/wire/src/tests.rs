//! A real server on ports of its own, and clients that speak to it byte by byte.

mod hostile;
mod http;
mod stop;
mod tls;
mod unread;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::response::Response;
use axum::routing::{any, get, post};
use futures_util::{StreamExt, stream};
use kernel::Clock;
use kernel::cx::OsEntropy;
use kernel::time::ManualClock;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::*;

/// Signals between a test and the handlers it calls.
#[derive(Default)]
struct Signals {
    entered: Notify,
    release: Notify,
    dropped: Notify,
    /// Bytes of pages that are in memory now.
    live: AtomicUsize,
}

/// The bytes of an answer of its own.
struct Page(Vec<u8>, Arc<Signals>);

const PAGE: usize = 256 * 1024;

impl Page {
    fn body(signals: &Arc<Signals>) -> Body {
        signals.live.fetch_add(PAGE, SeqCst);
        Body::from(bytes::Bytes::from_owner(Self(vec![b'p'; PAGE], signals.clone())))
    }
}

impl AsRef<[u8]> for Page {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.1.live.fetch_sub(PAGE, SeqCst);
    }
}

/// Tells when a body is dropped.
struct OnDrop(Arc<Signals>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

fn app(signals: &Arc<Signals>) -> Router {
    let (slow, endless, page) = (signals.clone(), signals.clone(), signals.clone());
    Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/who", any(|Extension(client): Extension<Client>| async move { format!("{client:?}") }))
        .route("/panic", get(|| async { panic!("with a secret inside") as &'static str }))
        .route("/foreign", get(|| async { (::http::StatusCode::BAD_REQUEST, "at /srv/secret.rs:1") }))
        .route(
            "/socket",
            any(|| async { (::http::StatusCode::SWITCHING_PROTOCOLS, [("upgrade", "websocket")]) }),
        )
        .route("/healthz", get(|| async { "alive" }))
        .route("/page", get(move || async move { Page::body(&page) }))
        .route("/small", get(|| async { "s".repeat(20_000) }))
        .route(
            "/take",
            post(|body: Body| async move {
                let limit = BodyLimit { bytes: 1 << 20, time: Duration::from_secs(15) };
                match body::read(&::http::HeaderMap::new(), body, limit).await {
                    Ok(_) => (::http::StatusCode::OK, String::new()),
                    Err(error) => (::http::StatusCode::from_u16(error.code.status()).unwrap(), String::new()),
                }
            }),
        )
        .route("/file", get(|| async { (Extension(Shared), bytes::Bytes::from_static(&[b'f'; PAGE])) }))
        .route(
            "/slow",
            get(move || async move {
                slow.entered.notify_one();
                slow.release.notified().await;
                "done"
            }),
        )
        .route(
            "/endless",
            get(move || async move {
                let guard = OnDrop(endless);
                let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 65_536]));
                Response::new(Body::from_stream(chunks.inspect(move |_| {
                    let _ = &guard;
                })))
            }),
        )
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
}

struct Fixture {
    https: SocketAddr,
    plain: SocketAddr,
    proxied: SocketAddr,
    socket: PathBuf,
    roots: RootCertStore,
    signals: Arc<Signals>,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
    _dir: TempDir,
}

const PUBLIC: &str = "https://chat.example.org";

async fn start(limits: ConnectionLimits) -> Fixture {
    start_behind(limits, vec!["127.0.0.2".parse().unwrap()]).await
}

async fn start_behind(limits: ConnectionLimits, proxies: Vec<Cidr>) -> Fixture {
    let dir = TempDir::new().unwrap();
    let clock = Arc::new(ManualClock::at(kernel::time::SystemClock.now()));
    let source =
        CertificateSource::Local { dir: dir.path().join("tls"), hosts: vec!["chat.example.org".into()] };
    let certificates = Certificates::load(source, clock.clone()).unwrap();
    let roots = trusting(&certificates.authority_file().unwrap());
    let edge = Edge::new(EdgeConfig {
        public: Origin::parse(PUBLIC).unwrap(),
        hosts: Hosts::new(["chat.example.org"]),
        cors: vec![Origin::parse("https://tools.example.org").unwrap()],
        proxies: TrustedProxies::new(proxies),
        hsts: Duration::from_secs(63_072_000),
        request_time: Duration::from_secs(20),
        head_bytes: 16 * 1024,
        gate: Arc::new(|address| {
            let flooding = address == std::net::IpAddr::from([127, 0, 0, 66]);
            if flooding { Err(kernel::Error::over(10, 60, 6)) } else { Ok(()) }
        }),
        probes: vec!["/healthz"],
        clock,
        entropy: Arc::new(OsEntropy),
    });
    let any_port = || vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    let socket = dir.path().join("holdfast.sock");
    let listen = ListenConfig {
        https: any_port(),
        redirect: any_port(),
        proxied: any_port(),
        socket: Some(socket.clone()),
        limits,
    };
    let signals = Arc::new(Signals::default());
    let server = Server::bind(listen, Some(certificates), edge, app(&signals)).await.unwrap();
    let [https, plain, proxied] = server.addresses()[..] else { panic!("three addresses") };
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(server.run(stopping));
    Fixture { https, plain, proxied, socket, roots, signals, stop, running, _dir: dir }
}

fn trusting(authority: &std::path::Path) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    roots
}

fn client_config(roots: &RootCertStore, alpn: &[&str]) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|p| p.as_bytes().to_vec()).collect();
    config
}

async fn connect_tls(
    address: SocketAddr,
    name: &str,
    config: ClientConfig,
) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await
}

impl Fixture {
    async fn tls(&self, alpn: &[&str]) -> TlsStream<TcpStream> {
        connect_tls(self.https, "chat.example.org", client_config(&self.roots, alpn)).await.unwrap()
    }

    /// Sends a request over HTTPS and reads all that comes back. `{H}` is our own host.
    async fn ask(&self, request: &str) -> String {
        exchange(self.tls(&["http/1.1"]).await, request).await
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.running.await.unwrap();
    }
}

/// Writes a request in shorthand (`\n` for line ends, `{H}` for the Host line, closing afterwards) and reads
/// to the end.
async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(mut socket: S, request: &str) -> String {
    let request = request.replace("{H}", "Host: chat.example.org").replace('\n', "\r\n");
    let request = format!("{request}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    read_all(&mut socket).await
}

/// All bytes until the other side closes, however it does that.
async fn read_all<S: AsyncRead + Unpin>(socket: &mut S) -> String {
    let mut bytes = Vec::new();
    let read = async {
        let mut buffer = [0; 16_384];
        while let Ok(count @ 1..) = socket.read(&mut buffer).await {
            bytes.extend_from_slice(&buffer[..count]);
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read).await.expect("the server closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}
