//! What ends here with a membership of the organisation: memberships of channels with their read positions, in channels of every kind, and
//! mentions. What was said stays, and a direct conversation stays readable for those who remain in it.

use ::store::{Tenant, Tx, TxFuture};
use access::MembershipEnds;
use kernel::{Cx, MemberId, Result};

use super::leave::take_out;
use super::{Kind, log, store};

/// Chat's part in the end of a membership.
pub(crate) struct MembershipsEnd;

impl MembershipEnds for MembershipsEnd {
    fn end<'t>(&'t self, cx: &'t Cx, tx: &'t mut Tx, at: Tenant, member: MemberId) -> TxFuture<'t, ()> {
        Box::pin(end(cx, tx, at, member))
    }
}

async fn end(cx: &Cx, tx: &mut Tx, at: Tenant, member: MemberId) -> Result<()> {
    let concerned = store::concerned(tx, &at, member).await?;
    let ids: Vec<_> = concerned.iter().map(|place| place.id.0).collect();
    // In the order of their ids, as everybody who takes more than one; then what they are is asked again.
    tx.within(&at).hold(store::HOLD, &ids);
    for place in store::concerned(tx, &at, member).await? {
        let others = match place.kind {
            Kind::Direct => store::members(tx, &at, place.id).await?,
            Kind::Public | Kind::Private => Vec::new(),
        };
        if place.kind == Kind::Direct && place.head == 0 {
            // Nobody has said a word in it.
            store::discard(tx, &at, place.id).await?;
        } else if take_out(tx, &at, place.id, member, None, cx.now()).await? && place.kind == Kind::Direct {
            // The same people begin a new one when they meet again.
            store::free_key(tx, &at, place.id).await?;
        }
        for other in others {
            log::channels_changed(tx, &at, Some(other))?;
        }
    }
    store::forget_mentions(tx, &at, member).await
}
