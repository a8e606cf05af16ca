//! The frames of subprotocol `holdfast.v1`: JSON texts.

use std::collections::BTreeMap;

use axum::extract::ws::Utf8Bytes;
use kernel::{ChannelId, Error, OrgId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

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
    #[serde(default)]
    pub(crate) path: BTreeMap<String, String>,
    /// Its body or query.
    #[serde(borrow, default)]
    pub(crate) input: Option<&'a RawValue>,
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
    },
    /// The next entry of a room's log.
    Event { room: ChannelId, seq: i64, event: &'a str, data: &'a RawValue },
    /// Lists have changed.
    Changed { org: OrgId, what: &'a [&'a str] },
    /// Access to a room has ended.
    Gone { room: ChannelId },
    /// Alive; the newest number of each subscribed room.
    Beat { heads: BTreeMap<String, i64> },
    /// The last frame.
    Bye { code: &'a str, message: &'a str },
}

impl Frame<'_> {
    /// As text.
    pub(crate) fn text(&self) -> Utf8Bytes {
        // Only maps with keys that are not texts can fail here, and there are none.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}

/// An answer's text: the operation's JSON is passed on as it is.
pub(crate) fn reply(id: u64, result: Result<Vec<u8>, Error>, request: impl std::fmt::Display) -> Utf8Bytes {
    let raw = result.and_then(|body| {
        let text = String::from_utf8(body).map_err(Error::internal)?;
        RawValue::from_string(text).map_err(Error::internal)
    });
    match raw {
        Ok(raw) => Frame::Reply { id, ok: Some(&raw), error: None }.text(),
        Err(error) => Frame::Reply { id, ok: None, error: Some(error.body(request)) }.text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_look_as_the_guide_says() {
        let ok = reply(7, Ok(b"{\"a\":1}".to_vec()), "req_1");
        assert_eq!(ok.as_str(), r#"{"type":"reply","id":7,"ok":{"a":1}}"#);
        let error = reply(8, Err(Error::not_found()), "req_1");
        assert!(
            error.as_str().starts_with(r#"{"type":"reply","id":8,"error":{"error":"#),
            "{}",
            error.as_str()
        );
        let request: Request<'_> =
            serde_json::from_str(r#"{"id":1,"op":"a.b","path":{"org":"x"},"input":{"n":1}}"#).unwrap();
        assert_eq!((request.id, request.op.as_str(), request.input.unwrap().get()), (1, "a.b", r#"{"n":1}"#));
        assert!(serde_json::from_str::<Request<'_>>(r#"{"id":1,"op":"a.b","admin":true}"#).is_err());
    }
}
