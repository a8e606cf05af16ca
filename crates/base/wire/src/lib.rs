//! The HTTP edge: what every request meets before the first line of a module's code, and what every answer
//! carries.
//!
//! [`Server`] listens (HTTPS, plain HTTP that only redirects, plain HTTP behind a trusted proxy, a local
//! socket for the command line) and bounds what a client can cost. [`Edge`] sits around the whole router: it
//! names the request, learns the client's address, refuses unknown hosts and other sites, catches panics and
//! puts the security headers on every answer. A route cannot be mounted beside it.

mod bare;
pub mod body;
mod budget;
pub mod client;
mod connection;
pub mod content;
pub mod cors;
pub mod csrf;
pub mod edge;
pub mod error;
pub mod headers;
pub mod host;
mod local;
mod serve;
mod slots;
#[cfg(test)]
mod tests;
pub mod tls;

pub use body::BodyLimit;
pub use budget::{HeldLimits, Shared};
pub use client::{Cidr, Client, Peer, TrustedProxies};
pub use edge::{Edge, EdgeConfig, Gate};
pub use error::{method_not_allowed, not_found, rate_limit, respond};
pub use host::{Hosts, Origin};
pub use serve::{ConnectionLimits, ListenConfig, Server};
pub use tls::{CertificateSource, Certificates};
