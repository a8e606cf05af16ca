//! Who the caller is and what their credential is good for: the first thing that a program with a token asks, and what a
//! socket asks anew whenever somebody's authority changes.

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route,
};
use kernel::{Code, Cx, Error, Result, Scope, Scopes, Subject, Timestamp, TokenId};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

use crate::account::me::{MeMembership, memberships};
use crate::{Identity, tenant, token};

pub(crate) struct Read(pub(crate) Identity);

/// Whoever asks.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Whoami {
    /// What kind of principal it is.
    kind: PrincipalKind,
    /// The account's id, or the service account's member id.
    id: String,
    /// The token that it acts by; none: a session.
    token: Option<ActsBy>,
    /// Where it belongs, as far as its credential reaches.
    memberships: Vec<MeMembership>,
}

/// Kinds of principals.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PrincipalKind {
    /// A person with an account.
    User,
    /// A member for a program.
    ServiceAccount,
}

/// A token in use.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ActsBy {
    /// Its id.
    id: TokenId,
    /// What it is good for.
    scopes: Vec<Scope>,
    /// Until when.
    expires_at: Option<Timestamp>,
}

impl Operation for Read {
    const ID: &'static str = "principal.read";
    const SUMMARY: &'static str =
        "Tells who the caller is, where they belong, and what their token is good for.";
    const ROUTE: Route = Route::get("/principal");
    const PERMISSION: Permission = Permission::Account("about oneself");
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(240, 60);
    const AUDIT: Audit = Audit::Silent("reading about oneself changes nothing");
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = InstallationTarget;
    type Input = Empty;
    type Output = Whoami;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, _: Empty) -> Result<Whoami> {
        let kind = match cx.principal.subject {
            Subject::User(_) => PrincipalKind::User,
            Subject::ServiceAccount(_) => PrincipalKind::ServiceAccount,
            Subject::Anonymous | Subject::Console | Subject::System => {
                return Err(Error::new(Code::Unauthenticated));
            }
        };
        let token = match (cx.principal.credential, &cx.principal.scopes) {
            (kernel::Credential::Token(org, id), Scopes::Only(scopes)) => {
                let token = token::in_force(tx, &tenant::of_token(org), id).await?;
                let expires_at = token.and_then(|token| token.expires_at);
                Some(ActsBy { id, scopes: scopes.to_vec(), expires_at })
            }
            _ => None,
        };
        let memberships = memberships(tx, &self.0, &cx.principal).await?;
        Ok(Whoami { kind, id: cx.principal.subject.to_string(), token, memberships })
    }
}
