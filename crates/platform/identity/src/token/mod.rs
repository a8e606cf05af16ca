//! Tokens: with one a program acts for a member of an organisation, within scopes. A person makes tokens for themselves, an
//! administrator for service accounts. The secret is shown once; the database keeps its hash.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;

use std::str::FromStr;

use access::{Hold, InOrg, Loader, Path, Standing, Target};
use kernel::{
    Cx, Error, MemberId, Membership, OrgId, Result, Role, Scope, Scopes, Secret, Subject, Timestamp, TokenId,
    UserId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Row, Tenant, Tenanted, Tx, params};

use crate::member;

/// How a person's token begins, so that a scanner knows one that was published by mistake.
const PERSONAL: &str = "hfp_";
/// How a service account's token begins.
const SERVICE: &str = "hfs_";

/// A token, without its secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Token {
    /// Its id.
    pub(crate) id: TokenId,
    /// Whom it acts for.
    pub(crate) member: MemberId,
    /// What its maker called it.
    pub(crate) name: String,
    /// How its secret begins and ends.
    pub(crate) hint: String,
    /// What it is good for.
    pub(crate) scopes: Vec<Scope>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// Until when it is good; none: until it is revoked.
    pub(crate) expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub(crate) last_used_at: Option<Timestamp>,
}

const COLUMNS_OF: &str = "SELECT id, member_id, name, hint, scopes, created_at, expires_at, last_used_at
  FROM token WHERE org_id = ?1 AND member_id = ?2 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC";

fn read(row: &Row<'_>) -> Result<Token> {
    Ok(Token {
        id: row.get(0)?,
        member: row.get(1)?,
        name: row.get(2)?,
        hint: row.get(3)?,
        scopes: scopes(row.text(4)?)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        last_used_at: row.get(7)?,
    })
}

/// As they are stored: with a space between.
fn scopes(text: &str) -> Result<Vec<Scope>> {
    text.split_whitespace().map(|scope| Scope::from_str(scope).map_err(Error::internal)).collect()
}

/// Whether a text can be a token at all, so that nobody asks the database about what is none.
pub(crate) fn looks_like_one(text: &Secret) -> bool {
    let text = text.reveal();
    let secret = text.strip_prefix(PERSONAL).or_else(|| text.strip_prefix(SERVICE));
    secret.is_some_and(|rest| {
        rest.len() == 43 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    })
}

/// A token that can be used now, and for whom.
pub(crate) struct InForce {
    pub(crate) subject: Subject,
    pub(crate) scopes: Scopes,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
}

/// The token, unless it was revoked or its member has gone. Whether it has expired is the caller's to see.
pub(crate) async fn in_force(tx: &mut Tx, at: &Tenant, id: TokenId) -> Result<Option<InForce>> {
    let sql = "SELECT t.scopes, t.expires_at, t.last_used_at, m.id, m.user_id FROM token t
               JOIN member m ON m.org_id = t.org_id AND m.id = t.member_id
               LEFT JOIN account a ON a.id = m.user_id
               WHERE t.org_id = ?1 AND t.id = ?2 AND t.revoked_at IS NULL AND m.state = 'active'
               AND (a.state = 'active' OR (m.user_id IS NULL AND m.kind = 'service'))";
    tx.within(at)
        .optional(sql, params![id], |row| {
            Ok(InForce {
                scopes: Scopes::Only(scopes(row.text(0)?)?.into()),
                expires_at: row.get(1)?,
                last_used_at: row.get(2)?,
                subject: member::subject(row.get(3)?, row.get(4)?),
            })
        })
        .await
}

/// It was used just now.
pub(crate) async fn used(tx: &mut Tx, at: &Tenant, id: TokenId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE token SET last_used_at = ?3 WHERE org_id = ?1 AND id = ?2 AND revoked_at IS NULL
               AND (last_used_at IS NULL OR last_used_at < ?3)";
    tx.within(at).execute(sql, params![id, now]).await.map(|_| ())
}

/// Ends what programs may do for a member: with the membership.
pub(crate) async fn end_all(cx: &Cx, tx: &mut Tx, at: &Tenant, member: MemberId) -> Result<()> {
    let ended = tx
        .within(at)
        .query(
            "UPDATE token SET revoked_at = ?3 WHERE org_id = ?1 AND member_id = ?2 AND revoked_at IS NULL RETURNING id",
            params![member, cx.now()],
            |row| row.get::<TokenId>(0),
        )
        .await?;
    for token in ended {
        forget_secret(tx, at.org(), token).await?;
    }
    Ok(())
}

