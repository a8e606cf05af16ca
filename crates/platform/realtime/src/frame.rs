//! The frames of subprotocol `holdfast.v1`: JSON texts.

use std::collections::BTreeMap;
use std::fmt;

use access::PathIds;
use axum::body::Bytes;
use kernel::{Error, OrgId, Topic};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame as Raw, FrameHeader};

/// The subprotocol that client and server agree on.
pub(crate) const PROTOCOL: &str = "holdfast.v1";

/// What a client sends: an operation by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request<'a> {
    /// Chosen by the client; comes back with the answer.
    pub(crate) id: u64,
    /// The operation's id.
    pub(crate) op: String,
    /// The ids of its path.
    #[serde(default, deserialize_with = "path")]
    pub(crate) path: PathIds,
    /// Its body or query.
    #[serde(borrow, default)]
    pub(crate) input: Option<&'a RawValue>,
    /// Instead of these two: several calls of the operation, answered together.
    #[serde(borrow, default)]
    pub(crate) each: Option<Vec<One<'a>>>,
}

/// One of several calls.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct One<'a> {
    #[serde(default, deserialize_with = "path")]
    pub(crate) path: PathIds,
    #[serde(borrow, default)]
    pub(crate) input: Option<&'a RawValue>,
}

/// Ids by name, each name once: of two ids with one name nobody could say which is meant.
fn path<'de, D: Deserializer<'de>>(from: D) -> Result<PathIds, D::Error> {
    struct Names;
    impl<'de> Visitor<'de> for Names {
        type Value = PathIds;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("ids by name")
        }
        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<PathIds, M::Error> {
            let mut ids = PathIds::new();
            while let Some((name, id)) = map.next_entry::<String, String>()? {
                if ids.iter().any(|(known, _)| *known == name) {
                    return Err(de::Error::custom("an id is given twice"));
                }
                ids.push((name, id));
            }
            Ok(ids)
        }
    }
    from.deserialize_map(Names)
}

/// What one of several calls is answered.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answered {
    Ok(Box<RawValue>),
    Error(kernel::error::Body),
}

/// What the server sends.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Frame<'a> {
    /// The first frame.
    #[serde(rename_all = "camelCase")]
    Welcome { heartbeat_seconds: u64, max_frame_bytes: usize },
    /// The answer to a request.
    Reply {
        id: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        ok: Option<&'a RawValue>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<kernel::error::Body>,
        #[serde(skip_serializing_if = "Option::is_none")]
        each: Option<Vec<Answered>>,
    },
    /// The next entry of a topic's log.
    Event { topic: Topic, seq: i64, event: &'a str, data: &'a RawValue },
    /// An event that is not logged. With its organisation: nobody subscribes to their organisations and memberships.
    Notice { org: OrgId, topic: Topic, event: &'a str, data: &'a RawValue },
    /// Access to a topic has ended.
    Gone { topic: Topic },
    /// Alive; the newest number of each subscribed topic.
    Beat { heads: BTreeMap<String, i64> },
    /// The last frame.
    Bye { code: &'a str, message: &'a str },
}

impl Frame<'_> {
    /// As it goes over the wire. Made once, however many receive it.
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        self.append_to(&mut out);
        out.into()
    }

    /// Adds it to what goes over the wire.
    pub(crate) fn append_to(&self, out: &mut Vec<u8>) {
        // Only maps with keys that are not texts can fail here, and there are none.
        text(&serde_json::to_vec(self).unwrap_or_default(), out);
    }
}

/// RFC 6455: what a server sends is not masked, and none of ours is in pieces.
fn text(json: &[u8], out: &mut Vec<u8>) {
    let header = FrameHeader { opcode: OpCode::Data(Data::Text), ..FrameHeader::default() };
    out.reserve(json.len() + 10);
    // Writing to memory does not fail.
    drop(header.format(json.len() as u64, out));
    out.extend_from_slice(json);
}

