//! How far the topics that sockets listen to have come: realtime asks, the app that keeps their logs knows.
#![allow(
    clippy::disallowed_methods,
    reason = "numbers only, for the sockets that listen to these topics already"
)]

use std::sync::Arc;

use access::Modules;
use store::{Store, Tenant};

pub(crate) fn heads(store: Store, modules: Arc<Modules>) -> realtime::Heads {
    Arc::new(move |kind, org, ids| {
        let (store, heads) = (store.clone(), modules.heads(kind));
        Box::pin(async move {
            // Without a log there is nothing to miss.
            let Some(heads) = heads else { return Ok(Vec::new()) };
            store.read(move |tx| heads(tx, Tenant::assume(org), ids)).await
        })
    })
}
