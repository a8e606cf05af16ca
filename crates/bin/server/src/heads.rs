//! How far the rooms that sockets listen to have come: realtime asks, the app that keeps the rooms knows.
#![allow(
    clippy::disallowed_methods,
    reason = "numbers only, for the sockets that listen to these rooms already"
)]

use std::sync::Arc;

use store::{Store, Tenant};

pub(crate) fn heads(store: Store) -> realtime::Heads {
    Arc::new(move |org, rooms| {
        let store = store.clone();
        Box::pin(async move {
            let at = Tenant::assume(org);
            store.read(|tx| Box::pin(async move { chat::heads(tx, &at, &rooms).await })).await
        })
    })
}