/// The end of the connection, and why.
pub(crate) fn close(code: u16, reason: &str) -> Bytes {
    let mut out = Vec::new();
    drop(Raw::close(Some(CloseFrame { code: code.into(), reason: reason.into() })).format(&mut out));
    out.into()
}

/// An answer: the operation's JSON is passed on as it is.
pub(crate) fn reply(id: u64, result: Result<Vec<u8>, Error>, request: impl std::fmt::Display) -> Bytes {
    match result.and_then(raw) {
        Ok(raw) => Frame::Reply { id, ok: Some(&raw), error: None, each: None }.encode(),
        Err(error) => Frame::Reply { id, ok: None, error: Some(error.body(request)), each: None }.encode(),
    }
}

/// The answers to several calls.
pub(crate) fn reply_each(
    id: u64,
    results: Vec<Result<Vec<u8>, Error>>,
    request: impl std::fmt::Display,
) -> Bytes {
    let answered = |result: Result<Vec<u8>, Error>| match result.and_then(raw) {
        Ok(raw) => Answered::Ok(raw),
        Err(error) => Answered::Error(error.body(&request)),
    };
    let each = results.into_iter().map(answered).collect();
    Frame::Reply { id, ok: None, error: None, each: Some(each) }.encode()
}

fn raw(body: Vec<u8>) -> Result<Box<RawValue>, Error> {
    let text = String::from_utf8(body).map_err(Error::internal)?;
    RawValue::from_string(text).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unframed(bytes: &[u8]) -> String {
        let mut cursor = std::io::Cursor::new(bytes);
        let (_, length) = FrameHeader::parse(&mut cursor).unwrap().unwrap();
        let payload = &bytes[usize::try_from(cursor.position()).unwrap()..];
        assert_eq!(payload.len() as u64, length);
        String::from_utf8(payload.to_vec()).unwrap()
    }

    #[test]
    fn frames_look_as_the_guide_says() {
        let ok = unframed(&reply(7, Ok(b"{\"a\":1}".to_vec()), "req_1"));
        assert_eq!(ok, r#"{"type":"reply","id":7,"ok":{"a":1}}"#);
        let error = unframed(&reply(8, Err(Error::not_found()), "req_1"));
        assert!(error.starts_with(r#"{"type":"reply","id":8,"error":{"error":"#), "{error}");
        let request: Request<'_> =
            serde_json::from_str(r#"{"id":1,"op":"a.b","path":{"org":"x"},"input":{"n":1}}"#).unwrap();
        assert_eq!((request.id, request.op.as_str(), request.input.unwrap().get()), (1, "a.b", r#"{"n":1}"#));
        assert!(serde_json::from_str::<Request<'_>>(r#"{"id":1,"op":"a.b","admin":true}"#).is_err());
    }

    // REQ OPS-2
    #[test]
    fn nothing_in_a_frame_is_given_twice() {
        let read = |text: &str| serde_json::from_str::<Request<'_>>(text).map(|request| request.path);
        assert_eq!(read(r#"{"id":1,"op":"a","path":{"org":"x","topic":"y"}}"#).unwrap().len(), 2);
        for twice in [
            r#"{"id":1,"op":"a","path":{"org":"x","org":"y"}}"#,
            r#"{"id":1,"op":"a","path":{"org":"x","o\u0072g":"x"}}"#,
            r#"{"id":1,"op":"a","each":[{"path":{"org":"x","org":"y"}}]}"#,
            r#"{"id":1,"op":"a","path":{},"path":{}}"#,
            r#"{"id":1,"id":2,"op":"a"}"#,
        ] {
            assert!(read(twice).is_err(), "{twice}");
        }
    }

    #[test]
    fn long_and_short_texts_are_framed_whole() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let json = "x".repeat(length);
            let mut framed = Vec::new();
            text(json.as_bytes(), &mut framed);
            assert_eq!(unframed(&framed), json);
        }
    }
}
