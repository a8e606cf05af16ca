//! Every whole-server test. Folders mirror the API's paths.

mod authz;
mod chat;
mod faults;
mod identity;
mod import;
mod input;
mod realtime;
mod store;
