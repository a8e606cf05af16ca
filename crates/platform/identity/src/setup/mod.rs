//! The first start: a one-use token, printed on the console, makes the first account and the first organisation.

pub(crate) mod complete;
pub(crate) mod read;

use kernel::{Result, Secret};
use store::{Store, Tx, params};

use crate::secret::{self, SecretHash};

/// Makes `secret` the token, unless the installation is set up.
pub(crate) async fn token(store: &Store, secret: Secret) -> Result<Option<Secret>> {
    let hash = secret::hash(secret.reveal());
    let kept = store.write(move |tx| Box::pin(async move { keep(tx, &hash).await })).await?;
    Ok(kept.then_some(secret))
}

async fn keep(tx: &mut Tx, hash: &SecretHash) -> Result<bool> {
    let kept = tx
        .execute(
            "INSERT INTO installation (id, setup_token_hash) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET setup_token_hash = excluded.setup_token_hash WHERE installation.set_up_at IS NULL",
            params![hash],
        )
        .await?;
    Ok(kept > 0)
}

/// Whether the installation still waits to be set up.
pub(crate) async fn is_needed(tx: &mut Tx) -> Result<bool> {
    let done = tx
        .optional("SELECT 1 FROM installation WHERE id = 1 AND set_up_at IS NOT NULL", &[], |_| Ok(()))
        .await?;
    Ok(done.is_none())
}

/// Whether this is the token that waits to be used. For deciding whether hashing a password is worth the work.
pub(crate) async fn is_waiting(tx: &mut Tx, hash: &SecretHash) -> Result<bool> {
    let sql = "SELECT 1 FROM installation WHERE id = 1 AND set_up_at IS NULL AND setup_token_hash = ?1";
    Ok(tx.optional(sql, params![hash], |_| Ok(())).await?.is_some())
}
