//! Clients that ask and do not read: what is held for them is bounded, they go, and others are served meanwhile
//! (attack N12).

use std::time::Instant;

use tokio::net::TcpSocket;

use super::hostile::{PREFACE, frame, headers};
use super::*;

const HELD: HeldLimits = HeldLimits { connection: 2 << 20, address: 8 << 20, total: 32 << 20 };
/// SETTINGS: no byte of an answer may be sent.
const WINDOW_0: &[u8] = &[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0];

fn limits(answer: Duration) -> ConnectionLimits {
    ConnectionLimits { answer, held: HELD, ..ConnectionLimits::default() }
}

/// A connection from 127.0.0.`host`.
async fn from(server: &Fixture, host: u8, alpn: &[&str]) -> TlsStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, host], 0))).unwrap();
    let stream = socket.connect(server.https).await.unwrap();
    let name = ServerName::try_from("chat.example.org").unwrap();
    TlsConnector::from(Arc::new(client_config(&server.roots, alpn))).connect(name, stream).await.unwrap()
}

/// Asks for a path on every stream that a connection has, and lets nothing come.
async fn greedy(server: &Fixture, host: u8, path: &str) -> TlsStream<TcpStream> {
    let mut socket = from(server, host, &["h2"]).await;
    let asked = (0..128u32).flat_map(|n| headers(2 * n + 1, path));
    socket
        .write_all(&[PREFACE, WINDOW_0].concat().into_iter().chain(asked).collect::<Vec<u8>>())
        .await
        .unwrap();
    socket.flush().await.unwrap();
    socket
}

/// Waits until the server has said so many times how an answer begins, or has had enough.
async fn answers(socket: &mut TlsStream<TcpStream>, count: usize) {
    let mut seen = 0;
    let read = async {
        while seen < count {
            let mut head = [0; 9];
            if socket.read_exact(&mut head).await.is_err() {
                return;
            }
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            if socket.read_exact(&mut vec![0; length]).await.is_err() {
                return;
            }
            seen += usize::from(head[3] == 1);
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("an answer to every request");
}

// REQ EDGE-6 (attack N12)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_answers_are_bounded_and_others_are_served() {
    let server = start(limits(Duration::from_secs(120))).await;
    let mut held = Vec::new();
    for _ in 0..20 {
        let mut socket = greedy(&server, 3, "/page").await;
        answers(&mut socket, 128).await;
        held.push(socket);
    }
    let live = server.signals.live.load(SeqCst);
    assert!((HELD.address / 2..=HELD.address).contains(&live), "{live} bytes");
    // The same address, as long as it takes what it asks for; and another one, anything.
    for (host, path, bytes) in [(3, "/small", 20_000), (3, "/file", PAGE), (4, "/page", PAGE)] {
        let answer = exchange(from(&server, host, &[]).await, &format!("GET {path} HTTP/1.1\n{{H}}")).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.len() > bytes, "{path}: {answer:.200}");
    }
    let refused = exchange(from(&server, 3, &[]).await, "GET /page HTTP/1.1\n{H}").await;
    assert!(refused.starts_with("HTTP/1.1 429 ") && refused.contains("retry-after: 1"), "{refused:.200}");
    drop(held);
    let freed = async {
        while server.signals.live.load(SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), freed).await.expect("all is given back");
    server.stop().await;
}

// REQ EDGE-6 (attack N12)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_together_is_bounded_too() {
    let server = start(limits(Duration::from_secs(120))).await;
    let mut held = Vec::new();
    for host in 10..20 {
        for _ in 0..5 {
            let mut socket = greedy(&server, host, "/page").await;
            answers(&mut socket, 128).await;
            held.push(socket);
        }
    }
    let live = server.signals.live.load(SeqCst);
    assert!((HELD.total / 2..=HELD.total).contains(&live), "{live} bytes");
    let answer = exchange(from(&server, 9, &[]).await, "GET /small HTTP/1.1\n{H}").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:.200}");
    server.stop().await;
}

// REQ EDGE-6 (attack N12)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_requests_hold_one_answer_at_a_time() {
    let server = start(limits(Duration::from_secs(120))).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut socket = from(&server, 3, &["http/1.1"]).await;
        let request = "GET /page HTTP/1.1\r\nHost: chat.example.org\r\n\r\n".repeat(200);
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        socket.read_exact(&mut first).await.unwrap();
        held.push(socket);
    }
    let live = server.signals.live.load(SeqCst);
    assert!(live <= 8 * HELD.connection, "{live} bytes");
    server.stop().await;
}

// REQ EDGE-6 (attack N12)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_stream_now_and_then_saves_nobody_who_does_not_read() {
    let server = start(limits(Duration::from_millis(800))).await;
    let mut socket = greedy(&server, 3, "/file").await;
    let started = Instant::now();
    for n in 0..200u32 {
        let reset = frame(3, 0, 2 * n + 1, &8u32.to_be_bytes());
        let again = headers(2 * (n + 128) + 1, "/file");
        if socket.write_all(&[reset, again].concat()).await.is_err() || socket.flush().await.is_err() {
            break;
        }
        let mut bytes = [0; 65_536];
        let gone = async { while socket.read(&mut bytes).await.is_ok_and(|count| count > 0) {} };
        if tokio::time::timeout(Duration::from_millis(100), gone).await.is_ok() {
            break;
        }
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
    server.stop().await;
}

// REQ EDGE-6 (attack N12)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_gets_all_of_it() {
    let server = start(limits(Duration::from_millis(800))).await;
    let mut socket = from(&server, 3, &["h2"]).await;
    socket.write_all(&[PREFACE, WINDOW_0, &headers(1, "/small")].concat()).await.unwrap();
    let started = Instant::now();
    let mut got = 0;
    while got < 20_000 {
        // Ten kilobytes in a second.
        let _ = socket.write_all(&frame(8, 0, 1, &1000u32.to_be_bytes())).await;
        let mut wanted = 1000;
        while wanted > 0 {
            let mut head = [0; 9];
            socket.read_exact(&mut head).await.expect("the connection stays");
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            socket.read_exact(&mut vec![0; length]).await.unwrap();
            if head[3] == 0 {
                got += length;
                wanted -= length;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(started.elapsed() > Duration::from_millis(1600), "long enough to be cut for nothing");
    server.stop().await;
}

// REQ EDGE-6 (attack N9)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_do_not_end_are_bounded_too() {
    let server = start(limits(Duration::from_secs(120))).await;
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..40 {
        let mut socket = from(&server, 3, &["http/1.1"]).await;
        let head = "POST /take HTTP/1.1\r\nHost: chat.example.org\r\nContent-Length: 1000000\r\n\r\n";
        socket.write_all(head.as_bytes()).await.unwrap();
        // Whoever is refused may be cut while it still writes.
        let _ = socket.write_all(&vec![b'x'; 400_000]).await;
        let _ = socket.flush().await;
        let mut status = [0; 12];
        let answer = tokio::time::timeout(Duration::from_millis(200), socket.read_exact(&mut status)).await;
        refused += usize::from(answer.is_ok());
        held.push(socket);
    }
    // Forty times 400 kB do not fit into what one address may have held.
    assert!(refused >= 15, "{refused} refused");
    assert!(
        exchange(from(&server, 4, &[]).await, "GET /page HTTP/1.1\n{H}").await.starts_with("HTTP/1.1 200 ")
    );
    server.stop().await;
}
