//! Organisations: the tenants.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod update;

use access::{Hold, InOrg, Loader, OrgPath, Standing, Target};
use kernel::text::fold;
use kernel::{Cx, Error, Line, OrgId, Result, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tenant, Tenanted, Tx, params};

use crate::tenant;

/// The name of an organisation, as it comes from outside.
pub(crate) type OrgName = Line<1, 80>;

/// An organisation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Org {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// Its name in addresses; it stays when the name changes.
    pub slug: String,
    /// Since when there is it.
    pub created_at: Timestamp,
}

/// The caller's organisation, taken for the transaction: for what depends on who belongs to it or is invited.
pub(crate) struct HeldOrganisation(OrgId);

impl Target for HeldOrganisation {
    type Path = OrgPath;
    const HOLDS: Hold = Hold::Organisation;

    async fn load(_: &Cx, _: &mut Loader<'_>, path: &OrgPath) -> Result<Option<Self>> {
        Ok(Some(Self(path.org)))
    }
    fn standing(&self, _: &Cx) -> Standing {
        Standing::SEES
    }
    fn resource(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

impl InOrg for HeldOrganisation {
    fn org(&self) -> OrgId {
        self.0
    }
}

/// Longest slug before anything is added to make it the only one.
const SLUG: usize = 40;

/// A name as it can stand in an address: lower-case letters, digits, single dashes.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in fold(name).chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == SLUG {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "organisation".to_owned() } else { slug.to_owned() }
}

/// Makes an organisation, with a slug that no other has.
pub(crate) async fn found(cx: &Cx, tx: &mut Tx, name: &OrgName) -> Result<(Tenant, Org)> {
    let (id, created_at) = (OrgId::new(cx), cx.now());
    let tenant = tenant::founding(id);
    let base = slug(name.as_str());
    for attempt in 0..8 {
        let slug = if attempt == 0 {
            base.clone()
        } else {
            format!("{base}-{:04x}", u16::from_be_bytes(cx.random()))
        };
        let made = tx
            .within(&tenant)
            .execute(
                "INSERT INTO organisation (org_id, name, slug, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (slug) DO NOTHING",
                params![name.as_str(), &slug, created_at],
            )
            .await?;
        if made > 0 {
            return Ok((tenant, Org { id, name: name.as_str().to_owned(), slug, created_at }));
        }
    }
    Err(Error::conflict("There are too many organisations of this name; choose another."))
}

/// Reads an organisation.
pub(crate) async fn load(tx: &mut Tx, at: &impl Tenanted) -> Result<Org> {
    let id = at.tenant().org();
    tx.within(at)
        .one("SELECT name, slug, created_at FROM organisation WHERE org_id = ?1", &[], |row| {
            Ok(Org { id, name: row.get(0)?, slug: row.get(1)?, created_at: row.get(2)? })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs_are_plain() {
        for (name, wanted) in [
            ("Ada & Sons, Ltd.", "ada-sons-ltd"),
            ("  --Hello--  ", "hello"),
            ("Ünïcode", "n-code"),
            ("株式会社", "organisation"),
            ("../../etc", "etc"),
            (
                "a very long name that goes on and on and on for ever",
                "a-very-long-name-that-goes-on-and-on-and",
            ),
        ] {
            assert_eq!(slug(name), wanted);
        }
    }
}
