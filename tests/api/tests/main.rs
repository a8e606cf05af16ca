//! Every whole-server test. Folders mirror the API's paths.

mod audit;
mod authz;
mod chat;
mod clock;
mod commit;
mod disk;
mod edge;
mod faults;
mod frames;
mod history;
mod identity;
mod import;
mod input;
mod lines;
mod mail;
mod membership;
mod message_text;
mod observe;
mod races;
mod reading;
mod realtime;
mod restart;
mod store;
mod text;
mod unread;
mod walk;
