//! What a client has already, and how it takes the rest: conditional requests and content codings (RFC 9110, 8.8
//! and 12.5.3).

use std::io::Write;

use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};

/// Whether the client takes an answer in this coding.
pub fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let told = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    told.flat_map(|value| value.split(',')).any(|part| {
        let mut part = part.split(';').map(str::trim);
        let named = part.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = part.any(|weight| {
            let number = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="));
            number.is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0))
        });
        named && !refused
    })
}

/// Whether the client has the answer with this tag already.
pub fn has(headers: &HeaderMap, tag: &str) -> bool {
    let told = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = told.flat_map(|value| value.split(',')).map(str::trim);
    let plain = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    tags.any(|known| known == "*" || plain(known) == plain(tag))
}

/// Compresses with gzip: quickly, for what is made anew for each request.
pub fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::new(4));
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// One thing in the codings that it is kept in. Its bytes are shared by all who ask.
pub struct Content {
    tag: String,
    plain: Bytes,
    packed: Vec<(&'static str, Bytes)>,
}

impl Content {
    /// Named by `tag` (the same content has the same), with the codings that it is kept in, the best first.
    pub fn new(tag: &str, plain: Bytes, packed: Vec<(&'static str, Bytes)>) -> Self {
        Self { tag: tag.to_owned(), plain, packed }
    }

    /// The answer to a request for it: the best that the client takes, or that it has it already.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let packed = self.packed.iter().find(|(coding, _)| accepts(request, coding));
        let (coding, bytes) = packed.map_or(("id", &self.plain), |(coding, bytes)| (*coding, bytes));
        let tag = format!("\"{}-{coding}\"", self.tag);
        let mut response = Response::default();
        if has(request, &tag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.body_mut() = bytes.clone().into();
            response.extensions_mut().insert(crate::Shared);
            if packed.is_some() {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
        }
        if let Ok(tag) = HeaderValue::try_from(tag) {
            response.headers_mut().insert(ETAG, tag);
        }
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    // REQ EDGE-6
    #[test]
    fn clients_get_what_they_take_and_only_what_they_have_not() {
        let file = Content::new("abc", Bytes::from_static(b"plain"), vec![("br", "packed".into())]);
        let answer = |headers: &HeaderMap| {
            let answer = file.answer(headers);
            let text = |name: &str| answer.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
            (answer.status().as_u16(), text("content-encoding"), text("etag"))
        };
        let said = |status, coding: &str, tag: &str| (status, coding.to_owned(), tag.to_owned());
        assert_eq!(answer(&HeaderMap::new()), said(200, "", "\"abc-id\""));
        for (accepted, coding) in [("br", "br"), ("gzip, BR;q=0.5", "br"), ("br;q=0", ""), ("brr", "")] {
            assert_eq!(answer(&headers("accept-encoding", accepted)).1, coding, "{accepted}");
        }
        for known in ["\"abc-id\"", "W/\"abc-id\"", "\"x\", \"abc-id\"", "*"] {
            assert_eq!(answer(&headers("if-none-match", known)), said(304, "", "\"abc-id\""), "{known}");
        }
        assert_eq!(answer(&headers("if-none-match", "\"abc-br\"")).0, 200);
        assert_eq!(gzip(&[b'x'; 10_000]).unwrap()[..2], [0x1f, 0x8b]);
    }
}
