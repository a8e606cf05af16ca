//! Members: persons inside one organisation. Everything there points at a member, and the row stays when they leave.

pub(crate) mod end;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod update;

use access::{Hold, InOrg, Loader, Path, Standing, Target};
use kernel::{
    Code, Cx, Email, Error, Handle, MemberId, Membership, OrgId, Result, Role, Subject, Timestamp, UserId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Row, Tenant, Tenanted, Tx, params};

use crate::event;

/// A person inside one organisation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Their id.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// By which they are mentioned.
    pub handle: String,
    /// What they may do.
    pub role: Role,
    /// Whether they are still there.
    pub state: MemberState,
    /// Since when.
    pub created_at: Timestamp,
    /// Whether it is a name that came with an import: nobody can sign in as them. Said where it is so: most are not, and
    /// the list is long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// Whether it is a service account: a program acts as them, by tokens. Said where it is so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub service: bool,
}

/// The columns that [`read_member`] reads, in its order.
macro_rules! member_columns {
    ($rest:literal) => {
        concat!("SELECT id, name, handle, role, state, created_at, user_id, kind FROM member ", $rest)
    };
}
pub(crate) use member_columns;

/// Whether a member is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// They are.
    Active,
    /// They have left or been removed.
    Removed,
    /// The person has been deleted.
    Deleted,
}

/// A member that a program acts as, in the column `kind`.
pub(crate) const SERVICE: &str = "service";

/// Who acts as a member: their person, or the program of a service account.
pub(crate) fn subject(member: MemberId, user: Option<UserId>) -> Subject {
    user.map_or(Subject::ServiceAccount(member), Subject::User)
}

/// How somebody stands to a member or to what is theirs. `caller`: as whom and with which role they ask, if they belong here.
pub(crate) fn standing(
    caller: Option<(MemberId, Role)>,
    member: MemberId,
    role: Role,
    is_service: bool,
) -> Standing {
    let Some((own, own_role)) = caller else { return Standing::NONE };
    let itself = own == member;
    let outranks = !itself && (own_role > role || own_role == Role::Owner);
    Standing::SEES
        | Standing::ITSELF.when(itself)
        | Standing::OUTRANKS.when(outranks)
        | Standing::SERVICE.when(is_service && own_role >= role)
}

/// Reads a member from the first columns of a row: those of `member_columns`.
pub(crate) fn read_member(row: &Row<'_>) -> Result<Member> {
    let state = match row.text(4)? {
        "active" => MemberState::Active,
        "removed" => MemberState::Removed,
        _ => MemberState::Deleted,
    };
    let service = row.text(7)? == SERVICE;
    Ok(Member {
        id: row.get(0)?,
        name: row.get(1)?,
        handle: row.get(2)?,
        role: row.get(3)?,
        state,
        created_at: row.get(5)?,
        imported: state == MemberState::Active && !service && row.get::<Option<UserId>>(6)?.is_none(),
        service,
    })
}

