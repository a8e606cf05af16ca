//! Sending mail, against a mail server of a few lines.

use std::sync::Arc;
use std::time::Duration;

use jobs::Worker;
use kernel::cx::OsEntropy;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::World;
use crate::{MailConfig, MailSecurity};

/// Takes one connection's mails; refuses the first `refuse` of them all.
async fn serve(
    stream: TcpStream,
    mails: mpsc::UnboundedSender<String>,
    refuse: std::sync::Arc<std::sync::atomic::AtomicI64>,
) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 catcher\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" | "HELO" => "250 catcher",
            "MAIL" if refuse.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) > 0 => "451 later",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.unwrap();
                let mut mail = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                mails.send(mail).unwrap();
                "250 taken"
            }
            "QUIT" => return,
            _ => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
}

// REQ ID-4
#[tokio::test]
async fn mail_is_sent_and_tried_again_after_a_failure() {
    let (world, ada) = World::set_up().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (mails, mut received) = mpsc::unbounded_channel();
    let refuse = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(1));
    let refused = refuse.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, mails.clone(), refused.clone()));
        }
    });
    let config = MailConfig {
        host: "127.0.0.1".into(),
        port: Some(port),
        security: MailSecurity::None,
        user: None,
        password: None,
        from: "Holdfast <holdfast@example.org>".into(),
        ca_file: None,
    };
    let registry = world.identity.jobs(Some(config)).unwrap();
    let (clock, woken) = (world.clock.clone(), world.enqueued.clone());
    let worker = Worker::new(world.store.clone(), clock, Arc::new(OsEntropy), &registry, woken).unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(worker.run(stopped));

    let invite = json!({ "email": "grace@example.org", "role": "viewer" });
    world.call(&ada, "invitation.create", &[("org", &ada.org())], invite).await.unwrap();
    // Refused once: it waits, with its problem, and is not lost.
    let refused = async {
        loop {
            let mails = world.console("mail.list", &[], json!({})).await.unwrap();
            if mails["items"][0]["problem"].is_string() {
                return mails["items"][0].clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            world.clock.forward(1);
        }
    };
    let waiting = tokio::time::timeout(Duration::from_secs(20), refused).await.unwrap();
    assert_eq!(waiting["attempts"], 1);
    assert!(received.try_recv().is_err());
    world.clock.forward(kernel::time::MINUTE);
    let ask = json!({ "email": "nobody@example.org" });
    world.anonymous("password.request_reset", "192.0.2.1", ask).await.unwrap();
    let mail = tokio::time::timeout(Duration::from_secs(20), received.recv()).await.unwrap().unwrap();
    assert!(mail.contains("To: grace@example.org\n"), "{mail}");
    assert!(mail.contains("Subject: Ada Lovelace invites you to Analytical Engines\n"), "{mail}");
    assert!(
        mail.contains("From: Holdfast <holdfast@example.org>\n") || mail.contains("From: \"Holdfast\""),
        "{mail}"
    );
    assert!(mail.contains("https://holdfast.example/invite#"), "{mail}");
    // To nobody nothing is sent, and nothing is left.
    let sent = async {
        while world.console("mail.list", &[], json!({})).await.unwrap()["items"] != json!([]) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), sent).await.unwrap();
    assert!(received.try_recv().is_err());
    stop.send(true).unwrap();
    running.await.unwrap();
}
