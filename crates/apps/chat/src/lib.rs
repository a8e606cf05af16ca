//! Team chat: channels, direct conversations and messages. Every change of a channel takes the channel's next number, so
//! that a client which knows the last number it saw can ask for what it missed.

mod channel;
mod direct;
mod event;
mod id;
mod import;
mod message;
mod read;
mod refold;

use access::Module;
use identity::people::People;

pub use channel::{Channel, ChannelSummary, Kind};
pub use event::{Change, ChannelEvent};
pub use id::{ChannelId, MessageId};
pub use message::Message;

/// What chat brings.
pub fn module(people: &People) -> Module {
    Module::named("chat")
        .ids(&[ChannelId::PREFIX, MessageId::PREFIX])
        .tables(&[
            "channel",
            "channel_member",
            "channel_event",
            "message",
            "message_revision",
            "mention",
            "reaction",
            "import_source",
            "import_batch",
        ])
        .policy(include_str!("../policy.toml"))
        .topic(ChannelId::PREFIX, |tx, at, ids| Box::pin(channel::log::heads(tx, at, ids)))
        .membership_ends(channel::end::MembershipsEnd)
        .refold(|store, organisations| Box::pin(refold::refold(store, organisations)))
        .event::<event::Posted>()
        .event::<event::Edited>()
        .event::<event::Deleted>()
        .event::<event::Reacted>()
        .event::<event::ChannelUpdated>()
        .event::<event::Joined>()
        .event::<event::Left>()
        .event::<event::ChannelsChanged>()
        .event::<event::ReadMarked>()
        .event::<event::TakenOut>()
        .operation(channel::list::List { people: people.clone() })
        .operation(channel::create::Create)
        .operation(channel::read::Read)
        .operation(channel::update::Update)
        .operation(channel::archive::Archive)
        .operation(channel::archive::Unarchive)
        .operation(channel::join::Join)
        .operation(channel::leave::Leave)
        .operation(channel::members::Members)
        .operation(channel::invite::Invite)
        .operation(channel::remove::Remove)
        .subscription(channel::subscribe::Subscribe, "channel", ChannelId::PREFIX)
        .operation(direct::open::Open)
        .operation(message::list::List { people: people.clone() })
        .operation(message::post::Post)
        .operation(message::edit::Edit)
        .operation(message::delete::Delete)
        .operation(message::revisions::Revisions)
        .operation(message::react::React)
        .operation(read::mark::Mark)
        .operation(read::totals::Totals)
        .operation(import::lines::Import)
}
