//! Team chat: channels, direct conversations and messages. Every change of a channel takes the channel's next number, so
//! that a client which knows the last number it saw can ask for what it missed.

mod channel;
mod direct;
mod event;
mod import;
mod message;
mod people;
mod read;
mod refold;

use access::Module;
use kernel::ChannelId;

pub use channel::end::SeatsEnd;
pub use channel::log::heads;
pub use channel::{Channel, ChannelSummary, Kind};
pub use event::{Change, ChannelEvent};
pub use message::Message;
pub use people::People;
pub use refold::refold;

/// What chat brings.
pub fn module(people: &People) -> Module {
    let people = || people.clone();
    Module::named("chat")
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
        .operation(channel::list::List { people: people() })
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
        .operation(message::list::List { people: people() })
        .operation(message::post::Post)
        .operation(message::edit::Edit)
        .operation(message::delete::Delete)
        .operation(message::revisions::Revisions)
        .operation(message::react::React)
        .operation(read::mark::Mark)
        .operation(read::totals::Totals)
        .operation(import::lines::Import)
}
