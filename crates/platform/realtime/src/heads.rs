//! Looks at the database for entries that this node was not told of: another process wrote them, or the answer to their
//! commit was lost. Whoever listens to such a room hears of it within a beat.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use kernel::{ChannelId, OrgId, Result};

use crate::hub::Hub;

/// Rooms asked for at once.
const BATCH: usize = 500;

/// Reads the newest numbers of an organisation's rooms.
pub type Heads = Arc<
    dyn Fn(OrgId, Vec<ChannelId>) -> Pin<Box<dyn Future<Output = Result<Vec<(ChannelId, i64)>>> + Send>>
        + Send
        + Sync,
>;

/// Looks twice a beat, as long as the hub is there.
pub(crate) async fn watch(hub: Weak<Hub>, heads: Heads, heartbeat: Duration) {
    // What is committed now may still be on its way here.
    let grace = (heartbeat / 4).min(Duration::from_secs(1));
    loop {
        tokio::time::sleep(heartbeat / 2).await;
        let Some(rooms) = hub.upgrade().map(|hub| hub.rooms()) else { return };
        let mut found = Vec::new();
        for (org, rooms) in rooms {
            for batch in rooms.chunks(BATCH) {
                match heads(org, batch.to_vec()).await {
                    Ok(heads) => found.extend(heads),
                    // The next look will tell.
                    Err(error) => tracing::debug!(?error, "the rooms' heads could not be read"),
                }
            }
        }
        tokio::time::sleep(grace).await;
        let Some(hub) = hub.upgrade() else { return };
        hub.missed(&found);
    }
}
