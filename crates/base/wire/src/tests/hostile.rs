//! Clients that mean harm: each is bounded, and others are served meanwhile (attack N9).

use std::time::Instant;

use super::*;

fn quick() -> ConnectionLimits {
    ConnectionLimits {
        head: Duration::from_millis(200),
        idle: Duration::from_millis(400),
        handshake: Duration::from_millis(200),
        stall: Duration::from_millis(200),
        answer: Duration::from_millis(800),
        ..ConnectionLimits::default()
    }
}

// REQ EDGE-6
#[tokio::test]
async fn dripping_heads_and_silence_are_cut() {
    let server = start(quick()).await;
    let drip = async |mut socket: TcpStream| {
        let started = Instant::now();
        for byte in b"GET /hello HTTP/1.1\r\nX-Slow: ".iter().chain(std::iter::repeat(&b'x')) {
            let gone = socket.write_all(&[*byte]).await.is_err();
            let mut buffer = [0; 64];
            let heard = tokio::time::timeout(Duration::from_millis(20), socket.read(&mut buffer)).await;
            if gone || heard.is_ok() || started.elapsed() > Duration::from_secs(8) {
                break;
            }
        }
        started.elapsed()
    };
    // In clear, and as a TLS handshake that never comes to its end.
    for address in [server.plain, server.https] {
        let took = drip(TcpStream::connect(address).await.unwrap()).await;
        assert!(took < Duration::from_secs(4), "{took:?}");
        read_all(&mut TcpStream::connect(address).await.unwrap()).await;
    }
    // After a first answer too, and a connection that just stays.
    let mut kept = TcpStream::connect(server.plain).await.unwrap();
    kept.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(read_all(&mut kept).await.starts_with("HTTP/1.1 308 "));
    assert!(server.ask("GET /hello HTTP/1.1\n{H}").await.ends_with("hello"));
    server.stop().await;
}

// REQ EDGE-6
#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let server = start(quick()).await;
    for alpn in ["http/1.1", "h2"] {
        let mut lazy = server.tls(&[alpn]).await;
        if alpn == "h2" {
            lazy.write_all(&[PREFACE, SETTINGS, &headers(1, "/endless")].concat()).await.unwrap();
        } else {
            lazy.write_all(b"GET /endless HTTP/1.1\r\nHost: chat.example.org\r\n\r\n").await.unwrap();
        }
        lazy.flush().await.unwrap();
        let dropped = tokio::time::timeout(Duration::from_secs(10), server.signals.dropped.notified()).await;
        assert!(dropped.is_ok(), "{alpn}");
    }
    server.stop().await;
}

// REQ EDGE-6
#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let server = start(ConnectionLimits { per_address: 2, ..ConnectionLimits::default() }).await;
    let _first = server.tls(&["http/1.1"]).await;
    let second = server.tls(&["http/1.1"]).await;
    let mut third = TcpStream::connect(server.https).await.unwrap();
    assert_eq!(read_all(&mut third).await, "");
    drop(second);
    let again = async {
        while connect_tls(server.https, "chat.example.org", client_config(&server.roots, &[])).await.is_err()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), again).await.expect("a place that was given back");
    server.stop().await;
}

// REQ EDGE-6
#[tokio::test]
async fn heads_without_end_are_refused() {
    let server = start(ConnectionLimits::default()).await;
    let mut socket = server.tls(&["http/1.1"]).await;
    let line = [b"X-Long: ".as_slice(), &[b'x'; 8000], b"\r\n"].concat();
    let _ = socket.write_all(b"GET /hello HTTP/1.1\r\nHost: chat.example.org\r\n").await;
    for _ in 0..1000 {
        if socket.write_all(&line).await.is_err() {
            break;
        }
    }
    // Whether the refusal itself arrives depends on what the client still sends; that it is cut does not.
    read_all(&mut socket).await;
    for broken in [
        "GET /hello HTTP/9.9\n{H}",
        "\0\0\0",
        "GET / HTTP/1.1\n{H}\nContent-Length: 1\nContent-Length: 2",
        "GET / HTTP/1.1\nbad header",
        "x",
    ] {
        let answer = server.ask(broken).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{broken:?}: {answer}");
        assert!(
            answer.contains("x-frame-options: DENY") && answer.contains("\"requestId\":\"req_"),
            "{answer}"
        );
    }
    let many = format!("GET /hello HTTP/1.1\n{{H}}{}", "\nX-A: b".repeat(200));
    let answer = server.ask(&many).await;
    assert!(answer.starts_with("HTTP/1.1 431 ") && answer.contains("content-security-policy: "), "{answer}");
    assert!(answer.contains("\"code\":\"headers_too_large\""), "{answer}");
    server.stop().await;
}

