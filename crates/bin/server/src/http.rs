//! HTTP to the dispatcher and back. Every operation's route is mounted here from its declaration; the few routes that are
//! not operations stand in [`raw`], which a test compares with a reviewed list.

use std::sync::Arc;

use access::{Answer, Call, DataClass, Dispatcher, Generations, Method, RawInput};
use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, get, on};
use axum::{Extension, Json, Router};
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, ETAG, IF_NONE_MATCH, LOCATION,
    SET_COOKIE, USER_AGENT, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use identity::{Identity, Shown, csrf_matches};
use kernel::cx::SignIn;
use kernel::time::{DAY, SECOND};
use kernel::{Code, Error, Principal, RequestId, Result, Secret};
use realtime::{Realtime, Upgrade, Visitor};
use sha2::{Digest, Sha256};
use store::Store;
use time::format_description::well_known::Rfc3339;
use tokio::sync::OnceCell;
use wire::content::Content;
use wire::{BodyLimit, Client, respond};

use crate::assets;
use crate::health::{self, Health};

/// The session cookie. The prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2).
const COOKIE_NAME: &str = "__Host-session";
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// What the routes share.
pub(crate) struct Http {
    /// The way to every verb.
    pub dispatcher: Dispatcher,
    /// Knows sessions.
    pub identity: Identity,
    /// The database.
    pub store: Store,
    /// Whose authority has changed.
    pub generations: Arc<Generations>,
    /// What sockets need.
    pub realtime: Realtime,
    /// What a body may cost.
    pub body: BodyLimit,
    /// How long the cookie is kept, in seconds.
    pub cookie_seconds: i64,
    /// What `/readyz` and `/metrics` know.
    pub health: Health,
    /// The API's description, once somebody has asked for it.
    pub openapi: OnceCell<Content>,
    /// Where weaknesses are reported.
    pub security_contact: String,
}

type Shared = State<Arc<Http>>;

/// The whole application, inside the edge.
pub(crate) fn router(http: Arc<Http>) -> Router {
    let mut router = Router::new();
    for (id, route) in http.dispatcher.routes() {
        let filter = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Put => MethodFilter::PUT,
            Method::Patch => MethodFilter::PATCH,
            Method::Delete => MethodFilter::DELETE,
        };
        let handler =
            move |State(http): Shared, request: Request| async move { operation(&http, id, request).await };
        router = router.route(&format!("/api/v1{}", route.path), on(filter, handler));
    }
    for (path, _, answer) in raw() {
        router = router.route(path, answer);
    }
    router.fallback(assets::serve).method_not_allowed_fallback(wire::method_not_allowed).with_state(http)
}

/// The routes that are no operations, why they need not be, and what answers there.
fn raw() -> [(&'static str, &'static str, MethodRouter<Arc<Http>>); 8] {
    let alive = || async { Json(serde_json::json!({ "status": "ok" })) };
    let profile = || async { (StatusCode::FOUND, [(LOCATION, "/settings/profile")]) };
    let robots = || async { "User-agent: *\nDisallow: /\n" };
    [
        (
            "/api/v1/realtime",
            "upgrade to WebSocket; session and Origin are checked, every frame is an operation",
            get(socket),
        ),
        ("/api/v1/openapi.json", "describes the API; the same for everybody", get(description)),
        ("/healthz", "says that the process is alive", get(alive)),
        ("/readyz", "says which parts answer; details only for administrators", get(ready)),
        ("/metrics", "numbers without names; needs the configured token", get(numbers)),
        ("/.well-known/security.txt", "how to report a weakness (RFC 9116)", get(security)),
        ("/.well-known/change-password", "leads password managers to the profile page", get(profile)),
        ("/robots.txt", "keeps private pages out of search engines", get(robots)),
    ]
}

/// The routes that are no operations, and why they need not be.
pub fn raw_routes() -> [(&'static str, &'static str); 8] {
    raw().map(|(path, why, _)| (path, why))
}

/// The API's description, packed.
fn document(dispatcher: &Dispatcher) -> Result<Content> {
    let openapi = access::openapi(dispatcher, env!("CARGO_PKG_VERSION"))?;
    let plain = serde_json::to_vec(&openapi).map_err(Error::internal)?;
    let packed = wire::content::gzip(&plain).map(|packed| ("gzip", packed.into()));
    Ok(Content::new(&tag_of(&plain), plain.into(), packed.into_iter().collect()))
}

