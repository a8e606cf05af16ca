//! Errors as answers, all in one shape (OPS-4), and what an answer says about rate limits (EDGE-5).

use axum::body::Body;
use axum::extract::Extension;
use axum::response::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kernel::{Code, Error, RequestId};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The answer for an error.
pub fn respond(error: &Error, request: RequestId) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // The shape is plain strings: writing it cannot fail. If it ever did, an empty object still says nothing
    // internal.
    let body = serde_json::to_vec(&error.body(request)).unwrap_or_else(|_| b"{}".to_vec());
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    if let Some(seconds) = error.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        if error.code == Code::RateLimited {
            set(headers, RATE_LIMIT, format!("\"default\";r=0;t={seconds}"));
            if let Some((quota, window)) = error.limit {
                set(headers, RATE_LIMIT_POLICY, format!("\"default\";q={quota};w={window}"));
            }
        }
    }
    response
}

/// Says on an answer what is left: of `quota` requests in `window` seconds, `remaining` (IETF draft
/// ratelimit-headers).
pub fn rate_limit(headers: &mut HeaderMap, quota: u32, remaining: u32, window: u32) {
    set(headers, RATE_LIMIT_POLICY, format!("\"default\";q={quota};w={window}"));
    set(headers, RATE_LIMIT, format!("\"default\";r={remaining};t={window}"));
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: String) {
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(name, value);
    }
}

/// The router's answer where nothing is mounted.
pub async fn not_found(Extension(request): Extension<RequestId>) -> Response {
    respond(&Error::not_found(), request)
}

/// The router's answer to a method that is not mounted there.
pub async fn method_not_allowed(Extension(request): Extension<RequestId>) -> Response {
    respond(&Error::new(Code::MethodNotAllowed), request)
}

/// Puts an error that some layer below answered in its own words into our shape. What it said is dropped: it
/// may be internal. Status and other headers (`Allow`, `Retry-After`) stay.
pub(crate) fn reshape(response: Response, request: RequestId) -> Response {
    let status = response.status();
    let own = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == JSON);
    if own || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let same = |code: &&Code| code.status() == status.as_u16();
    let code = Code::ALL.iter().find(same).copied().unwrap_or(if status.is_server_error() {
        Code::Internal
    } else {
        Code::BadRequest
    });
    let mut shaped = respond(&Error::new(code), request);
    *shaped.status_mut() = status;
    let mut headers = response.headers().clone();
    for name in
        [http::header::CONTENT_LENGTH, http::header::CONTENT_ENCODING, http::header::TRANSFER_ENCODING]
    {
        headers.remove(name);
    }
    headers.insert(CONTENT_TYPE, JSON);
    *shaped.headers_mut() = headers;
    shaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> RequestId {
        "req_01900000000070008000000000000001".parse().unwrap()
    }

    async fn text(response: Response) -> String {
        String::from_utf8(axum::body::to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap()
    }

    // REQ OPS-4 EDGE-5
    #[tokio::test]
    async fn refusals_say_how_long_to_wait() {
        let response = respond(&Error::over(60, 30, 7), id());
        assert_eq!(response.headers()["ratelimit-policy"], "\"default\";q=60;w=30");
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "7");
        assert_eq!(response.headers()["ratelimit"], "\"default\";r=0;t=7");
        let body = text(response).await;
        assert!(body.contains(r#""code":"rate_limited","requestId":"req_0190"#), "{body}");
        let mut headers = HeaderMap::new();
        rate_limit(&mut headers, 60, 59, 30);
        assert_eq!(headers["ratelimit-policy"], "\"default\";q=60;w=30");
        assert_eq!(headers["ratelimit"], "\"default\";r=59;t=30");
    }

    // REQ OPS-4
    #[tokio::test]
    async fn foreign_errors_take_our_shape_and_keep_their_headers() {
        let mut raw = Response::new(Body::from("stack trace: /srv/secret"));
        *raw.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        raw.headers_mut().insert("allow", HeaderValue::from_static("GET"));
        let shaped = reshape(raw, id());
        assert_eq!(
            (shaped.status().as_u16(), &shaped.headers()["allow"]),
            (405, &HeaderValue::from_static("GET"))
        );
        let body = text(shaped).await;
        assert!(body.contains("method_not_allowed") && !body.contains("secret"), "{body}");
        let mut odd = Response::new(Body::empty());
        *odd.status_mut() = StatusCode::UPGRADE_REQUIRED;
        let odd = reshape(odd, id());
        assert_eq!(odd.status(), 426);
        assert!(text(odd).await.contains("bad_request"));
    }
}
