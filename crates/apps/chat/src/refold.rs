//! Folded forms that an older edition of the rule for text made, made anew at the start (ADR 8). Of two public channels whose
//! names are one by the new rule, one gets a number behind its name.

use ::store::{Store, Tenant, Tx, set_text_edition, text_edition};
use kernel::Result;
use kernel::text::{EDITION, fold, nfc};

use crate::channel::{Kind, store};

const ROOM: &str = "chat";
/// Longest name, in characters.
const LONGEST: usize = 80;

/// At start: brings the names of channels to the newest edition of the rule for text.
pub async fn refold(store: &Store, organisations: Vec<Tenant>) -> Result<()> {
    store.write(move |tx| Box::pin(async move { all(tx, &organisations).await })).await
}

async fn all(tx: &mut Tx, organisations: &[Tenant]) -> Result<()> {
    if text_edition(tx, ROOM).await? >= EDITION {
        return Ok(());
    }
    for organisation in organisations {
        of_one(tx, organisation).await?;
    }
    set_text_edition(tx, ROOM, EDITION).await
}

async fn of_one(tx: &mut Tx, at: &Tenant) -> Result<()> {
    for channel in store::named(tx, at).await? {
        let (mut name, mut folded) = (nfc(&channel.name).into_owned(), fold(&channel.name));
        if (&name, &folded) == (&channel.name, &channel.folded) {
            continue;
        }
        let mut number = 1;
        while channel.kind == Kind::Public
            && store::by_name(tx, at, &folded)
                .await?
                .is_some_and(|(holder, kind, _)| kind == Kind::Public && holder != channel.id)
        {
            number += 1;
            let tail = format!(" ({number})");
            name = nfc(&channel.name).chars().take(LONGEST - tail.len()).chain(tail.chars()).collect();
            folded = fold(&name);
        }
        if number > 1 {
            tracing::warn!(channel = %channel.id, number, "a channel's name was one with an older channel's by the rule for text; it has a number now");
        }
        store::rename(tx, at, (channel.id, channel.kind), &name, &folded).await?;
    }
    Ok(())
}
