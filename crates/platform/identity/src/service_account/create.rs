//! Make a service account, with a role up to the caller's own and never the owner's: an organisation is owned by people.

use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Error, Handle, Line, MemberId, Result, Role};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Tenanted, Tx, params};

use crate::event;
use crate::member::{self, Member};
use crate::organisation::HeldOrganisation;

pub(crate) struct Create;

/// A service account to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateServiceAccount {
    /// Its name, as others see it.
    name: Line<1, 80>,
    /// By which it is mentioned.
    handle: Handle,
    /// What it may do at most; its tokens are narrower.
    role: Role,
}

impl Operation for Create {
    const ID: &'static str = "service_account.create";
    const SUMMARY: &'static str = "Makes a member for a program: it has no password and acts by tokens.";
    const ROUTE: Route = Route::post("/orgs/{org}/service-accounts");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = HeldOrganisation;
    type Input = CreateServiceAccount;
    type Output = Member;

    async fn run(
        &self,
        cx: &Cx,
        tx: &mut Tx,
        at: &Proof<Self>,
        input: CreateServiceAccount,
    ) -> Result<Member> {
        member::within_ceiling(cx, input.role)?;
        member::may_be_service(input.role)?;
        let id = MemberId::new(cx);
        let made = tx
            .within(at)
            .execute(
                "INSERT INTO member (org_id, id, user_id, kind, name, handle, role, state, created_at)
                 VALUES (?1, ?2, NULL, 'service', ?3, ?4, ?5, 'active', ?6) ON CONFLICT DO NOTHING",
                params![id, input.name.as_str(), input.handle.as_str(), input.role.as_str(), cx.now()],
            )
            .await?;
        if made == 0 {
            return Err(member::handle_taken());
        }
        cx.about(id);
        cx.note("role", input.role.as_str());
        event::members_changed(tx, at.tenant().org())?;
        member::by_id(tx, at, id).await?.ok_or_else(Error::not_found)
    }

    async fn again(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, made: &str) -> Result<Member> {
        let id = made.parse().map_err(|_| Error::not_found())?;
        member::by_id(tx, at, id).await?.ok_or_else(Error::not_found)
    }
}
