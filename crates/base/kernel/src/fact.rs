//! What leaves a transaction when it commits, and only then: facts for open sockets and for caches of authority.

use crate::id::{ChannelId, MemberId, OrgId, UserId};

/// Something that has happened, in the order in which it was committed.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The next entry of a channel's log. `data` is JSON.
    Logged {
        /// Whose.
        org: OrgId,
        /// Which log.
        room: ChannelId,
        /// Its number: one more than the last, without gaps.
        seq: i64,
        /// What happened, for instance `chat.message.posted`.
        event: &'static str,
        /// JSON, encoded once for all who receive it.
        data: String,
    },
    /// A list has changed: whoever shows it should fetch it again. To one member, or to all.
    Changed {
        /// Whose.
        org: OrgId,
        /// Only to this member's sockets.
        member: Option<MemberId>,
        /// Which lists.
        what: &'static [&'static str],
    },
    /// A frame for one member's own sockets. `frame` is a whole JSON object.
    Private {
        /// Whose.
        org: OrgId,
        /// To whom.
        member: MemberId,
        /// JSON.
        frame: String,
    },
    /// What this person may do has changed or ended: caches forget them, sockets ask anew before they deliver more.
    Authority(UserId),
}
