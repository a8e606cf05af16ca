//! A test world: the real server on a database of its own, with a clock that tests move and clients that act as people.

mod client;
mod postgres;
mod socket;
mod world;

pub use client::{Client, Reply};
pub use socket::Socket;
pub use world::{ManualClock, World};

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
