//! What an operation acts on, how it is loaded inside one organisation, and how the caller stands to it.
#![allow(clippy::disallowed_methods, reason = "loads what a proof is about")]

use std::ops::BitOr;

use kernel::{Cx, OrgId, Result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{OrgTx, Tenant, Tx};

/// The ids in an operation's path.
pub trait Path: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static {
    /// The organisation it is in, if it is in one.
    fn org(&self) -> Option<OrgId>;
}

/// A thing that operations act on.
pub trait Target: Sized + Send + Sync + 'static {
    /// The ids that name it.
    type Path: Path;

    /// What an operation that writes takes for itself before it looks at the caller.
    const HOLDS: Hold = Hold::Caller;

    /// Loads it, and in a transaction that writes takes it first ([`Loader::hold`]). None: it is not there (in this organisation), which the caller cannot tell from "not for you".
    fn load(
        cx: &Cx,
        loader: &mut Loader<'_>,
        path: &Self::Path,
    ) -> impl Future<Output = Result<Option<Self>>> + Send;

    /// How the caller stands to it. Without [`Standing::SEES`] it does not exist for them.
    fn standing(&self, cx: &Cx) -> Standing;

    /// Its id, for the ledger.
    fn resource(&self) -> Option<String>;
}

/// What a transaction that writes takes before anything that decides is read, so that on PostgreSQL what was decided on is
/// still so at the commit. Always in this order, so that no two wait for each other: the installation, an account, an
/// organisation, its members, a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The caller's membership, together with others: it neither ends nor changes meanwhile.
    Caller,
    /// The organisation: who belongs to it, as what, and who is invited.
    Organisation,
    /// The caller's account: their password and sessions.
    Account,
    /// The installation: who administers it.
    Installation,
}

/// A target inside an organisation.
pub trait InOrg: Target {
    /// Which.
    fn org(&self) -> OrgId;
}

/// How a caller stands to a target: a set of facts that the policy may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing(u8);

impl Standing {
    /// Nothing: it is hidden from them.
    pub const NONE: Self = Self(0);
    /// They may know that it exists.
    pub const SEES: Self = Self(1);
    /// They are in it.
    pub const MEMBER: Self = Self(2);
    /// They wrote it.
    pub const AUTHOR: Self = Self(4);
    /// It is they.
    pub const ITSELF: Self = Self(8);
    /// Their role is above its role.
    pub const OUTRANKS: Self = Self(16);
    /// It is a service account, or a service account's, with no role above theirs.
    pub const SERVICE: Self = Self(32);

    /// The names used in the policy.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("sees", Self::SEES),
        ("member", Self::MEMBER),
        ("author", Self::AUTHOR),
        ("itself", Self::ITSELF),
        ("outranks", Self::OUTRANKS),
        ("service", Self::SERVICE),
    ];

    /// Whether all of `other` hold.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These, if `condition`; else nothing.
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }
}

impl BitOr for Standing {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A transaction in the hands of [`Target::load`], before anything is authorised: for reading only what decides.
pub struct Loader<'t> {
    pub(crate) tx: &'t mut Tx,
    pub(crate) tenant: Option<Tenant>,
}

impl Loader<'_> {
    /// The scope of the organisation that the path names and the caller belongs to.
    pub fn within(&mut self, org: OrgId) -> OrgTx<'_> {
        // A path without an organisation never gets here with one; the nil organisation holds no tenant's rows.
        let tenant =
            self.tenant.filter(|t| t.org() == org).unwrap_or(Tenant::assume(OrgId(uuid::Uuid::nil())));
        self.tx.within(&tenant)
    }

    /// Takes rows of the organisation until the transaction ends, if it writes: see [`OrgTx::hold`].
    pub fn hold(&mut self, org: OrgId, sql: &'static str, ids: &[uuid::Uuid]) {
        self.within(org).hold(sql, ids);
    }

    /// Tables that belong to no organisation.
    pub fn global(&mut self) -> &mut Tx {
        self.tx
    }
}

/// No ids.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoPath {}

impl Path for NoPath {
    fn org(&self) -> Option<OrgId> {
        None
    }
}

/// The installation itself: for operations of people outside any organisation.
pub struct InstallationTarget;

impl Target for InstallationTarget {
    type Path = NoPath;

    async fn load(_: &Cx, _: &mut Loader<'_>, _: &NoPath) -> Result<Option<Self>> {
        Ok(Some(Self))
    }
    fn standing(&self, _: &Cx) -> Standing {
        Standing::SEES
    }
    fn resource(&self) -> Option<String> {
        None
    }
}

/// The organisation alone.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrgPath {
    /// The organisation.
    pub org: OrgId,
}

impl Path for OrgPath {
    fn org(&self) -> Option<OrgId> {
        Some(self.org)
    }
}

/// An organisation of which the caller is a member.
pub struct OrgTarget(OrgId);

impl Target for OrgTarget {
    type Path = OrgPath;

    async fn load(_: &Cx, _: &mut Loader<'_>, path: &OrgPath) -> Result<Option<Self>> {
        // The dispatcher has found the caller's membership; there is nothing more to know.
        Ok(Some(Self(path.org)))
    }
    fn standing(&self, _: &Cx) -> Standing {
        Standing::SEES
    }
    fn resource(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

impl InOrg for OrgTarget {
    fn org(&self) -> OrgId {
        self.0
    }
}
