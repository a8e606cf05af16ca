//! One connection: what is written when, to whom, and how it ends.

use futures_util::FutureExt;
use tokio::io::AsyncReadExt;

use super::*;
use crate::delivery::Batch;

fn topic() -> Topic {
    Topic { kind: "chn", org: org(1), id: uuid::Uuid::from_u128(1) }
}

fn other() -> Topic {
    Topic { id: uuid::Uuid::from_u128(2), ..topic() }
}

fn entry(seq: i64, text: &str) -> Delivery {
    let mut batch = Batch::default();
    batch.push(seq, text.as_bytes());
    batch.finish(topic()).unwrap()
}

fn org(number: u128) -> OrgId {
    OrgId(uuid::Uuid::from_u128(number))
}

fn subscription() -> Subscription {
    Subscription { operation: "read".into(), path: Vec::new() }
}

/// A connection that listens to the topic, and the other side of it, which takes so many bytes at once.
fn pair(takes: usize) -> (Arc<Connection>, tokio::io::DuplexStream, Arc<AtomicU64>) {
    let (here, there) = tokio::io::duplex(takes);
    let generation = Arc::new(AtomicU64::new(7));
    let connection = Connection::new(Box::new(here), generation.clone());
    connection.sure(7, &[]);
    let asked = connection.listen(topic(), subscription());
    connection.caught_up(topic(), &asked, 0);
    (connection, there, generation)
}

async fn read(there: &mut tokio::io::DuplexStream, bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    there.read_exact(&mut buffer).await.unwrap();
    String::from_utf8(buffer).unwrap()
}

// REQ RT-1
#[tokio::test]
async fn a_delivery_is_written_at_once_and_wakes_nobody() {
    let (connection, mut there, _) = pair(1_000);
    connection.deliver(&entry(1, "one"));
    connection.deliver(&Delivery::Notice(Topic::org(org(1)), Bytes::from_static(b"plain")));
    assert!(!connection.unwritten());
    assert_eq!(read(&mut there, 8).await, "oneplain");
    assert_eq!(connection.wake.notified().now_or_never(), None);
}

// REQ RT-2
#[tokio::test]
async fn what_the_network_does_not_take_goes_out_later_in_order() {
    let (connection, mut there, _) = pair(4);
    for seq in 1..=9 {
        connection.deliver(&entry(seq, &format!("entry{seq} ")));
    }
    connection.wake.notified().await;
    let (drained, text) = tokio::join!(connection.drained(), read(&mut there, 63));
    assert_eq!(drained, Ok(()));
    assert_eq!(text, (1..=9).map(|seq| format!("entry{seq} ")).collect::<String>());
    assert_eq!(connection.state.lock().waiting, 0);
}

// REQ RT-2
#[tokio::test]
async fn what_comes_while_the_log_is_read_follows_it_once() {
    let (connection, mut there, _) = pair(1_000);
    let first = connection.listen(topic(), subscription());
    let asked = connection.listen(topic(), subscription());
    for seq in 4..=6 {
        connection.deliver(&entry(seq, &seq.to_string()));
    }
    connection.caught_up(topic(), &first, 6);
    assert!(!connection.refused(topic(), &first), "who asked again is not the one who was refused");
    connection.push(Bytes::from_static(b"log up to 5 "));
    connection.caught_up(topic(), &asked, 5);
    connection.drained().await.unwrap();
    connection.deliver(&entry(6, "twice"));
    connection.deliver(&entry(7, "7"));
    assert_eq!(read(&mut there, 14).await, "log up to 5 67");
    assert_eq!(connection.state.lock().waiting, 0);
    connection.forget(topic());
    connection.deliver(&entry(8, "8"));
    assert!(!connection.unwritten());
}

