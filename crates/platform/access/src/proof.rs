//! Evidence that the dispatcher has loaded a target in the caller's organisation and found the caller entitled.
#![allow(clippy::disallowed_methods, reason = "a proof is the right")]

use std::ops::Deref;

use store::{Tenant, Tenanted};

use crate::operation::Operation;
use crate::target::{InOrg, Target};

/// The caller may carry out `O` on this target. Only the dispatcher can make one: the fields are private to this crate.
pub struct Proof<O: Operation> {
    pub(crate) target: O::Target,
}

impl<O: Operation> Deref for Proof<O> {
    type Target = O::Target;
    fn deref(&self) -> &O::Target {
        &self.target
    }
}

impl<O: Operation> Proof<O> {
    /// Which thing, for the ledger.
    pub(crate) fn resource(&self) -> Option<String> {
        self.target.resource()
    }
}

/// The right to the organisation's rows comes with the proof.
impl<O: Operation> Tenanted for Proof<O>
where
    O::Target: InOrg,
{
    fn tenant(&self) -> Tenant {
        Tenant::assume(self.target.org())
    }
}
