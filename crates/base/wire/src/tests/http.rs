//! What answers look like, whoever asks.

use std::os::unix::fs::PermissionsExt;

use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::UnixStream;

use super::*;

/// What every answer must carry, whatever it answers.
const ALWAYS: [&str; 9] = [
    "content-security-policy: default-src 'none'; script-src 'self'; ",
    "x-frame-options: DENY",
    "x-content-type-options: nosniff",
    "referrer-policy: no-referrer",
    "permissions-policy: ",
    "cross-origin-opener-policy: same-origin",
    "cross-origin-resource-policy: same-origin",
    "cache-control: no-store",
    "x-request-id: req_",
];

// REQ EDGE-4 OPS-4 EDGE-7 EDGE-8
#[tokio::test]
async fn every_answer_carries_the_headers_and_every_error_its_shape() {
    let server = start(ConnectionLimits::default()).await;
    let long = format!("GET /hello HTTP/1.1\n{{H}}\nX-Long: {}", "x".repeat(20_000));
    let evil = "POST /who HTTP/1.1\n{H}\nOrigin: https://evil.example\nContent-Length: 0";
    let once = "\"code\":\"bad_request\"";
    let table: &[(&str, u16, &str)] = &[
        ("POST /who HTTP/1.1\n{H}\nIdempotency-Key: a\nIdempotency-Key: b\nContent-Length: 0", 400, once),
        ("POST /who HTTP/1.1\n{H}\nContent-Type: a/b\ncontent-type: a/b\nContent-Length: 0", 400, once),
        ("GET /hello HTTP/1.1\n{H}\nAuthorization: a\nAuthorization: a", 400, once),
        (
            "GET /hello HTTP/1.1\n{H}\nOrigin: https://chat.example.org\nOrigin: https://evil.example",
            400,
            once,
        ),
        ("GET /hello HTTP/1.1\n{H}\nAccept: a/b\nAccept: c/d", 200, "hello"),
        ("GET /hello HTTP/1.1\n{H}", 200, "hello"),
        ("HEAD /hello HTTP/1.1\n{H}", 200, ""),
        ("GET /missing HTTP/1.1\n{H}", 404, "\"code\":\"not_found\""),
        ("DELETE /hello HTTP/1.1\n{H}", 405, "\"code\":\"method_not_allowed\""),
        ("GET /panic HTTP/1.1\n{H}", 500, "\"code\":\"internal\""),
        ("GET /foreign HTTP/1.1\n{H}", 400, "\"code\":\"bad_request\""),
        ("GET /hello HTTP/1.1\nHost: evil.example", 421, "\"code\":\"unknown_host\""),
        ("GET /hello HTTP/1.1\n{H}\n{H}", 421, "\"code\":\"unknown_host\""),
        ("GET https://evil.example/hello HTTP/1.1\n{H}", 421, "\"code\":\"unknown_host\""),
        (evil, 403, "\"code\":\"cross_site\""),
        ("POST /who HTTP/1.1\n{H}\nCookie: a=b\nContent-Length: 0", 403, "\"code\":\"cross_site\""),
        (
            "POST /who HTTP/1.1\n{H}\nOrigin: https://chat.example.org\nContent-Length: 0",
            200,
            "console: false",
        ),
        ("POST /who HTTP/1.1\n{H}\nContent-Length: 0", 200, "https: true"),
        (&long, 431, "\"code\":\"headers_too_large\""),
    ];
    for (request, status, body) in table {
        let answer = server.ask(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:.60}: {answer}");
        for header in ALWAYS.iter().chain(&["strict-transport-security: max-age=63072000"]) {
            assert!(answer.contains(header), "{request:.60} lacks {header}: {answer}");
        }
        assert!(answer.contains(body) && !answer.contains("secret"), "{request:.60}: {answer}");
        assert!(*status < 400 || answer.contains("\"requestId\":\"req_"), "{answer}");
    }
    server.stop().await;
}

