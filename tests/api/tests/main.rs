//! Every whole-server test. Folders mirror the API's paths.

mod audit;
mod authz;
mod chat;
mod edge;
mod faults;
mod identity;
mod import;
mod input;
mod mail;
mod realtime;
mod store;
mod walk;
