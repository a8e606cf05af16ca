//! How good a password would be: the rule itself, for the meter beside the field.

use access::{
    Audit, DataClass, Expose, InstallationTarget, Operation, Permission, Prepare, Proof, Rate, Route,
};
use kernel::{Cx, Line, Password, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Store, Tx};

use super::{PasswordRating, rate};
use crate::Identity;

pub(crate) struct RatePassword(pub(crate) Identity);

/// A password to rate, and who would use it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PasswordToRate {
    password: Password,
    // Half typed is fine here: not yet an address, nor a name.
    #[serde(default)]
    email: Option<Line<0, 254>>,
    #[serde(default)]
    name: Option<Line<0, 254>>,
}

impl Operation for RatePassword {
    const ID: &'static str = "password.rate";
    const SUMMARY: &'static str = "Rates a password by the rule that a new one must meet.";
    const ROUTE: Route = Route::post("/password/rate");
    const PERMISSION: Permission = Permission::Public("people choose a password before they have an account");
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_address(240, 60);
    const AUDIT: Audit = Audit::Silent("rating changes nothing");
    const DATA_CLASS: DataClass = DataClass::Credential;
    type Target = InstallationTarget;
    type Input = PasswordRating;
    type Output = PasswordRating;

    async fn run(
        &self,
        _: &Cx,
        _: &mut Tx,
        _: &Proof<Self>,
        rating: PasswordRating,
    ) -> Result<PasswordRating> {
        Ok(rating)
    }
}

impl Prepare for RatePassword {
    type Wire = PasswordToRate;

    async fn prepare(&self, _: &Cx, _: &Store, wire: PasswordToRate) -> Result<PasswordRating> {
        let PasswordToRate { password, email, name } = wire;
        let about = move |text: &Option<Line<0, 254>>| text.as_ref().map_or("", Line::as_str).to_owned();
        self.0
            .hasher()
            .work(move || rate(password.spelled().reveal(), &[&about(&name), &about(&email)]))
            .await
    }
}