async fn description(State(http): Shared, headers: HeaderMap) -> Response {
    // Made when it is asked for first: it takes as long as a fifth of a start.
    let content = match http.openapi.get_or_try_init(|| async { document(&http.dispatcher) }).await {
        Ok(content) => content,
        Err(error) => return respond(&error, http.dispatcher.request_id()),
    };
    let mut response = content.answer(&headers);
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// One operation over HTTP.
async fn operation(http: &Http, id: &'static str, request: Request) -> Response {
    let name = request.extensions().get::<RequestId>().copied();
    let name = name.unwrap_or_else(|| http.dispatcher.request_id());
    let reads = request.method() == http::Method::GET || request.method() == http::Method::HEAD;
    let wants = reads.then(|| Wants::of(request.headers()));
    match try_operation(http, id, name, reads, request).await {
        Ok(answer) => answered(http, answer, wants).await,
        Err(error) => respond(&error, name),
    }
}

async fn try_operation(
    http: &Http,
    id: &'static str,
    name: RequestId,
    reads: bool,
    request: Request,
) -> Result<Answer> {
    let (mut parts, body) = request.into_parts();
    let client = client_of(&parts)?;
    let (principal, cookie) = http.caller(&client, &parts.headers, !reads).await?;
    if let Some(cookie) = cookie.filter(|_| !reads) {
        let sent = parts.headers.get(CSRF).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !csrf_matches(cookie.reveal(), sent) {
            return Err(Error::new(Code::CrossSite).cause("the CSRF token is missing or wrong"));
        }
    }
    let path =
        RawPathParams::from_request_parts(&mut parts, &()).await.map_err(|_| Error::new(Code::BadRequest))?;
    let path = path.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let input = if reads {
        RawInput::Query(query(parts.uri.query().unwrap_or_default()))
    } else {
        RawInput::Json(wire::body::read_json(&parts.headers, body, http.body).await?.into())
    };
    let request = origin(name, &client, &parts.headers)?;
    http.dispatcher.call(id, Call { principal, request, path, input, counted: true }).await
}

fn query(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn client_of(parts: &http::request::Parts) -> Result<Client> {
    parts.extensions.get::<Client>().cloned().ok_or_else(|| Error::internal("a request came past the edge"))
}

/// Where a request came from, as the ledger keeps it.
fn origin(id: RequestId, client: &Client, headers: &HeaderMap) -> Result<kernel::Request> {
    let agent = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let device: String = agent.chars().take(256).collect();
    let key = headers.get(IDEMPOTENCY_KEY).map(|v| v.to_str().map(str::to_owned));
    let idempotency_key =
        key.transpose().map_err(|_| Error::field("Idempotency-Key", "must be visible ASCII"))?;
    Ok(kernel::Request { id, address: client.address, device: device.into(), idempotency_key })
}

impl Http {
    /// Who calls, and the cookie that says so, which a browser may have been made to send. A token is sent by whoever holds it:
    /// with one there is no cookie to consider.
    async fn caller(
        &self,
        client: &Client,
        headers: &HeaderMap,
        fresh: bool,
    ) -> Result<(Principal, Option<Secret>)> {
        if client.console {
            return Ok((Principal::console(), None));
        }
        let now = self.dispatcher.now();
        if headers.contains_key(AUTHORIZATION) {
            let shown = Shown::Token(bearer(headers)?);
            let found = self.identity.authenticate(&self.store, &shown, now, fresh).await?;
            return Ok((found.ok_or_else(bad_token)?, None));
        }
        let Some(cookie) = session_cookie(headers) else { return Ok((Principal::anonymous(), None)) };
        let shown = Shown::Session(cookie.clone());
        let found = self.identity.authenticate(&self.store, &shown, now, fresh).await?;
        Ok(found.map_or((Principal::anonymous(), None), |principal| (principal, Some(cookie))))
    }

    /// Whoever calls, if they are known.
    async fn known(&self, client: &Client, headers: &HeaderMap) -> Result<Principal> {
        match self.caller(client, headers, true).await?.0 {
            principal if principal.user().is_some() || principal.token().is_some() => Ok(principal),
            _ => Err(Error::new(Code::Unauthenticated)),
        }
    }
}

/// The token behind `Bearer` (RFC 6750, 2.1).
fn bearer(headers: &HeaderMap) -> Result<Secret> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return Err(bad_token()) };
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(bad_token)?;
    let token = token.trim();
    match scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= Secret::MAX {
        true => Ok(Secret::new(token)),
        false => Err(bad_token()),
    }
}

fn bad_token() -> Error {
    Error::new(Code::Unauthenticated)
        .message("This token is not good: it is mistyped, revoked or expired.")
        .hint("send Authorization: Bearer and a token from Settings, Access tokens")
}

/// The one session cookie. Two of them mean that somebody plants cookies: then there is none.
fn session_cookie(headers: &HeaderMap) -> Option<Secret> {
    let mut found = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE_NAME);
    let (_, token) = found.next()?;
    let alone = found.next().is_none() && !token.is_empty() && token.len() <= Secret::MAX;
    alone.then(|| Secret::new(token))
}

async fn answered(http: &Http, answer: Answer, wants: Option<Wants>) -> Response {
    // Tokens are not compressed beside what somebody else may have chosen (BREACH), and stay nowhere. What
    // people wrote stays on no disk either.
    let wants = wants.filter(|_| answer.data_class != DataClass::Credential);
    let kept = wants.is_some() && answer.data_class != DataClass::Content;
    let mut response = match wants {
        Some(wants) if answer.body.len() >= WORTH => wants.answer(answer.body, kept).await,
        _ => Response::new(Body::from(answer.body)),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
        .insert(CACHE_CONTROL, HeaderValue::from_static(if kept { "private, no-cache" } else { "no-store" }));
    let (quota, remaining, window) = answer.rate;
    wire::rate_limit(headers, quota, remaining, window);
    let cookie = match answer.sign_in {
        SignIn::Keep => None,
        SignIn::Start(token) => Some(set_cookie(token.reveal(), http.cookie_seconds)),
        SignIn::End => {
            headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\", \"cookies\", \"storage\""));
            Some(set_cookie("", 0))
        }
    };
    if let Some(mut cookie) = cookie.and_then(|text| HeaderValue::try_from(text).ok()) {
        cookie.set_sensitive(true);
        headers.insert(SET_COOKIE, cookie);
    }
    response
}