// REQ AUTHZ-4, ID-7
#[tokio::test]
async fn nothing_goes_to_somebody_whose_authority_is_not_certain() {
    let (connection, mut there, generation) = pair(1_000);
    generation.store(8, Ordering::SeqCst);
    connection.deliver(&entry(1, "secret"));
    connection.deliver(&Delivery::Notice(Topic::org(org(1)), Bytes::from_static(b"plain")));
    assert_eq!(connection.stale(), Some(8));
    assert!(!connection.unwritten(), "it waits until authority was asked for");
    connection.deliver(&Delivery::Notice(Topic::org(org(2)), Bytes::from_static(b"foreign")));
    let asked = connection.listen(other(), subscription());
    connection.push(Bytes::from_static(b"answer "));
    connection.caught_up(other(), &asked, 3);
    connection.wake.notified().await;
    connection.forget(topic());
    connection.sure(8, &[org(1)]);
    connection.drained().await.unwrap();
    assert_eq!(
        read(&mut there, 12).await,
        "answer plain",
        "a topic and an organisation were lost, and what was said there"
    );
    assert_eq!(connection.state.lock().waiting, 0);
}

// REQ RT-4
#[tokio::test]
async fn who_reads_too_slowly_is_cut_and_costs_nothing_more() {
    let (connection, there, generation) = pair(10);
    let big = "x".repeat(1 << 20);
    for seq in 1..=4 {
        connection.deliver(&entry(seq, &big));
    }
    assert_eq!(connection.end(), None);
    let waits = connection.drained();
    connection.deliver(&entry(5, &big));
    assert_eq!(connection.end(), Some(End::Slow));
    assert_eq!(waits.await, Err(End::Slow), "also in the middle of a write");
    assert!(connection.state.lock().waiting < big.len(), "no more than the rest of what is half said");
    let mut there = there;
    let mut rest = String::new();
    let reading = async {
        there.read_to_string(&mut rest).await.unwrap();
        drop(there);
    };
    tokio::join!(connection.farewell([Bytes::from_static(b"bye")]), reading);
    assert_eq!(rest, format!("{big}bye"), "whoever goes on reading hears why");

    // Not if the rest of what is half said is of something that was withdrawn meanwhile.
    let (connection, mut there, generation_now) = pair(10);
    (1..=5).for_each(|seq| connection.deliver(&entry(seq, &big)));
    generation_now.store(8, Ordering::SeqCst);
    connection.farewell([Bytes::from_static(b"bye")]).await;
    drop(connection);
    let mut rest = String::new();
    there.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "xxxxxxxxxx");

    // Also while authority is being asked for, and while a log is being read.
    let (connection, _there, _) = pair(10);
    connection.listen(topic(), subscription());
    (1..=5).for_each(|seq| connection.deliver(&entry(seq, &big)));
    assert_eq!(connection.end(), Some(End::Slow));
    let (connection, _there, generation_of_this) = pair(10);
    drop(generation);
    generation_of_this.store(8, Ordering::SeqCst);
    (1..=5).for_each(|seq| connection.deliver(&entry(seq, &big)));
    assert_eq!(connection.end(), Some(End::Slow));
}

#[tokio::test]
async fn a_connection_that_breaks_says_so() {
    let (connection, there, _) = pair(10);
    drop(there);
    connection.deliver(&entry(1, "one"));
    connection.wake.notified().await;
    assert_eq!(connection.end(), Some(End::Lost));
    assert_eq!(connection.drained().await, Err(End::Lost));
}

// REQ RT-5
#[tokio::test]
async fn an_event_that_is_not_logged_waits_for_nobody_and_leaks_to_nobody() {
    let (connection, mut there, _) = pair(1_000);
    let typing = |topic, text: &'static str| Delivery::Notice(topic, Bytes::from_static(text.as_bytes()));
    let asked = connection.listen(other(), subscription());
    connection.deliver(&typing(other(), "before it is known whether they may"));
    connection.refused(other(), &asked);
    connection.deliver(&typing(other(), "after they were refused"));
    connection.deliver(&typing(topic(), "mine"));
    assert_eq!(read(&mut there, 4).await, "mine");
    assert!(!connection.unwritten());
}
