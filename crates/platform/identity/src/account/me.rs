//! The person who asks: who they are, where they belong, and what they may do there.

use std::sync::Arc;

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route,
};
use kernel::text::fold;
use kernel::{Code, Credential, Cx, Error, Line, OrgId, Principal, Result, Role, Subject, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Tenant, Tx, params};

use super::by_id;
use crate::event;
use crate::member::{Member, read_member};
use crate::session::{Oneself, Person, person};
use crate::{Identity, secret, tenant};

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
pub(crate) async fn of(tx: &mut Tx, identity: &Identity, person: Person, csrf_token: String) -> Result<Me> {
    let account = by_id(tx, person.user).await?.ok_or_else(|| Error::new(Code::Unauthenticated))?;
    let memberships = memberships_of(tx, identity, person.user, |_| true).await?;
    let user = MeUser { id: account.id, name: account.name, email: account.email };
    Ok(Me { user, super_admin: account.super_admin, csrf_token, memberships })
}

macro_rules! membership_columns {
    () => {
        "SELECT m.id, m.name, m.handle, m.role, m.state, m.created_at, m.user_id, m.kind, o.name, o.slug FROM member m
         JOIN organisation o ON o.org_id = m.org_id "
    };
}

/// Where a principal belongs, as far as its credential reaches.
pub(crate) async fn memberships(
    tx: &mut Tx,
    identity: &Identity,
    principal: &Principal,
) -> Result<Vec<MeMembership>> {
    let reaches = |org: OrgId| !matches!(principal.credential, Credential::Token(own, _) if own != org);
    let mut all = match (principal.subject, principal.credential) {
        (Subject::User(user), _) => memberships_of(tx, identity, user, reaches).await?,
        (Subject::ServiceAccount(member), Credential::Token(org, _)) => {
            let sql =
                concat!(membership_columns!(), "WHERE m.org_id = ?1 AND m.id = ?2 AND m.state = 'active'");
            membership(tx, identity, &tenant::of_token(org), sql, member.0).await?.into_iter().collect()
        }
        _ => Vec::new(),
    };
    for membership in &mut all {
        membership.permissions = identity.within(&membership.permissions, &principal.scopes);
    }
    Ok(all)
}

/// One membership of somebody with this id (an account's, or the member's own).
async fn membership(
    tx: &mut Tx,
    identity: &Identity,
    at: &Tenant,
    sql: &'static str,
    id: uuid::Uuid,
) -> Result<Option<MeMembership>> {
    let org = at.org();
    tx.within(at)
        .optional(sql, params![id], |row| {
            let org = MeOrg { id: org, name: row.get(8)?, slug: row.get(9)? };
            let permissions = identity.granted(row.get::<Role>(3)?);
            Ok(MeMembership { org, member: read_member(row)?, permissions })
        })
        .await
}

async fn memberships_of(
    tx: &mut Tx,
    identity: &Identity,
    user: UserId,
    reaches: impl Fn(OrgId) -> bool,
) -> Result<Vec<MeMembership>> {
    let sql = concat!(membership_columns!(), "WHERE m.org_id = ?1 AND m.user_id = ?2 AND m.state = 'active'");
    let mut all = Vec::new();
    for belonging in tenant::belongings(tx, user).await?.into_iter().filter(|b| reaches(b.org)) {
        all.extend(membership(tx, identity, &belonging.tenant, sql, user.0).await?);
    }
    Ok(all)
}

/// The CSRF token of the caller's own session.
async fn csrf(tx: &mut Tx, person: Person) -> Result<String> {
    let sql = "SELECT token_hash FROM session WHERE id = ?1 AND ended_at IS NULL";
    let hash = tx.optional(sql, params![person.session], |row| row.get::<Vec<u8>>(0)).await?;
    hash.map(|hash| secret::csrf(&hash)).ok_or_else(|| Error::new(Code::Unauthenticated))
}

pub(crate) struct Read(pub(crate) Identity);

impl Operation for Read {
    const ID: &'static str = "me.read";
    const SUMMARY: &'static str = "Tells who the caller is, where they belong, and what they may do there.";
    const ROUTE: Route = Route::get("/me");
    const PERMISSION: Permission = Permission::Account("about oneself");
    const EXPOSE: Expose = Expose::People;
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
    const EXPOSE: Expose = Expose::People;
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