/// One member.
pub(crate) async fn by_id(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<Option<Member>> {
    let sql = member_columns!("WHERE org_id = ?1 AND id = ?2");
    tx.within(at).optional(sql, params![member], read_member).await
}

/// Keeps others from changing who owns the organisation until the transaction ends, so that two owners cannot demote
/// each other at once.
pub(crate) fn hold_organisation(tx: &mut Tx, at: &impl Tenanted) {
    let sql = "SELECT 1 FROM organisation WHERE org_id = ?1 AND org_id = ANY(?2) FOR NO KEY UPDATE";
    tx.within(at).hold(sql, &[at.tenant().org().0]);
}

/// Takes a member, whom others may be acting as or on just now.
pub(crate) fn hold(tx: &mut Tx, at: &impl Tenanted, member: MemberId) {
    tx.within(at).hold(HOLD, &[member.0]);
}

const HOLD: &str = "SELECT 1 FROM member WHERE org_id = ?1 AND id = ANY(?2) FOR NO KEY UPDATE";

/// Whether nobody else owns the organisation. Members without an account own nothing: nobody can act as them.
pub(crate) async fn is_last_owner(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<bool> {
    let sql = "SELECT id FROM member WHERE org_id = ?1 AND role = 'owner' AND state = 'active' AND user_id IS NOT NULL";
    let owners = tx.within(at).query(sql, &[], |row| row.get::<MemberId>(0)).await?;
    Ok(owners == [member])
}

/// Whether the organisation has other active members who can act.
pub(crate) async fn has_others(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<bool> {
    let sql = "SELECT 1 FROM member WHERE org_id = ?1 AND id <> ?2 AND state = 'active' AND user_id IS NOT NULL LIMIT 1";
    Ok(tx.within(at).optional(sql, params![member], |_| Ok(())).await?.is_some())
}

/// Refuses what would leave the organisation without an owner. Call with the organisation held.
pub(crate) async fn keep_an_owner(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<()> {
    if is_last_owner(tx, at, member).await? {
        return Err(Error::conflict("An organisation needs an owner, and this is the last one.")
            .hint("Make somebody else its owner first."));
    }
    Ok(())
}

/// Nobody gives a role above their own (ID-7). The console stands above all.
pub(crate) fn within_ceiling(cx: &Cx, role: Role) -> Result<()> {
    match cx.principal.membership {
        Some(Membership { role: own, .. }) if role > own => {
            Err(Error::new(Code::Forbidden).message("You cannot give a role above your own."))
        }
        _ => Ok(()),
    }
}

/// An organisation is owned by people: nobody could take it back from a program whose token is lost.
pub(crate) fn may_be_service(role: Role) -> Result<()> {
    match role {
        Role::Owner => Err(Error::field("role", "a service account cannot own an organisation")),
        Role::Viewer | Role::Editor | Role::Admin => Ok(()),
    }
}

/// Somebody about to become a member.
pub(crate) struct Joining<'a> {
    pub(crate) user: UserId,
    pub(crate) name: &'a str,
    pub(crate) handle: &'a Handle,
    pub(crate) role: Role,
}

/// Makes somebody a member, or a member again: their earlier messages stay theirs.
pub(crate) async fn join(cx: &Cx, tx: &mut Tx, at: &Tenant, new: Joining<'_>) -> Result<MemberId> {
    let taken = "SELECT id, user_id FROM member WHERE org_id = ?1 AND handle = ?2";
    let holder = tx
        .within(at)
        .optional(taken, params![new.handle.as_str()], |row| row.get::<Option<UserId>>(1))
        .await?;
    if holder.is_some_and(|holder| holder != Some(new.user)) {
        return Err(handle_taken());
    }
    let earlier = "SELECT id, state FROM member WHERE org_id = ?1 AND user_id = ?2";
    let earlier = tx
        .within(at)
        .optional(earlier, params![new.user], |row| Ok((row.get::<MemberId>(0)?, row.text(1)? == "active")))
        .await?;
    let member = match earlier {
        Some((_, true)) => return Err(Error::conflict("You are a member of this organisation already.")),
        Some((member, false)) => {
            tx.within(at)
                .execute(
                    "UPDATE member SET name = ?3, handle = ?4, role = ?5, state = 'active' WHERE org_id = ?1 AND id = ?2",
                    params![member, new.name, new.handle.as_str(), new.role.as_str()],
                )
                .await?;
            member
        }
        None => {
            let member = MemberId::new(cx);
            let made = tx
                .within(at)
                .execute(
                    "INSERT INTO member (org_id, id, user_id, name, handle, role, state, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'active', ?7) ON CONFLICT DO NOTHING",
                    params![member, new.user, new.name, new.handle.as_str(), new.role.as_str(), cx.now()],
                )
                .await?;
            if made == 0 {
                return Err(handle_taken());
            }
            member
        }
    };
    tx.execute(
        "INSERT INTO membership (user_id, org_id, member_id) VALUES (?1, ?2, ?3)
         ON CONFLICT (user_id, org_id) DO UPDATE SET member_id = excluded.member_id, left_at = NULL",
        params![new.user, at.org(), member],
    )
    .await?;
    tx.authority_changed(Subject::User(new.user));
    event::members_changed(tx, at.org())?;
    event::invitations_changed(tx, at.org())?;
    Ok(member)
}

pub(crate) fn handle_taken() -> Error {
    let mut error = Error::conflict("Somebody here has this handle already; choose another.");
    error.fields.push(kernel::error::Field { field: "handle".into(), problem: "is taken".into() });
    error
}

/// Whether somebody with this address is an active member.
pub(crate) async fn has_address(tx: &mut Tx, at: &Tenant, email: &Email) -> Result<bool> {
    let sql = "SELECT 1 FROM member m JOIN account a ON a.id = m.user_id
               WHERE m.org_id = ?1 AND a.email_folded = ?2 AND m.state = 'active'";
    Ok(tx.within(at).optional(sql, params![&email.folded()], |_| Ok(())).await?.is_some())
}

/// Names a member.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPath {
    /// The organisation.
    pub org: OrgId,
    /// The member.
    pub member: MemberId,
}

impl Path for MemberPath {
    fn org(&self) -> Option<OrgId> {
        Some(self.org)
    }
}

/// An active member, as others act on them.
pub struct MemberTarget {
    org: OrgId,
    /// The member.
    pub id: MemberId,
    /// Their role.
    pub role: Role,
    /// Their account.
    pub user: Option<UserId>,
    is_service: bool,
}

impl MemberTarget {
    /// Whether a program acts as them.
    pub fn is_service(&self) -> bool {
        self.is_service
    }
}

impl Target for MemberTarget {
    type Path = MemberPath;
    const HOLDS: Hold = Hold::Organisation;

    async fn load(_: &Cx, loader: &mut Loader<'_>, path: &MemberPath) -> Result<Option<Self>> {
        loader.hold(path.org, HOLD, &[path.member.0]);
        let sql = "SELECT role, user_id, kind FROM member WHERE org_id = ?1 AND id = ?2 AND state = 'active'";
        loader
            .within(path.org)
            .optional(sql, params![path.member], |row| {
                Ok(Self {
                    org: path.org,
                    id: path.member,
                    role: row.get(0)?,
                    user: row.get(1)?,
                    is_service: row.text(2)? == SERVICE,
                })
            })
            .await
    }

    fn standing(&self, cx: &Cx) -> Standing {
        let caller = cx.principal.membership.filter(|own| own.org == self.org);
        standing(caller.map(|own| (own.member, own.role)), self.id, self.role, self.is_service)
    }

    fn resource(&self) -> Option<String> {
        Some(self.id.to_string())
    }
}

impl InOrg for MemberTarget {
    fn org(&self) -> OrgId {
        self.org
    }
}
