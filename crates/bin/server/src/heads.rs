//! How far the topics that sockets listen to have come: realtime asks, the app that keeps their logs knows.
#![allow(
    clippy::disallowed_methods,
    reason = "numbers only, for the sockets that listen to these topics already"
)]

use std::sync::Arc;

use store::{Store, Tenant};

pub(crate) fn heads(store: Store) -> realtime::Heads {
    Arc::new(move |_, org, ids| {
        let store = store.clone();
        Box::pin(async move {
            let at = Tenant::assume(org);
            store.read(|tx| Box::pin(async move { chat::heads(tx, &at, &ids).await })).await
        })
    })
}
