//! What identity tells open sockets: that a list or a person's own place has changed, and should be fetched again.

use kernel::{MemberId, OrgId, Topic};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

kernel::event_types! {
    MembersChanged = "member.changed", on [OrgId], logged false;
    InvitationsChanged = "invitation.changed", on [OrgId], logged false;
    OrgChanged = "org.changed", on [OrgId], logged false;
    MeChanged = "me.changed", on [MemberId], logged false;
}

/// Somebody came, went or changed: the organisation's list of members is another one now.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct MembersChanged {}

/// The organisation's list of invitations is another one now.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct InvitationsChanged {}

/// The organisation's name has changed.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct OrgChanged {}

/// What the member is called, or what they may do here, has changed.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct MeChanged {}

pub(crate) fn members_changed(tx: &mut Tx, org: OrgId) -> kernel::Result<()> {
    tx.publish(Topic::org(org), &MembersChanged {})
}

pub(crate) fn invitations_changed(tx: &mut Tx, org: OrgId) -> kernel::Result<()> {
    tx.publish(Topic::org(org), &InvitationsChanged {})
}

pub(crate) fn me_changed(tx: &mut Tx, org: OrgId, member: MemberId) -> kernel::Result<()> {
    tx.publish(Topic::member(org, member), &MeChanged {})
}
