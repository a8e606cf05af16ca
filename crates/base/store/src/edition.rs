//! By which edition of the rule for text a module's folded columns were made.

use kernel::Result;

use crate::{Tx, params};

/// The edition that a module has; 0 before the first. The row is held, so that of several servers one brings it up to date.
pub async fn text_edition(tx: &mut Tx, module: &'static str) -> Result<i64> {
    let sql = "INSERT INTO text_edition (room, edition) VALUES (?1, 0)
               ON CONFLICT (room) DO UPDATE SET edition = text_edition.edition RETURNING edition";
    Ok(tx.optional(sql, params![module], |row| row.get(0)).await?.unwrap_or_default())
}

/// The module has this edition now.
pub async fn set_text_edition(tx: &mut Tx, module: &'static str, edition: i64) -> Result<()> {
    tx.execute("UPDATE text_edition SET edition = ?2 WHERE room = ?1", params![module, edition])
        .await
        .map(|_| ())
}
