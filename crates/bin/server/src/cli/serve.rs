//! Running the server, and looking at whether it could run.

use std::sync::Arc;

use kernel::{Error, Result, Secret};
use tokio::signal::unix::{SignalKind, signal};

use super::say;
use crate::config::Config;
use crate::telemetry::Telemetry;
use crate::{App, Consent, World, start};

/// Makes everything that a start needs, and shows the way in.
pub(super) async fn init(config: &Config, begin_anew: bool) -> Result<()> {
    let consent = if begin_anew { Consent::BeginAnew } else { Consent::Make };
    let app = App::open(config, &World::real(None), consent).await?;
    say(&format!("The database is ready: {} in {}", app.store.engine(), config.data_dir.display()));
    match app.identity.setup_token(&app.store).await? {
        Some(_) => say("Nobody is here yet. `holdfast serve` shows a link to set it up."),
        None => say("It has been set up already."),
    }
    Ok(())
}

/// Takes what there is for all there is.
pub(super) async fn accept_restored(config: &Config) -> Result<()> {
    super::check::require_database(config)?;
    drop(App::open(config, &World::real(None), Consent::AcceptRestored).await?);
    say("Accepted. The next start serves it; clients load anew.");
    Ok(())
}

/// Runs until told to stop.
pub(super) async fn serve(config: &Config) -> Result<()> {
    let telemetry = Arc::new(Telemetry::start(&config.log, config.otlp.as_ref())?);
    let running = start(config, World::real(Some(telemetry))).await?;
    // Before anybody hears that it runs: whoever stops it at once stops it in order.
    let (mut terminate, mut interrupt) = (catch(SignalKind::terminate())?, catch(SignalKind::interrupt())?);
    greet(config, &running.addresses, running.setup_token.as_ref(), running.authority_file.as_deref());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    say("Stopping…");
    running.stop().await;
    Ok(())
}

fn catch(kind: SignalKind) -> Result<tokio::signal::unix::Signal> {
    signal(kind).map_err(Error::internal)
}

/// What a person who starts it at a terminal wants to know. The set-up token is shown here and nowhere else.
fn greet(
    config: &Config,
    addresses: &[std::net::SocketAddr],
    setup_token: Option<&Secret>,
    authority: Option<&std::path::Path>,
) {
    let url = config.public_url.as_str().trim_end_matches('/');
    let listening = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut text = format!("\n  Holdfast is running at {url}\n  listening on {listening}\n");
    if let Some(file) = authority {
        text += &format!(
            "\n  It uses a certificate that it made itself. Your browser will warn until you trust\n  {}\n",
            file.display()
        );
    }
    if let Some(token) = setup_token {
        text += &format!(
            "\n  Nobody is here yet. Set it up at (this link works once):\n\n  {url}/setup#{}\n",
            token.reveal()
        );
    }
    text += "\n  Press Ctrl+C to stop.";
    say(&text);
}
