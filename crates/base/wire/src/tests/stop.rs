//! Stopping, starting, and what survives (EDGE-13).

use super::*;

// REQ EDGE-13
#[tokio::test]
async fn a_running_request_is_finished_and_no_new_one_is_taken() {
    let server = start(ConnectionLimits::default()).await;
    let (https, roots) = (server.https, server.roots.clone());
    let mut idle = server.tls(&["http/1.1"]).await;
    let mut busy = server.tls(&["http/1.1"]).await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: chat.example.org\r\n\r\n").await.unwrap();
    server.signals.entered.notified().await;
    server.stop.send(true).unwrap();
    assert_eq!(read_all(&mut idle).await, "");
    // The listener is gone as soon as the idle connection is, or a moment later.
    let refused = async {
        while connect_tls(https, "chat.example.org", client_config(&roots, &[])).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), refused).await.unwrap();
    assert!(!server.running.is_finished());
    server.signals.release.notify_one();
    let answer = read_all(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("done"), "{answer}");
    tokio::time::timeout(Duration::from_secs(5), server.running).await.unwrap().unwrap();
}

// REQ EDGE-13
#[tokio::test]
async fn the_grace_has_an_end() {
    let limits = ConnectionLimits { grace: Duration::from_millis(100), ..ConnectionLimits::default() };
    let server = start(limits).await;
    let mut busy = server.tls(&["http/1.1"]).await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: chat.example.org\r\n\r\n").await.unwrap();
    server.signals.entered.notified().await;
    server.stop().await;
    assert_eq!(read_all(&mut busy).await, "");
}