// REQ EDGE-2 EDGE-8 (attack I3)
#[tokio::test]
async fn plain_http_only_shows_the_way() {
    let server = start(ConnectionLimits::default()).await;
    for (request, way) in [
        ("GET /a/b?c=d HTTP/1.1\n{H}", "https://chat.example.org/a/b?c=d"),
        (
            "GET /hello HTTP/1.1\nHost: evil.example\nX-Forwarded-Host: evil.example",
            "https://chat.example.org/hello",
        ),
        ("POST /hello HTTP/1.1\n{H}\nContent-Length: 0", "https://chat.example.org/hello"),
        ("GET //evil.example/ HTTP/1.1\n{H}", "https://chat.example.org//evil.example/"),
        ("GET http://evil.example/x HTTP/1.1\n{H}", "https://chat.example.org/x"),
        ("OPTIONS * HTTP/1.1\n{H}", "https://chat.example.org/"),
        (
            "GET /socket HTTP/1.1\n{H}\nUpgrade: websocket\nSec-WebSocket-Version: 13",
            "https://chat.example.org/socket",
        ),
        ("GET /hello HTTP/1.1\n{H}\nX-Forwarded-Proto: https", "https://chat.example.org/hello"),
    ] {
        for address in [server.plain, server.proxied] {
            let answer = exchange(TcpStream::connect(address).await.unwrap(), request).await;
            assert!(answer.starts_with("HTTP/1.1 308 "), "{request}: {answer}");
            assert!(answer.contains(&format!("location: {way}\r\n")), "{request}: {answer}");
            assert!(!answer.contains("strict-transport-security"), "{answer}");
            for header in ALWAYS {
                assert!(answer.contains(header), "{request} lacks {header}: {answer}");
            }
        }
    }
    server.stop().await;
}

// REQ EDGE-8
#[tokio::test]
async fn a_trusted_proxy_speaks_for_its_clients() {
    let server = start_behind(ConnectionLimits::default(), vec!["127.0.0.1".parse().unwrap()]).await;
    let request = "GET /who HTTP/1.1\n{H}\nX-Forwarded-For: 6.6.6.6, 192.0.2.7\nX-Forwarded-Proto: https";
    let answer = exchange(TcpStream::connect(server.proxied).await.unwrap(), request).await;
    assert!(answer.contains("Some(192.0.2.7), https: true"), "{answer}");
    let probe =
        exchange(TcpStream::connect(server.proxied).await.unwrap(), "GET /healthz HTTP/1.1\nHost: 10.0.0.9")
            .await;
    assert!(probe.starts_with("HTTP/1.1 200 ") && probe.ends_with("alive"), "{probe}");
    server.stop().await;
}

// REQ EDGE-7
#[tokio::test]
async fn only_listed_sites_read_answers() {
    let server = start(ConnectionLimits::default()).await;
    let ask = async |origin: &str| {
        let question = "Access-Control-Request-Method: POST";
        server.ask(&format!("OPTIONS /who HTTP/1.1\n{{H}}\nOrigin: {origin}\n{question}")).await
    };
    let answer = ask("https://tools.example.org").await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert!(answer.contains("access-control-allow-origin: https://tools.example.org\r\n"), "{answer}");
    for stranger in ["https://evil.example", "null", "https://tools.example.org.evil.example"] {
        let answer = ask(stranger).await;
        assert!(!answer.contains("access-control-"), "{answer}");
    }
    server.stop().await;
}

