//! Acts on a path instead of a loaded target.
use access::{Audit, DataClass, Empty, Expose, Module, Operation, OrgTarget, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};
use store::Tx;

struct Pin;

impl Operation for Pin {
    const ID: &'static str = "pins.pin";
    const SUMMARY: &'static str = "Pins.";
    const ROUTE: Route = Route::post("/orgs/{org}/pins");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(10, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = access::OrgPath;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        tx.within(at).execute("UPDATE organisation SET name = ?2 WHERE org_id = ?1", store::params!["x"]).await?;
        Ok(Empty {})
    }
}

fn main() {
    let _module = Module::named("pins").operation(Pin);
}
