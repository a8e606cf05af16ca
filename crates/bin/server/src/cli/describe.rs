//! Prints what the declarations say: for the files that are generated from them.

use clap::ValueEnum;
use kernel::{Error, Result};

use crate::config::Config;
use crate::{App, World};

/// What can be printed.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum What {
    /// The OpenAPI 3.1 document.
    Openapi,
    /// `docs/operations.md`.
    Operations,
    /// `api/events.json`.
    Events,
    /// `web/src/api/events.gen.ts`.
    EventTypes,
}

/// Puts the modules together on an empty database of their own, and prints.
pub(super) async fn print(what: What) -> Result<()> {
    let name = format!("holdfast-describe-{}", std::process::id());
    let dir = std::env::temp_dir().join(name);
    let setting = ("HOLDFAST_DATA_DIR".to_owned(), dir.to_string_lossy().into_owned());
    let config = Config::load(None, [setting]).map_err(Error::internal)?;
    let app = App::open(&config, &World::real(None), crate::Consent::Ask).await?;
    let text = match what {
        // Without a version: a release must not change the client.
        What::Openapi => {
            let document = access::openapi(&app.dispatcher, "1")?;
            serde_json::to_string_pretty(&document).map_err(Error::internal)?
        }
        What::Events => access::events_json(&app.dispatcher)?,
        What::EventTypes => access::events_ts(&app.dispatcher).trim_end().to_owned(),
        What::Operations => access::markdown(&app.dispatcher).trim_end().to_owned(),
    };
    super::print(&text);
    std::fs::remove_dir_all(dir).map_err(Error::internal)
}
