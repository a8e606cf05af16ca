//! Make a token for oneself, or for a service account. Its secret is in the answer and nowhere else.

use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::time::DAY;
use kernel::{Cx, Error, Line, Result, Scope, TokenId, Whole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Tenanted, Tx, params};

use super::{Token, fresh, of_member};
use crate::member::MemberTarget;
use crate::{Identity, secret};

/// Tokens that one member may have at once.
const MOST: usize = 50;

pub(crate) struct Create(pub(crate) Identity);

/// A token to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateToken {
    /// What it is for, in its maker's words.
    name: Line<1, 80>,
    /// What it is good for. It never does more than its member's role lets it.
    #[schemars(length(min = 1, max = 40))]
    scopes: Vec<Scope>,
    /// After how many days it expires; none: when it is revoked.
    #[serde(default)]
    expires_in_days: Option<Whole<1, 3650>>,
}

/// A new token.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TokenMade {
    /// The token.
    token: Token,
    /// What to send behind `Authorization: Bearer`. It is shown this once.
    secret: String,
}

impl Operation for Create {
    const ID: &'static str = "token.create";
    const SUMMARY: &'static str =
        "Makes a token for the caller, or for a service account; its secret is shown this once.";
    const ROUTE: Route = Route::post("/orgs/{org}/members/{member}/tokens");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Credential;
    type Target = MemberTarget;
    type Input = CreateToken;
    type Output = TokenMade;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, input: CreateToken) -> Result<TokenMade> {
        let mut scopes = input.scopes;
        scopes.sort();
        scopes.dedup();
        if let Some(unknown) = scopes.iter().find(|scope| !self.0.offers(scope)) {
            return Err(Error::field("scopes", format!("there is no scope {unknown}")));
        }
        if scopes.is_empty() {
            return Err(Error::field("scopes", "choose at least one"));
        }
        if of_member(tx, at, at.id).await?.len() >= MOST {
            return Err(Error::conflict(format!("There are {MOST} tokens already."))
                .hint("Revoke one that is not needed any more."));
        }
        let (secret, hint) = fresh(cx, at.is_service());
        let token = Token {
            id: TokenId::new(cx),
            member: at.id,
            name: input.name.as_str().to_owned(),
            hint,
            created_at: cx.now(),
            expires_at: input.expires_in_days.map(|days| cx.now().plus(days.get() * DAY)),
            last_used_at: None,
            scopes,
        };
        let scopes = token.scopes.iter().map(Scope::to_string).collect::<Vec<_>>().join(" ");
        tx.within(at)
            .execute(
                "INSERT INTO token (org_id, id, member_id, name, hint, scopes, made_by, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    token.id,
                    at.id,
                    &token.name,
                    &token.hint,
                    &scopes,
                    cx.principal.member(),
                    token.created_at,
                    token.expires_at
                ],
            )
            .await?;
        tx.execute(
            "INSERT INTO token_secret (token_hash, org_id, token_id) VALUES (?1, ?2, ?3)",
            params![&secret::hash(secret.reveal()), at.tenant().org(), token.id],
        )
        .await?;
        cx.about(token.id);
        cx.note("member", at.id);
        cx.note("scopes", &scopes);
        Ok(TokenMade { token, secret: secret.reveal().to_owned() })
    }
}
