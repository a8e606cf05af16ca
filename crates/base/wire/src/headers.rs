//! The headers on every answer (EDGE-4). All values are made once, so that an answer costs a few copies of
//! pointers.

use std::time::Duration;

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// What a page of ours may do: run and load what we serve, talk to us, and nothing else. No inline script or
/// style, no eval, no frames either way, and nothing turns a string into HTML or script: no policy may be made.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'";

const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), \
     encrypted-media=(), fullscreen=(self), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), \
     idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), \
     picture-in-picture=(), publickey-credentials-create=(self), publickey-credentials-get=(self), \
     screen-wake-lock=(), serial=(), storage-access=(), usb=(), web-share=(), xr-spatial-tracking=()";

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// The headers on every answer.
#[derive(Clone, Debug)]
pub struct SecurityHeaders {
    plain_policy: HeaderValue,
    https_policy: HeaderValue,
    permissions: HeaderValue,
    hsts: HeaderValue,
}

impl SecurityHeaders {
    /// The headers; browsers remember for `hsts` that this host speaks only HTTPS.
    pub fn new(hsts: Duration) -> Self {
        let age = format!("max-age={}", hsts.as_secs());
        Self {
            plain_policy: HeaderValue::from_static(POLICY),
            https_policy: joined(POLICY, "; upgrade-insecure-requests"),
            permissions: HeaderValue::from_static(PERMISSIONS),
            hsts: HeaderValue::from_str(&age).unwrap_or(HeaderValue::from_static("max-age=31536000")),
        }
    }

    /// Puts them on an answer. A stricter page policy or another caching rule that the answer has already
    /// stays.
    pub fn apply(&self, headers: &mut HeaderMap, https: bool) {
        headers.reserve(12);
        if !headers.contains_key(CONTENT_SECURITY_POLICY) {
            let policy = if https { &self.https_policy } else { &self.plain_policy };
            headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        }
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(PERMISSIONS_POLICY, self.permissions.clone());
        headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
        if https {
            headers.insert(STRICT_TRANSPORT_SECURITY, self.hsts.clone());
        }
        if !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
}

/// Both texts as one value. The parts are ours and fixed; should one ever be unfit, the first alone is the
/// stricter.
fn joined(first: &'static str, second: &str) -> HeaderValue {
    HeaderValue::try_from(format!("{first}{second}")).unwrap_or(HeaderValue::from_static(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ EDGE-4 EDGE-2
    #[test]
    fn the_set_is_complete_and_strict() {
        let set = SecurityHeaders::new(Duration::from_secs(63_072_000));
        let mut headers = HeaderMap::new();
        set.apply(&mut headers, true);
        let text = |name: &str| headers.get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        let policy = text("content-security-policy");
        assert!(policy.ends_with("; upgrade-insecure-requests"));
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("  "), "{policy}");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "trusted-types 'none';"] {
            assert!(policy.contains(part), "{part}");
        }
        assert_eq!(text("strict-transport-security"), "max-age=63072000");
        assert_eq!(text("x-frame-options"), "DENY");
        assert_eq!(text("x-content-type-options"), "nosniff");
        assert_eq!(text("referrer-policy"), "no-referrer");
        assert_eq!(text("cross-origin-opener-policy"), "same-origin");
        assert_eq!(text("cross-origin-resource-policy"), "same-origin");
        assert_eq!(text("cache-control"), "no-store");
        assert!(text("permissions-policy").contains("camera=()"));
        let mut plain = HeaderMap::new();
        plain.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=1"));
        set.apply(&mut plain, false);
        assert!(!plain.contains_key(STRICT_TRANSPORT_SECURITY));
        assert_eq!(plain[CACHE_CONTROL], "max-age=1");
    }
}
