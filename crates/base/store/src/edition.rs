//! By which edition of the rule for text a room's folded columns were made.

use kernel::Result;

use crate::{Tx, params};

/// The edition that a room has; 0 before the first. The row is held, so that of several servers one brings it up to date.
pub async fn text_edition(tx: &mut Tx, room: &'static str) -> Result<i64> {
    let sql = "INSERT INTO text_edition (room, edition) VALUES (?1, 0)
               ON CONFLICT (room) DO UPDATE SET edition = text_edition.edition RETURNING edition";
    Ok(tx.optional(sql, params![room], |row| row.get(0)).await?.unwrap_or_default())
}

/// The room has this edition now.
pub async fn set_text_edition(tx: &mut Tx, room: &'static str, edition: i64) -> Result<()> {
    tx.execute("UPDATE text_edition SET edition = ?2 WHERE room = ?1", params![room, edition])
        .await
        .map(|_| ())
}
