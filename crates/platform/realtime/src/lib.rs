//! One WebSocket per tab. A frame names an operation, which goes through the same dispatcher as everything else; carrying
//! out a subscribing operation attaches the socket to that topic's log. A change is encoded once and its bytes are shared
//! by all who receive it; who reads too slowly is cut and resumes from the log.

mod connection;
mod delivery;
mod frame;
mod heads;
mod hub;
mod scan;
mod socket;
mod upgrade;

pub use heads::Heads;
pub use hub::Hub;
pub use socket::{Realtime, Settings, Visitor};
pub use upgrade::Upgrade;
