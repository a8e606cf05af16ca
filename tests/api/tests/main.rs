//! Every whole-server test. Folders mirror the API's paths.

mod chat;
mod import;
mod realtime;
