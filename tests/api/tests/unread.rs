//! Clients that ask for much and take nothing, against the real binary: what it costs is measured (attack N12).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api_tests::Process;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The preface of HTTP/2 and SETTINGS: no byte of an answer may be sent.
const WINDOW_0: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0";

/// What one address may make the server hold, and what its connections cost beside.
const BOUND: usize = 200 << 20;

/// Messages of a page, and the bytes of each.
const PAGE: usize = 100;
const LENGTH: usize = 8_000;

struct Door {
    address: SocketAddr,
    tls: TlsConnector,
}

impl Door {
    async fn open(&self, host: u8, alpn: &[u8]) -> TlsStream<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, host], 0))).unwrap();
        let stream = socket.connect(self.address).await.unwrap();
        let mut config = self.tls.config().as_ref().clone();
        config.alpn_protocols = vec![alpn.to_vec()];
        let name = ServerName::try_from("holdfast.test").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    async fn get(&self, host: u8, path: &str) -> String {
        let mut socket = self.open(host, b"http/1.1").await;
        let request = format!("GET {path} HTTP/1.1\r\nHost: holdfast.test\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // How the other side closes is not the question.
        let _ = socket.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A GET in the plainest HPACK.
fn get(stream: u32, path: &str, cookie: &str) -> Vec<u8> {
    let literal =
        |index: u8, text: &str| [&[index, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let named = [literal(0x44, path), literal(0x41, "holdfast.test"), literal(0x60, cookie)].concat();
    let block = [vec![0x82, 0x87], named].concat();
    let length = u32::try_from(block.len()).unwrap().to_be_bytes();
    [&length[1..], &[1, 5], &stream.to_be_bytes(), &block].concat()
}

/// Whether the head of a 200 comes among the frames, before the other side goes. No window holds it back.
async fn is_answered(socket: &mut TlsStream<TcpStream>) -> bool {
    loop {
        let mut head = [0; 9];
        if socket.read_exact(&mut head).await.is_err() {
            return false;
        }
        let mut frame = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        if socket.read_exact(&mut frame).await.is_err() {
            return false;
        }
        // HEADERS, and in them `:status: 200` by its index.
        if head[3] == 1 {
            return frame.first() == Some(&0x88);
        }
    }
}

// REQ EDGE-6 (attack N12)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_connections_that_read_nothing_cost_little_and_others_are_served() {
    // A page of messages is made anew for each who asks: what is held for a hundred of these is held a hundred times.
    let mut server = Process::sqlite().await;
    let olga = server.owner().await;
    let general = olga.channel("general", "public").await;
    for _ in 0..PAGE {
        olga.post(&general, &"m".repeat(LENGTH)).await.ok();
    }
    assert!(server.stop().success());
    server.set("HOLDFAST_TLS__MODE", "local");
    server.set("HOLDFAST_TRUSTED_PROXIES", "");
    server.set("HOLDFAST_LISTEN__HTTP", "");
    server.set("HOLDFAST_LISTEN__HTTPS", "127.0.0.1:0");
    server.boot();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(server.data().join("tls").join("authority.pem")).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let door = Door { address: server.address, tls: TlsConnector::from(Arc::new(config)) };
    // The largest thing that a stranger can ask for: a file of the front end, where there is one. It lies in memory anyway.
    let page = door.get(2, "/").await;
    let script = page.split('"').find(|part| part.starts_with("/assets/") && part.ends_with(".js"));
    let file = script.unwrap_or("/api/v1/openapi.json").to_owned();
    let messages = format!("/api/v1/orgs/{}/channels/{general}/messages?limit={PAGE}", olga.org);
    let cookie = format!("__Host-session={}", olga.cookie().unwrap());
    let asks = [(&file, 128), (&messages, 16)];
    // What follows is asked in a way that is understood.
    for (path, _) in asks {
        let mut control = door.open(5, b"h2").await;
        control.write_all(&[WINDOW_0, &get(1, path, &cookie)].concat()).await.unwrap();
        let answered = tokio::time::timeout(Duration::from_secs(10), is_answered(&mut control)).await;
        assert_eq!(answered, Ok(true), "{path}");
    }
    let before = server.memory();

    let mut held = Vec::new();
    for (path, streams) in asks.into_iter().cycle().take(100) {
        let mut socket = door.open(3, b"h2").await;
        let asked: Vec<u8> = (0..streams).flat_map(|n| get(2 * n + 1, path, &cookie)).collect();
        // It may be sent away before it has asked for everything.
        let _ = socket.write_all(&[WINDOW_0, &asked].concat()).await;
        let _ = socket.flush().await;
        held.push(socket);
        // The same address and another one are served meanwhile.
        for host in [3, 4] {
            let answer = door.get(host, "/api/v1/setup").await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
        }
    }
    let most = server.memory();
    assert!(most < before + BOUND, "{} MiB more", (most - before) >> 20);
    let asked = Instant::now();
    assert!(door.get(4, &file).await.starts_with("HTTP/1.1 200 "));
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    drop(held);
}
