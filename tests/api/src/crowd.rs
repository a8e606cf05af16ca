//! People who post without a pause, whatever happens to the server: what they were promised, and whether it was kept.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::client::Client;

/// How long something that must happen may take. The machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);
/// Who is refused, or cut off, tries again after this.
const PAUSE: Duration = Duration::from_millis(10);

/// An answer that was no success.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: u16,
    pub retry_after: Option<String>,
    pub body: Value,
}

#[derive(Default)]
struct Counts {
    acknowledged: AtomicUsize,
    refused: AtomicUsize,
    stop: AtomicBool,
    refusals: Mutex<Vec<Refusal>>,
}

/// Several people who post at once, each one message after the other.
pub struct Crowd {
    counts: Arc<Counts>,
    people: Vec<JoinHandle<(Vec<Value>, Value)>>,
}

/// What they were told.
#[derive(Default)]
pub struct Told {
    /// For each person the messages that were acknowledged, in the order in which they were.
    pub acknowledged: Vec<Vec<Value>>,
    /// What was sent last by each, and not acknowledged: to be sent again, or not.
    pub unsure: Vec<Value>,
    pub refusals: Vec<Refusal>,
}

impl Crowd {
    /// They begin.
    pub fn start(client: &Client, channel: &str, people: usize) -> Self {
        let counts = Arc::new(Counts::default());
        let one = |who| tokio::spawn(post(client.clone(), channel.to_owned(), who, counts.clone()));
        let people = (0..people).map(one).collect();
        Self { counts, people }
    }

    /// How many messages have been acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.counts.acknowledged.load(Ordering::SeqCst)
    }

    /// Waits until so many more have been acknowledged.
    pub async fn get_through(&self, more: usize) {
        self.wait("acknowledged", &self.counts.acknowledged, more).await;
    }

    /// Waits until so many more have been refused, or cut off.
    pub async fn are_refused(&self, more: usize) {
        self.wait("refused", &self.counts.refused, more).await;
    }

    async fn wait(&self, what: &str, count: &AtomicUsize, more: usize) {
        let (from, started) = (count.load(Ordering::SeqCst), std::time::Instant::now());
        while count.load(Ordering::SeqCst) < from + more {
            let refusals = self.counts.refusals.lock().unwrap().last().cloned();
            assert!(started.elapsed() < PATIENCE, "too few {what}; the last refusal: {refusals:#?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// They stop, each after what was under way.
    pub async fn stop(self) -> Told {
        self.counts.stop.store(true, Ordering::SeqCst);
        let mut told = Told::default();
        for person in self.people {
            let (acknowledged, unsure) = person.await.unwrap();
            told.acknowledged.push(acknowledged);
            told.unsure.push(unsure);
        }
        told.refusals = std::mem::take(&mut self.counts.refusals.lock().unwrap());
        told
    }
}

async fn post(client: Client, channel: String, who: usize, counts: Arc<Counts>) -> (Vec<Value>, Value) {
    let path = format!("/api/v1/orgs/{}/channels/{channel}/messages", client.org);
    let mut acknowledged = Vec::new();
    let mut send = Value::Null;
    while !counts.stop.load(Ordering::SeqCst) {
        if send.is_null() {
            let body = format!("person {who}, message {}", acknowledged.len());
            send = json!({ "clientId": Uuid::new_v4(), "body": body });
        }
        let request = client.request(reqwest::Method::POST, &path).timeout(Duration::from_secs(10));
        let answer = match request.json(&send).send().await {
            Ok(answer) => answer,
            Err(_) => {
                counts.refused.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").map(|v| v.to_str().unwrap().to_owned());
        // An answer that was cut in the middle is none: who sent it asks again.
        let body = answer.json::<Value>().await.ok();
        match (status, body) {
            (200, Some(message)) => {
                acknowledged.push(message);
                send = Value::Null;
                counts.acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            (_, body) => {
                if let Some(body) = body {
                    counts.refusals.lock().unwrap().push(Refusal { status, retry_after, body });
                }
                counts.refused.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    (acknowledged, send)
}

impl Told {
    /// Every refusal said in our shape that it was for now, and when to come again.
    pub fn refused_for_now(&self) {
        for refusal in &self.refusals {
            assert_eq!(refusal.status, 503, "{refusal:#?}");
            assert_eq!(refusal.body["code"], "unavailable", "{refusal:#?}");
            assert!(
                refusal.body["requestId"].as_str().is_some_and(|id| id.starts_with("req_")),
                "{refusal:#?}"
            );
            let seconds = refusal.retry_after.as_deref().and_then(|s| s.parse::<u64>().ok());
            assert!(seconds.is_some_and(|s| (1..=60).contains(&s)), "{refusal:#?}");
        }
    }

    /// Whoever is unsure sends again: once, whether or not the first try got through.
    pub async fn send_again(&mut self, client: &Client, channel: &str) {
        for (who, send) in self.unsure.drain(..).enumerate().filter(|(_, send)| !send.is_null()) {
            let sent = client.own("chat.message.post", &[("channel", channel)], send).await.ok();
            self.acknowledged[who].push(sent);
        }
    }

    /// What was acknowledged is there, as it was acknowledged, once, in order, and the channel's numbers have no gaps.
    pub async fn kept(&self, client: &Client, channel: &str) {
        let kept = all_messages(client, channel).await;
        let by_id: BTreeMap<&str, &Value> = kept.iter().map(|m| (m["id"].as_str().unwrap(), m)).collect();
        for messages in &self.acknowledged {
            for message in messages {
                let there = by_id.get(message["id"].as_str().unwrap());
                assert_eq!(there, Some(&message), "an acknowledged message is lost or changed");
            }
            let order: Vec<i64> = messages.iter().map(|m| m["seq"].as_i64().unwrap()).collect();
            assert!(order.is_sorted(), "one person's messages are out of order: {order:?}");
        }
        let sends: HashSet<&str> = kept.iter().map(|m| m["clientId"].as_str().unwrap()).collect();
        assert_eq!(sends.len(), kept.len(), "a message is there twice");
        let seqs: Vec<i64> = kept.iter().map(|m| m["seq"].as_i64().unwrap()).collect();
        let first = seqs.first().copied().unwrap_or_default();
        let unbroken: Vec<i64> = (first..).take(seqs.len()).collect();
        assert_eq!(seqs, unbroken, "the numbers have gaps");
    }
}

/// Every message of a channel, page by page.
pub async fn all_messages(client: &Client, channel: &str) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let input = json!({ "after": after, "limit": 200 });
        let page = client.own("chat.message.list", &[("channel", channel)], input).await.ok();
        let items = page["items"].as_array().unwrap().clone();
        after = items.last().map_or(after, |m| m["seq"].as_i64().unwrap());
        all.extend(items);
        if page["hasAfter"] == false {
            return all;
        }
    }
}
