//! Whether each part that Holdfast needs answers, and the numbers about it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use kernel::Secret;
use serde_json::{Value, json};
use store::Store;
use tokio::sync::Mutex;

use crate::telemetry::Telemetry;

/// What health needs to know.
pub(crate) struct Health {
    /// Renders the numbers.
    pub metrics: Option<Arc<Telemetry>>,
    /// The bearer token for `/metrics` and the details of `/readyz`; none: only at the machine itself.
    pub token: Option<Secret>,
    /// Whether mail can be sent at all.
    pub mail: bool,
    /// What the database said when it was asked last.
    pub database: Mutex<Option<(Instant, bool)>>,
}

/// However many ask, the database is asked this often at most.
const FRESH: Duration = Duration::from_secs(1);

/// What a look at every part found.
pub(crate) struct Report {
    /// Whether requests can be served.
    pub ready: bool,
    parts: Vec<(&'static str, &'static str)>,
}

impl Health {
    /// Asks every part.
    pub(crate) async fn report(&self, store: &Store) -> Report {
        let database = if self.database_answers(store).await { "ok" } else { "down" };
        // The tables were brought up to date before the first request was taken.
        let parts = vec![
            ("database", database),
            ("migrations", "ok"),
            ("mail", if self.mail { "configured" } else { "not configured" }),
        ];
        Report { ready: database == "ok", parts }
    }

    /// One asks; those who come meanwhile wait for what it hears.
    async fn database_answers(&self, store: &Store) -> bool {
        let mut known = self.database.lock().await;
        if let Some((at, answers)) = *known
            && at.elapsed() < FRESH
        {
            return answers;
        }
        let answers = store.ping().await.is_ok();
        *known = Some((Instant::now(), answers));
        answers
    }

    /// Whether the request carries the configured token.
    pub(crate) fn knows(&self, headers: &HeaderMap) -> bool {
        let sent =
            headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
        matches!((&self.token, sent), (Some(token), Some(sent)) if token.matches(sent))
    }
}

impl Report {
    /// For everybody.
    pub(crate) fn summary(&self) -> Value {
        json!({ "status": if self.ready { "ready" } else { "not ready" } })
    }

    /// For administrators.
    pub(crate) fn details(&self) -> Value {
        let parts: serde_json::Map<String, Value> =
            self.parts.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        json!({ "status": if self.ready { "ready" } else { "not ready" }, "parts": parts })
    }
}

/// The numbers, in Prometheus' text format.
pub(crate) fn render(health: &Health) -> String {
    health.metrics.as_ref().map(|m| m.render()).unwrap_or_default()
}