// REQ EDGE-6 (request smuggling)
#[tokio::test]
async fn a_request_has_one_length() {
    let server = start(ConnectionLimits::default()).await;
    for lengths in [
        "Content-Length: 5\nTransfer-Encoding: chunked",
        "Content-Length: 5\nContent-Length: 6",
        "Content-Length: +5",
        "Transfer-Encoding: chunked, identity",
    ] {
        let hidden = "0\r\n\r\nGET /hello HTTP/1.1\r\nHost: chat.example.org\r\n\r\n";
        let mut socket = server.tls(&["http/1.1"]).await;
        let head = format!(
            "POST /who HTTP/1.1\r\nHost: chat.example.org\r\n{}\r\n\r\n",
            lengths.replace('\n', "\r\n")
        );
        socket.write_all(format!("{head}{hidden}").as_bytes()).await.unwrap();
        let mut first = [0; 12];
        socket.read_exact(&mut first).await.unwrap();
        let rest = String::from_utf8_lossy(&first).into_owned() + &drain(&mut socket).await;
        assert!(!rest.ends_with("hello") || rest.starts_with("HTTP/1.1 4"), "{lengths}: {rest}");
    }
    server.stop().await;
}

/// What arrives within a moment.
async fn drain<S: AsyncRead + Unpin>(socket: &mut S) -> String {
    let mut bytes = vec![0; 65_536];
    let mut text = String::new();
    while let Ok(Ok(count @ 1..)) =
        tokio::time::timeout(Duration::from_millis(300), socket.read(&mut bytes)).await
    {
        text += &String::from_utf8_lossy(&bytes[..count]);
    }
    text
}

pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A GET in the plainest HPACK.
pub(super) fn headers(stream: u32, path: &str) -> Vec<u8> {
    let literal =
        |index: u8, text: &str| [&[index, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let block = [vec![0x82, 0x87], literal(0x44, path), literal(0x41, "chat.example.org")].concat();
    frame(1, 0x5, stream, &block)
}

/// Whether the server said GOAWAY or closed the connection.
async fn is_sent_away<S: AsyncRead + Unpin>(socket: &mut S) -> bool {
    let read = async {
        loop {
            let mut head = [0; 9];
            if socket.read_exact(&mut head).await.is_err() || head[3] == 7 {
                return;
            }
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            if socket.read_exact(&mut vec![0; length]).await.is_err() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read).await.is_ok()
}

// REQ EDGE-6 (CVE-2023-44487, CVE-2024-27983)
#[tokio::test]
async fn http2_floods_end_the_connection_and_nothing_else() {
    let server = start(ConnectionLimits::default()).await;
    let resets = (0..2000u32)
        .flat_map(|n| [headers(2 * n + 1, "/slow"), frame(3, 0, 2 * n + 1, &8u32.to_be_bytes())])
        .flatten()
        .collect::<Vec<u8>>();
    let open = [vec![0x82, 0x87], vec![0x44, 1, b'/']].concat();
    let continuations = (0..5000).flat_map(|_| {
        let field = [&[0x00, 0x01, b'x', 0x7f, 0x81, 0x1d][..], &[b'y'; 400]].concat();
        frame(9, 0, 1, &field)
    });
    let continuations = [frame(1, 0x1, 1, &open), continuations.collect()].concat();
    for (name, flood) in [("resets", resets), ("continuations", continuations)] {
        let mut socket = server.tls(&["h2"]).await;
        let _ = socket.write_all(&[PREFACE, SETTINGS].concat()).await;
        for part in flood.chunks(8192) {
            if socket.write_all(part).await.is_err() {
                break;
            }
        }
        assert!(is_sent_away(&mut socket).await, "{name}");
        assert!(server.ask("GET /hello HTTP/1.1\n{H}").await.ends_with("hello"), "{name}");
    }
    server.stop().await;
}
