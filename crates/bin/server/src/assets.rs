//! The front end, embedded in the binary. Every path that is neither a file nor the API's is a page of the application.

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use kernel::{Code, Error, RequestId};
use rust_embed::{EmbeddedFile, RustEmbed};
use wire::respond;

#[derive(RustEmbed)]
#[folder = "../../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Serves a file, the application's page, or 404.
pub(crate) async fn serve(
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Extension(name): Extension<RequestId>,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || path.starts_with(".well-known/") {
        return respond(&Error::not_found(), name);
    }
    if method != Method::GET && method != Method::HEAD {
        return respond(&Error::new(Code::MethodNotAllowed), name);
    }
    // Names are looked up in a table made at build time, so no path can lead anywhere else.
    if let Some(file) = Dist::get(path).filter(|_| path != "index.html") {
        return answer(path, file, &headers);
    }
    let looks_like_a_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    match Dist::get("index.html") {
        Some(page) if !looks_like_a_file => answer("index.html", page, &headers),
        Some(_) => respond(&Error::not_found(), name),
        None => respond(
            &Error::not_found()
                .hint("this build has no front end: run `npm run build` in web/ and build again"),
            name,
        ),
    }
}

fn answer(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let kind = file.metadata.mimetype().to_owned();
    let accepts = |coding: &str| {
        let accepted = headers.get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
        accepted.split(',').any(|part| part.trim().split(';').next() == Some(coding))
    };
    // Compressed once, when the front end was built.
    let packed = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| accepts(coding))
        .find_map(|(coding, ending)| Dist::get(&format!("{path}.{ending}")).map(|f| (coding, f)));
    let hash: String = file.metadata.sha256_hash().iter().take(12).map(|b| format!("{b:02x}")).collect();
    let tag = format!("\"{hash}-{}\"", packed.as_ref().map_or("id", |(coding, _)| coding));
    // Files under assets/ carry a hash of their content in their name.
    let caching =
        if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = if headers.get(IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let (coding, data) = packed.map_or((None, file.data), |(coding, f)| (Some(coding), f.data));
        let mut response = data.into_owned().into_response();
        if let Some(coding) = coding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    };
    let out = response.headers_mut();
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind };
    for (header, value) in [(CONTENT_TYPE, kind), (ETAG, tag), (CACHE_CONTROL, caching.to_owned())] {
        if let Ok(value) = HeaderValue::try_from(value) {
            out.insert(header, value);
        }
    }
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}
