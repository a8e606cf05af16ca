//! The person who asks: who they are, where they belong, and what they may do there.

use std::sync::Arc;

use access::{Audit, DataClass, Empty, InstallationTarget, Operation, Permission, Proof, Rate, Route};
use kernel::text::fold;
use kernel::{Code, Cx, Error, Line, OrgId, Person, Result, Role, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Tx, params};

use super::by_id;
use crate::event;
use crate::member::{Member, read_member};
use crate::session::{Oneself, person};
use crate::{Identity, tenant, token};

/// The person who asks.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The account.
    pub user: MeUser,
    /// Whether they administer the installation.
    pub super_admin: bool,
    /// To be sent as `X-CSRF-Token` with everything but GET.
    pub csrf_token: String,
    /// Where they belong.
    pub memberships: Vec<MeMembership>,
}

/// One's own account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MeUser {
    /// Its id.
    pub id: UserId,
    /// The name.
    pub name: String,
    /// The address, as typed.
    pub email: String,
}

/// One's own membership.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MeMembership {
    /// In which organisation.
    pub org: MeOrg,
    /// Who one is there.
    pub member: Member,
    /// The operations that one's role can ever carry out.
    pub permissions: Arc<[String]>,
}

/// An organisation, for its switcher.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MeOrg {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
}

/// Everything about a person that their front end needs to begin.
pub(crate) async fn of(tx: &mut Tx, identity: &Identity, person: &Person, csrf_token: String) -> Result<Me> {
    let account = by_id(tx, person.user).await?.ok_or_else(|| Error::new(Code::Unauthenticated))?;
    let mut memberships = Vec::new();
    for belonging in tenant::belongings(tx, person.user).await? {
        let found = tx
            .within(&belonging.tenant)
            .optional(
                "SELECT m.id, m.name, m.handle, m.role, m.state, m.created_at, m.user_id, o.name, o.slug FROM member m
                 JOIN organisation o ON o.org_id = m.org_id
                 WHERE m.org_id = ?1 AND m.user_id = ?2 AND m.state = 'active'",
                params![person.user],
                |row| {
                    let org = MeOrg { id: belonging.org, name: row.get(7)?, slug: row.get(8)? };
                    Ok((org, read_member(row)?, row.get::<Role>(3)?))
                },
            )
            .await?;
        memberships.extend(found.map(|(org, member, role)| MeMembership {
            org,
            member,
            permissions: identity.granted(role),
        }));
    }
    let user = MeUser { id: account.id, name: account.name, email: account.email };
    Ok(Me { user, super_admin: account.super_admin, csrf_token, memberships })
}

/// The CSRF token of the caller's own session.
async fn csrf(tx: &mut Tx, person: &Person) -> Result<String> {
    let sql = "SELECT token_hash FROM session WHERE id = ?1 AND ended_at IS NULL";
    let hash = tx.optional(sql, params![person.session], |row| row.get::<Vec<u8>>(0)).await?;
    hash.map(|hash| token::csrf(&hash)).ok_or_else(|| Error::new(Code::Unauthenticated))
}

pub(crate) struct Read(pub(crate) Identity);

impl Operation for Read {
    const ID: &'static str = "me.read";
    const SUMMARY: &'static str = "Tells who the caller is, where they belong, and what they may do there.";
    const ROUTE: Route = Route::get("/me");
    const PERMISSION: Permission = Permission::Account("about oneself");
    const RATE: Rate = Rate::per_person(240, 60);
    const AUDIT: Audit = Audit::Silent("reading about oneself changes nothing");
    // It carries the CSRF token.
    const DATA_CLASS: DataClass = DataClass::Credential;
    type Target = InstallationTarget;
    type Input = Empty;
    type Output = Me;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, _: Empty) -> Result<Me> {
        let person = person(cx)?;
        let csrf = csrf(tx, person).await?;
        of(tx, &self.0, person, csrf).await
    }
}

pub(crate) struct Update(pub(crate) Identity);

/// What a person changes about themselves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateMe {
    /// The name, in all organisations.
    #[serde(default)]
    name: Option<Line<1, 80>>,
}

impl Operation for Update {
    const ID: &'static str = "me.update";
    const SUMMARY: &'static str = "Changes the caller's own name, everywhere they belong.";
    const ROUTE: Route = Route::patch("/me");
    const PERMISSION: Permission = Permission::Account("about oneself");
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    // It carries the CSRF token.
    const DATA_CLASS: DataClass = DataClass::Credential;
    type Target = Oneself;
    type Input = UpdateMe;
    type Output = Me;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, input: UpdateMe) -> Result<Me> {
        let person = person(cx)?;
        cx.about(person.user);
        if let Some(name) = input.name {
            rename(tx, person.user, name.as_str()).await?;
            cx.note("changed", "name");
        }
        let csrf = csrf(tx, person).await?;
        of(tx, &self.0, person, csrf).await
    }
}

async fn rename(tx: &mut Tx, user: UserId, name: &str) -> Result<()> {
    tx.execute(
        "UPDATE account SET name = ?2, name_folded = ?3 WHERE id = ?1",
        params![user, name, &fold(name)],
    )
    .await?;
    for belonging in tenant::belongings(tx, user).await?.into_iter().filter(|b| b.left_at.is_none()) {
        tx.within(&belonging.tenant)
            .execute(
                "UPDATE member SET name = ?3 WHERE org_id = ?1 AND id = ?2",
                params![belonging.member, name],
            )
            .await?;
        event::members_changed(tx, belonging.org)?;
        event::me_changed(tx, belonging.org, belonging.member)?;
    }
    Ok(())
}