// REQ EDGE-7 EDGE-2 (attack I9)
#[tokio::test]
async fn websockets_open_for_our_own_pages_only() {
    let server = start(ConnectionLimits::default()).await;
    let upgrade = async |extra: &str| {
        let mut socket = server.tls(&["http/1.1"]).await;
        let request = format!(
            "GET /socket HTTP/1.1\r\nHost: chat.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extra}\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut status = [0; 12];
        socket.read_exact(&mut status).await.unwrap();
        String::from_utf8_lossy(&status[9..]).into_owned()
    };
    assert_eq!(upgrade("Origin: https://chat.example.org\r\nCookie: a=b\r\n").await, "101");
    assert_eq!(upgrade("Origin: https://evil.example\r\n").await, "403");
    assert_eq!(upgrade("Origin: null\r\n").await, "403");
    assert_eq!(upgrade("Cookie: a=b\r\n").await, "403");
    server.stop().await;
}

// REQ EDGE-5 (attack N14)
#[tokio::test]
async fn an_address_over_its_limit_gets_nothing_else_whatever_it_asks_for() {
    let server = start(ConnectionLimits::default()).await;
    for request in [
        "GET /hello HTTP/1.1\n{H}",
        "GET /missing HTTP/1.1\n{H}",
        "DELETE /hello HTTP/1.1\n{H}",
        "GET /healthz HTTP/1.1\n{H}",
        "GET /hello HTTP/1.1\nHost: evil.example",
        "OPTIONS /who HTTP/1.1\n{H}\nOrigin: https://tools.example.org\nAccess-Control-Request-Method: POST",
        "POST /who HTTP/1.1\n{H}\nOrigin: https://evil.example\nContent-Length: 0",
    ] {
        for address in [server.https, server.plain] {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::from(([127, 0, 0, 66], 0))).unwrap();
            let socket = socket.connect(address).await.unwrap();
            let answer = if address == server.plain {
                exchange(socket, request).await
            } else {
                let name = ServerName::try_from("chat.example.org").unwrap();
                let connector = TlsConnector::from(Arc::new(client_config(&server.roots, &[])));
                exchange(connector.connect(name, socket).await.unwrap(), request).await
            };
            assert!(answer.starts_with("HTTP/1.1 429 "), "{request}: {answer}");
            for header in [
                "retry-after: 6",
                "ratelimit: \"default\";r=0;t=6",
                "ratelimit-policy: \"default\";q=10;w=60",
            ] {
                assert!(answer.contains(header), "{request} lacks {header}: {answer}");
            }
        }
    }
    server.stop().await;
}

// REQ EDGE-2
#[tokio::test]
async fn http2_and_many_requests_on_one_connection() {
    let server = start(ConnectionLimits::default()).await;
    let socket = server.tls(&["h2", "http/1.1"]).await;
    assert_eq!(socket.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    let driving = tokio::spawn(connection);
    let get = |path: &str| {
        let mut sender = sender.clone();
        let request =
            ::http::Request::get(format!("https://chat.example.org{path}")).body(Body::empty()).unwrap();
        async move { sender.send_request(request).await.unwrap() }
    };
    for response in futures_util::future::join_all((0..50).map(|_| get("/hello"))).await {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-frame-options"], "DENY");
    }
    assert_eq!(get("/missing").await.status(), 404);
    drop(sender);
    driving.await.unwrap().unwrap();

    let mut pipelined = server.tls(&["http/1.1"]).await;
    let one = "GET /hello HTTP/1.1\r\nHost: chat.example.org\r\n\r\n";
    let last = "GET /missing HTTP/1.1\r\nHost: chat.example.org\r\nConnection: close\r\n\r\n";
    pipelined.write_all(format!("{one}{one}{last}").as_bytes()).await.unwrap();
    let answers = read_all(&mut pipelined).await;
    assert_eq!((answers.matches("HTTP/1.1 200 ").count(), answers.matches("HTTP/1.1 404 ").count()), (2, 1));
    server.stop().await;
}

#[tokio::test]
async fn the_local_socket_is_the_console_and_closed_to_others() {
    let server = start(ConnectionLimits::default()).await;
    let mode = std::fs::metadata(&server.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let answer =
        exchange(UnixStream::connect(&server.socket).await.unwrap(), "POST /who HTTP/1.1\nHost: x").await;
    assert!(answer.contains("Client { address: None, https: false, console: true }"), "{answer}");
    let socket = server.socket.clone();
    server.stop().await;
    assert!(!socket.exists());
}
