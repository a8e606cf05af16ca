//! Folded forms that an older edition of the rule for text made, made anew at the start (ADR 8). Of two public channels whose
//! names are one by the new rule, the younger one gets a number behind its name.

use crate::ChannelId;
use ::store::{Store, Tenant, Tx, set_text_edition, text_edition};
use kernel::Result;
use kernel::text::{EDITION, fold, nfc, shows};

use crate::channel::Kind;
use crate::channel::store::{self, Found};

const MODULE: &str = "chat";
/// Longest name, in characters.
const LONGEST: usize = 80;

/// At start: brings the names of channels to the newest edition of the rule for text.
pub(crate) async fn refold(store: Store, organisations: Vec<Tenant>) -> Result<()> {
    store.write(move |tx| Box::pin(async move { all(tx, &organisations).await })).await
}

async fn all(tx: &mut Tx, organisations: &[Tenant]) -> Result<()> {
    if text_edition(tx, MODULE).await? >= EDITION {
        return Ok(());
    }
    for organisation in organisations {
        of_one(tx, organisation).await?;
    }
    set_text_edition(tx, MODULE, EDITION).await
}

async fn of_one(tx: &mut Tx, at: &Tenant) -> Result<()> {
    let all = store::named(tx, at).await?;
    for (place, channel) in all.iter().enumerate() {
        let name = shown(channel);
        let folded = fold(&name);
        if (&name, &folded) == (&channel.name, &channel.folded) {
            continue;
        }
        let holder = holder(tx, at, channel, &folded).await?;
        match holder.and_then(|holder| all.iter().skip(place).find(|younger| younger.id == holder)) {
            Some(younger) => number(tx, at, younger).await?,
            None if holder.is_some() => {
                number(tx, at, channel).await?;
                continue;
            }
            None => {}
        }
        store::rename(tx, at, (channel.id, channel.kind), &name, &folded).await?;
    }
    Ok(())
}

/// A channel's name as it is to be; one that nobody can see is none.
fn shown(channel: &Found) -> String {
    if shows(&channel.name) { nfc(&channel.name).into_owned() } else { "unnamed".to_owned() }
}

/// Which other public channel has this name, if that is in the way.
async fn holder(tx: &mut Tx, at: &Tenant, channel: &Found, folded: &str) -> Result<Option<ChannelId>> {
    if channel.kind != Kind::Public {
        return Ok(None);
    }
    let found = store::by_name(tx, at, folded).await?;
    Ok(found.filter(|(id, kind, _)| *kind == Kind::Public && *id != channel.id).map(|(id, ..)| id))
}

/// Gives a channel the first free number behind its name.
async fn number(tx: &mut Tx, at: &Tenant, channel: &Found) -> Result<()> {
    for number in 2.. {
        let tail = format!(" ({number})");
        let name: String = shown(channel).chars().take(LONGEST - tail.len()).chain(tail.chars()).collect();
        let folded = fold(&name);
        if holder(tx, at, channel, &folded).await?.is_none() {
            tracing::warn!(channel = %channel.id, number, "a channel's name was one with an older channel's by the rule for text; it has a number now");
            store::rename(tx, at, (channel.id, channel.kind), &name, &folded).await?;
            break;
        }
    }
    Ok(())
}
