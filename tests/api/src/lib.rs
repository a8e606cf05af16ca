//! A test world: the real server on a database of its own, with a clock that tests move and clients that act as people.

pub mod catcher;
mod client;
mod crowd;
mod inspect;
pub mod postgres;
pub mod process;
mod proxy;
pub mod sample;
mod socket;
mod timing;
mod world;

pub use catcher::Catcher;
pub use client::{Client, OPENAPI, Reply, route};
pub use crowd::{Crowd, Refusal, Told, all_messages};
pub use inspect::{Database, Tables, difference};
pub use process::Process;
pub use proxy::{CommitCutter, Dice, Proxy};
pub use socket::Socket;
pub use timing::{in_all, indistinguishable};
pub use world::{ManualClock, PASSWORD, World};

/// Runs a test once on each database: `both! { async fn name(world: World) { … } }`.
#[macro_export]
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn test(#[allow(unused_mut)] mut $world: $crate::World) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                test($crate::World::sqlite().await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                test($crate::World::postgres().await).await;
            }
        }
    )*};
}
