//! Sign out.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::cx::SignIn;
use kernel::{Cx, Result};
use store::Tx;

use super::{Oneself, end, person};

pub(crate) struct End;

impl Operation for End {
    const ID: &'static str = "session.end";
    const SUMMARY: &'static str = "Signs out: ends this session and removes its cookie.";
    const ROUTE: Route = Route::delete("/session");
    const PERMISSION: Permission = Permission::Account("one's own session");
    const EXPOSE: Expose = Expose::Browser;
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = Oneself;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, _: Empty) -> Result<Empty> {
        let person = person(cx)?;
        cx.about(person.session);
        end(cx, tx, person.user, person.session).await?;
        cx.sign_in(SignIn::End);
        Ok(Empty {})
    }
}
