//! The front end, embedded in the binary. Every path that is neither a file nor the API's is a page of the application.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::Extension;
use axum::body::Bytes;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Uri};
use kernel::{Code, Error, RequestId};
use rust_embed::{EmbeddedFile, RustEmbed};
use wire::content::Content;
use wire::respond;

#[derive(RustEmbed)]
#[folder = "../../../web/dist"]
#[allow_missing = true]
struct Dist;

/// One file as it is served.
struct File {
    content: Content,
    kind: HeaderValue,
    caching: HeaderValue,
}

/// All files, in memory once, however many ask for them.
static FILES: LazyLock<HashMap<String, File>> = LazyLock::new(|| {
    let files = Dist::iter().filter_map(|path| Some((path.to_string(), file(&path, Dist::get(&path)?))));
    files.collect()
});

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    }
}

fn file(path: &str, file: EmbeddedFile) -> File {
    // Compressed once, when the front end was built.
    let packed = [("br", "br"), ("gzip", "gz")].into_iter().filter_map(|(coding, ending)| {
        Dist::get(&format!("{path}.{ending}")).map(|file| (coding, bytes(file.data)))
    });
    let packed = packed.collect();
    let tag: String = file.metadata.sha256_hash().iter().take(12).map(|b| format!("{b:02x}")).collect();
    let kind = file.metadata.mimetype();
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    // Files under assets/ carry a hash of their content in their name.
    let caching =
        if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    File {
        content: Content::new(&tag, bytes(file.data), packed),
        kind: HeaderValue::try_from(kind).unwrap_or(HeaderValue::from_static("application/octet-stream")),
        caching: HeaderValue::from_static(caching),
    }
}

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
    // Names are looked up in a table, so no path can lead anywhere else.
    if let Some(file) = FILES.get(path) {
        return file.answer(&headers);
    }
    let looks_like_a_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    match FILES.get("index.html") {
        Some(page) if !looks_like_a_file => page.answer(&headers),
        Some(_) => respond(&Error::not_found(), name),
        None => respond(
            &Error::not_found()
                .hint("this build has no front end: run `npm run build` in web/ and build again"),
            name,
        ),
    }
}

impl File {
    fn answer(&self, headers: &HeaderMap) -> Response {
        let mut response = self.content.answer(headers);
        let out = response.headers_mut();
        out.insert(CONTENT_TYPE, self.kind.clone());
        out.insert(CACHE_CONTROL, self.caching.clone());
        response
    }
}