/// Ends one token. Call with its member's organisation held.
async fn end(cx: &Cx, tx: &mut Tx, at: &Tenant, token: &TokenTarget) -> Result<()> {
    let sql = "UPDATE token SET revoked_at = ?3 WHERE org_id = ?1 AND id = ?2 AND revoked_at IS NULL";
    tx.within(at).execute(sql, params![token.id, cx.now()]).await?;
    forget_secret(tx, at.org(), token.id).await?;
    tx.authority_changed(member::subject(token.member, token.user));
    Ok(())
}

async fn forget_secret(tx: &mut Tx, org: OrgId, token: TokenId) -> Result<()> {
    let sql = "DELETE FROM token_secret WHERE org_id = ?1 AND token_id = ?2";
    tx.execute(sql, params![org, token]).await.map(|_| ())
}

/// Removes tokens that ended or expired before this.
pub(crate) async fn remove_old(tx: &mut Tx, at: &Tenant, before: Timestamp) -> Result<()> {
    let old = tx
        .within(at)
        .query(
            "DELETE FROM token WHERE org_id = ?1 AND (revoked_at < ?2 OR expires_at < ?2) RETURNING id",
            params![before],
            |row| row.get::<TokenId>(0),
        )
        .await?;
    for token in old {
        forget_secret(tx, at.org(), token).await?;
    }
    Ok(())
}

/// Names a token.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenPath {
    /// The organisation.
    org: OrgId,
    /// The token.
    token: TokenId,
}

impl Path for TokenPath {
    fn org(&self) -> Option<OrgId> {
        Some(self.org)
    }
}

/// A token that has not been revoked, and whose it is.
pub(crate) struct TokenTarget {
    org: OrgId,
    id: TokenId,
    name: String,
    member: MemberId,
    user: Option<UserId>,
    role: Role,
}

impl Target for TokenTarget {
    type Path = TokenPath;
    const HOLDS: Hold = Hold::Organisation;

    async fn load(_: &Cx, loader: &mut Loader<'_>, path: &TokenPath) -> Result<Option<Self>> {
        let sql = "SELECT t.name, m.id, m.user_id, m.role FROM token t
                   JOIN member m ON m.org_id = t.org_id AND m.id = t.member_id
                   WHERE t.org_id = ?1 AND t.id = ?2 AND t.revoked_at IS NULL";
        loader
            .within(path.org)
            .optional(sql, params![path.token], |row| {
                Ok(Self {
                    org: path.org,
                    id: path.token,
                    name: row.get(0)?,
                    member: row.get(1)?,
                    user: row.get(2)?,
                    role: row.get(3)?,
                })
            })
            .await
    }

    fn standing(&self, cx: &Cx) -> Standing {
        let Some(Membership { org, member, role }) = cx.principal.membership else { return Standing::NONE };
        member::standing(
            (org == self.org).then_some((member, role)),
            self.member,
            self.role,
            self.user.is_none(),
        )
    }

    fn resource(&self) -> Option<String> {
        Some(self.id.to_string())
    }
}

impl InOrg for TokenTarget {
    fn org(&self) -> OrgId {
        self.org
    }
}

/// What a new token's secret begins with.
fn prefix(is_service: bool) -> &'static str {
    if is_service { SERVICE } else { PERSONAL }
}

/// Its secret, and how that begins and ends.
fn fresh(cx: &Cx, is_service: bool) -> (Secret, String) {
    let prefix = prefix(is_service);
    let secret = Secret::new(format!("{prefix}{}", crate::secret::fresh(cx).reveal()));
    let tail: String = secret.reveal().chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let hint = format!("{prefix}…{tail}");
    (secret, hint)
}

/// The tokens of one member that are not revoked, newest first.
async fn of_member(tx: &mut Tx, at: &impl Tenanted, member: MemberId) -> Result<Vec<Token>> {
    tx.within(at).query(COLUMNS_OF, params![member], read).await
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ ID-8
    #[test]
    fn what_is_no_token_is_known_without_asking() {
        let looks = |text: &str| looks_like_one(&Secret::new(text));
        let random = "A".repeat(43);
        assert!(looks(&format!("hfp_{random}")) && looks(&format!("hfs_{random}")));
        for text in [
            "",
            "hfp_",
            &random,
            &format!("hfx_{random}"),
            &format!("hfp_{random}A"),
            &format!("hfp_{}", "é".repeat(21)),
        ] {
            assert!(!looks(text), "{text}");
        }
    }
}
