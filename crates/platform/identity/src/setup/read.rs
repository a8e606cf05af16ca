//! Whether the installation waits to be set up.

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route,
};
use kernel::{Cx, Result};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

pub(crate) struct Read;

/// Whether set-up is needed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SetupState {
    needed: bool,
}

impl Operation for Read {
    const ID: &'static str = "setup.read";
    const SUMMARY: &'static str = "Tells whether this installation waits to be set up.";
    const ROUTE: Route = Route::get("/setup");
    const PERMISSION: Permission = Permission::Public("the front end must know which page comes first");
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_address(240, 60);
    const AUDIT: Audit = Audit::Silent("reading changes nothing");
    const DATA_CLASS: DataClass = DataClass::Public;
    type Target = InstallationTarget;
    type Input = Empty;
    type Output = SetupState;

    async fn run(&self, _: &Cx, tx: &mut Tx, _: &Proof<Self>, _: Empty) -> Result<SetupState> {
        Ok(SetupState { needed: super::is_needed(tx).await? })
    }
}
