//! A member's tokens, without their secrets.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result, Scope};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

use super::{Token, of_member};
use crate::Identity;
use crate::member::MemberTarget;

pub(crate) struct List(pub(crate) Identity);

/// Tokens, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TokenList {
    items: Vec<Token>,
    /// Where the next page begins; there is never one: a member has few tokens.
    next: Option<String>,
    /// The scopes that a new token can have.
    scopes: Vec<Scope>,
}

impl Operation for List {
    const ID: &'static str = "token.list";
    const SUMMARY: &'static str =
        "Lists the tokens of the caller, of a service account, or of a member whom the caller outranks.";
    const ROUTE: Route = Route::get("/orgs/{org}/members/{member}/tokens");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reading the list changes nothing");
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = MemberTarget;
    type Input = Empty;
    type Output = TokenList;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<TokenList> {
        Ok(TokenList { items: of_member(tx, at, at.id).await?, next: None, scopes: self.0.offered() })
    }
}
