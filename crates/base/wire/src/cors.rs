//! What pages of listed sites may read. The list is empty by default, and then none of this says a word
//! (EDGE-7).

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method};

use crate::csrf::Origins;

/// The listed origin that asks, if one does.
pub(crate) fn asking(headers: &HeaderMap, origins: &Origins) -> Option<HeaderValue> {
    headers.get(ORIGIN).filter(|origin| origins.lists(origin)).cloned()
}

/// Whether this is a browser's question before the real request.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Lets the origin read the answer.
pub(crate) fn allow(headers: &mut HeaderMap, origin: HeaderValue, preflight: bool) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.append(VARY, HeaderValue::from_static("origin"));
    if preflight {
        let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        let sent = HeaderValue::from_static("content-type, idempotency-key, x-csrf-token");
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, sent);
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    } else {
        let shown = HeaderValue::from_static("retry-after, ratelimit, ratelimit-policy, x-request-id");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, shown);
    }
}
