//! Looks at the database for entries that this node was not told of: another process wrote them, or the answer to their
//! commit was lost. Whoever listens to such a topic hears of it within a beat.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use kernel::{OrgId, Result, Topic};
use uuid::Uuid;

use crate::hub::Hub;

/// Topics asked for at once.
const BATCH: usize = 500;

/// Reads the newest numbers in the logs of an organisation's topics of one kind.
pub type Heads = Arc<dyn Fn(&'static str, OrgId, Vec<Uuid>) -> Reading + Send + Sync>;

type Reading = Pin<Box<dyn Future<Output = Result<Vec<(Uuid, i64)>>> + Send>>;

/// Looks twice a beat, as long as the hub is there.
pub(crate) async fn watch(hub: Weak<Hub>, heads: Heads, heartbeat: Duration) {
    // What is committed now may still be on its way here.
    let grace = (heartbeat / 4).min(Duration::from_secs(1));
    loop {
        tokio::time::sleep(heartbeat / 2).await;
        let Some(topics) = hub.upgrade().map(|hub| hub.topics()) else { return };
        let mut found = Vec::new();
        for ((kind, org), ids) in topics {
            for batch in ids.chunks(BATCH) {
                match heads(kind, org, batch.to_vec()).await {
                    Ok(heads) => {
                        found.extend(heads.into_iter().map(|(id, head)| (Topic { kind, org, id }, head)))
                    }
                    // The next look will tell.
                    Err(error) => tracing::debug!(?error, "the topics' heads could not be read"),
                }
            }
        }
        tokio::time::sleep(grace).await;
        let Some(hub) = hub.upgrade() else { return };
        hub.missed(&found);
    }
}
