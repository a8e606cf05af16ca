//! `holdfast check`: what is right, and what a start would do. It changes nothing.

use kernel::{Error, Result};

use super::say;
use crate::Consent;
use crate::config::{self, Config, Database};
use crate::history::{Finding, Memory};

/// Looks at everything that a start needs.
pub(super) async fn check(config: &Config, deep: bool) -> Result<()> {
    let memory = Memory::of(config);
    if let Database::Embedded { file, key_file } = &config.database {
        memory.expect_database(Some(key_file), Consent::Ask)?;
        if !file.exists() {
            say("The configuration is right. There is no database yet; `holdfast serve` makes it.");
            return Ok(());
        }
    }
    let location = config::database_there(config)?;
    let known = memory.known();
    let look = store::look(&location, deep).await?;
    if !look.problems.is_empty() {
        return Err(Error::internal(look.problems.join("; "))
            .message("The database is damaged.")
            .hint("stop Holdfast, keep all files, and put back a copy: docs/guides/backup.md"));
    }
    let mut text = "The configuration is right, and the database answers".to_owned();
    text += if deep { "; its pages, references and logs are whole." } else { "." };
    if look.pending.is_empty() {
        text += "\nIts tables are up to date.";
    } else {
        text += &format!("\nA start would bring its tables up to date: {}.", look.pending.join(", "));
    }
    if let Finding::Restored(why) = memory.compare(known.as_ref(), look.history.as_ref(), Consent::Ask)? {
        text += &format!("\nA start would take it for a restored copy, because {why}: clients load anew.");
    }
    say(&text);
    Ok(())
}

/// For commands that make none.
pub(super) fn require_database(config: &Config) -> Result<()> {
    if let Database::Embedded { file, key_file } = &config.database {
        Memory::of(config).expect_database(Some(key_file), Consent::Ask)?;
        if !file.exists() {
            return Err(Error::conflict("There is no database yet.").hint("`holdfast init` makes it"));
        }
    }
    Ok(())
}

/// For commands that work without a server: there is a database, with tables of this version.
pub(super) async fn require_up_to_date(config: &Config) -> Result<()> {
    require_database(config)?;
    let memory = Memory::of(config);
    let known = memory.known();
    let look = store::look(&config::database_there(config)?, false).await?;
    // First: without its log a database is as it was at some time, and that may be an earlier version.
    memory.compare(known.as_ref(), look.history.as_ref(), Consent::Ask)?;
    look.require_up_to_date()
}
