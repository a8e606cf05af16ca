//! How good a password would be: the rule itself, for the meter beside the field.

use access::{Audit, DataClass, InstallationTarget, Operation, Permission, Prepare, Proof, Rate, Route};
use kernel::{Cx, Result, Secret};
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
    password: Secret,
    #[serde(default)]
    #[schemars(length(max = 254))]
    email: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 254))]
    name: Option<String>,
}

impl Operation for RatePassword {
    const ID: &'static str = "password.rate";
    const SUMMARY: &'static str = "Rates a password by the rule that a new one must meet.";
    const ROUTE: Route = Route::post("/password/rate");
    const PERMISSION: Permission = Permission::Public("people choose a password before they have an account");
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
        // Half typed is fine here, without end is not.
        let short = |text: Option<String>| text.unwrap_or_default().chars().take(254).collect::<String>();
        let (email, name) = (short(wire.email), short(wire.name));
        self.0.hasher().work(move || rate(wire.password.reveal(), &[&name, &email])).await
    }
}
