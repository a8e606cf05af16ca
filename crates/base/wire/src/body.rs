//! Reads a request's body with a bound on its size and on its time (EDGE-6, attack N9).

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::body::Body as _;
use kernel::{Code, Error, Result};

use crate::budget::Full;

/// How much a body may cost.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit {
    /// Bytes at most.
    pub bytes: usize,
    /// Time at most from the first byte to the last.
    pub time: Duration,
}

/// Reads a JSON body. No body at all is an empty one; anything else must say that it is JSON, because other
/// types are what forms of other sites can send.
pub async fn read_json(headers: &HeaderMap, body: Body, limit: BodyLimit) -> Result<Bytes> {
    if body.is_end_stream() && !headers.contains_key(CONTENT_TYPE) {
        return Ok(Bytes::new());
    }
    expect_json(headers)?;
    read(headers, body, limit).await
}

/// Refuses any content type but `application/json`, which may say that its charset is UTF-8.
pub fn expect_json(headers: &HeaderMap) -> Result<()> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let only = types.next().filter(|_| types.next().is_none()).and_then(|v| v.to_str().ok());
    let mut parts = only.unwrap_or("").split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let plain =
        parts.all(|p| p.eq_ignore_ascii_case("charset=utf-8") || p.eq_ignore_ascii_case("charset=\"utf-8\""));
    // A compressed body could unfold to any size; nobody needs one here.
    if json && plain && !headers.contains_key(CONTENT_ENCODING) {
        return Ok(());
    }
    Err(Error::new(Code::UnsupportedType))
}

/// Reads a body of whatever type.
pub async fn read(headers: &HeaderMap, body: Body, limit: BodyLimit) -> Result<Bytes> {
    let told = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if told.is_some_and(|told| told > limit.bytes as u64) {
        return Err(too_large(limit));
    }
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let slow = |_| Error::new(Code::BadRequest).message("The body took too long to arrive.");
    tokio::time::timeout(limit.time, collect(body, limit)).await.map_err(slow)?
}

async fn collect(body: Body, limit: BodyLimit) -> Result<Bytes> {
    let mut body = pin!(body);
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit.bytes {
            return Err(too_large(limit));
        }
        // Nearly every body arrives in one piece and then is never copied.
        if first.is_empty() && rest.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

/// Why a body did not arrive: there was no memory for it, or the client stopped.
fn broken(error: axum::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if let Some(full) = inner.downcast_ref::<Full>() {
            return Error::from(*full);
        }
        cause = inner.source();
    }
    Error::new(Code::BadRequest).message("The body broke off.").cause(error)
}

fn too_large(limit: BodyLimit) -> Error {
    Error::new(Code::TooLarge).hint(format!("At most {} bytes are taken here.", limit.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: BodyLimit = BodyLimit { bytes: 10, time: Duration::from_millis(50) };

    fn typed(kind: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        headers
    }

    fn chunks(parts: Vec<&'static str>, endless: bool) -> Body {
        use futures_util::StreamExt;
        let parts = futures_util::stream::iter(parts.into_iter().map(Ok::<_, std::io::Error>));
        if endless {
            Body::from_stream(parts.chain(futures_util::stream::pending()))
        } else {
            Body::from_stream(parts)
        }
    }

    // REQ EDGE-6 (attack N9)
    #[tokio::test]
    async fn size_and_time_are_bounded() {
        let json = typed("application/json");
        let read = |body| read_json(&json, body, LIMIT);
        assert_eq!(read(Body::from("{}")).await.unwrap(), "{}");
        assert_eq!(read(chunks(vec!["[1,", "2,", "3]"], false)).await.unwrap(), "[1,2,3]");
        assert_eq!(read(chunks(vec!["123456", "789012"], true)).await.unwrap_err().code, Code::TooLarge);
        assert_eq!(read(chunks(vec!["1"], true)).await.unwrap_err().code, Code::BadRequest);
        let mut told = json.clone();
        told.insert(CONTENT_LENGTH, "1000000000".parse().unwrap());
        assert_eq!(read_json(&told, chunks(vec![], true), LIMIT).await.unwrap_err().code, Code::TooLarge);
        assert_eq!(read_json(&HeaderMap::new(), Body::empty(), LIMIT).await.unwrap(), "");
    }

    // REQ EDGE-7 (attack I9): the types that a form of another site can send are refused.
    #[test]
    fn only_json() {
        for good in
            ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""]
        {
            assert!(expect_json(&typed(good)).is_ok(), "{good}");
        }
        for bad in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/json",
            "",
            "application/json; charset=utf-16",
            "application/jsonp",
            "text/plain; application/json",
            "application/json, text/plain",
        ] {
            assert_eq!(expect_json(&typed(bad)).unwrap_err().code, Code::UnsupportedType, "{bad}");
        }
        let mut squeezed = typed("application/json");
        squeezed.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        assert!(expect_json(&squeezed).is_err());
        assert!(expect_json(&HeaderMap::new()).is_err());
    }
}