/// Answers shorter than this are sent as they are: compressing them takes longer than sending them.
const WORTH: usize = 4 * 1024;
/// Answers longer than this are compressed beside the threads that serve.
const LONG: usize = 64 * 1024;

/// How a client takes what it reads, and what it has already.
struct Wants {
    headers: HeaderMap,
    packed: bool,
}

impl Wants {
    fn of(headers: &HeaderMap) -> Self {
        let known = headers.get_all(IF_NONE_MATCH).iter().map(|tag| (IF_NONE_MATCH, tag.clone()));
        Self { headers: known.collect(), packed: wire::content::accepts(headers, "gzip") }
    }

    /// The answer, compressed if the client takes that; where it may be kept, with a tag by which the client
    /// can ask whether it is still the same.
    async fn answer(self, body: Vec<u8>, kept: bool) -> Response {
        let long = body.len() > LONG;
        let pack = move || self.pack(body, kept);
        let (tag, coding, body) = if long {
            match tokio::task::spawn_blocking(pack).await {
                Ok(packed) => packed,
                Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        } else {
            pack()
        };
        let mut response = Response::default();
        match body {
            Some(mut body) => {
                // It may wait for its reader for a while.
                body.shrink_to_fit();
                *response.body_mut() = Body::from(body);
            }
            None => *response.status_mut() = StatusCode::NOT_MODIFIED,
        }
        let headers = response.headers_mut();
        if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(tag).ok()) {
            headers.insert(ETAG, tag);
        }
        if let Some(coding) = coding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        headers.insert(VARY, HeaderValue::from_static("accept-encoding, cookie"));
        response
    }

    /// Tag, coding and bytes; no bytes where the client has them already.
    fn pack(&self, body: Vec<u8>, kept: bool) -> (Option<String>, Option<&'static str>, Option<Vec<u8>>) {
        let tag = kept.then(|| format!("W/\"{}\"", tag_of(&body)));
        if tag.as_ref().is_some_and(|tag| wire::content::has(&self.headers, tag)) {
            return (tag, None, None);
        }
        match self.packed.then(|| wire::content::gzip(&body)).flatten() {
            Some(packed) => (tag, Some("gzip"), Some(packed)),
            None => (tag, None, Some(body)),
        }
    }
}

/// What the bytes are called: the same bytes, the same name.
fn tag_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(12).map(|b| format!("{b:02x}")).collect()
}

fn set_cookie(token: &str, seconds: i64) -> String {
    format!("{COOKIE_NAME}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// Opens the tab's WebSocket.
async fn socket(
    State(http): Shared,
    Extension(client): Extension<Client>,
    Extension(name): Extension<RequestId>,
    request: Request,
) -> Response {
    let opened = async {
        let principal = http.known(&client, request.headers()).await?;
        let active = {
            let (http, principal) = (http.clone(), principal.clone());
            Box::new(move || http.identity.touch(&http.store, &principal, http.dispatcher.now()))
        };
        let visitor = Visitor { principal, request: origin(name, &client, request.headers())?, active };
        Ok(Upgrade::new(request)?.serve(http.realtime.clone(), visitor, &http.generations))
    };
    opened.await.unwrap_or_else(|error: Error| respond(&error, name))
}

/// Whether every part answers. Which one does not is for administrators only.
async fn ready(State(http): Shared, Extension(client): Extension<Client>, headers: HeaderMap) -> Response {
    let report = http.health.report(&http.store).await;
    let trusted = client.console
        || http.health.knows(&headers)
        || http.known(&client, &headers).await.is_ok_and(|p| p.super_admin);
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = if trusted { report.details() } else { report.summary() };
    (status, Json(body)).into_response()
}

async fn numbers(
    State(http): Shared,
    Extension(client): Extension<Client>,
    Extension(name): Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    if !client.console && !http.health.knows(&headers) {
        return respond(&Error::not_found(), name);
    }
    metrics::gauge!("holdfast_sockets")
        .set(u32::try_from(http.realtime.hub.connections()).unwrap_or(u32::MAX));
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], health::render(&http.health)).into_response()
}

async fn security(State(http): Shared) -> Response {
    // RFC 9116 wants an expiry; a year from whenever it is asked for says that this server is looked after.
    let expires = time::OffsetDateTime::from_unix_timestamp((http.dispatcher.now().0 + 365 * DAY) / SECOND)
        .ok()
        .and_then(|t| t.format(&Rfc3339).ok())
        .unwrap_or_default();
    let text = format!("Contact: {}\nExpires: {expires}\nPreferred-Languages: en\n", http.security_contact);
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
