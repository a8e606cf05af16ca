//! HTTP to the dispatcher and back. Every operation's route is mounted here from its declaration; the few routes that are
//! not operations are listed in [`RAW_ROUTES`], which a test compares with a reviewed list.

use std::net::IpAddr;
use std::sync::Arc;

use access::{Answer, Call, Caller, Dispatcher, Generations, Limiter, Method, Rate, RawInput, Verdict};
use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, get, on};
use axum::{Extension, Json, Router};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use identity::{Identity, csrf_matches};
use kernel::cx::SignIn;
use kernel::time::{DAY, SECOND};
use kernel::{Code, Error, Person, RequestId, Result, Secret};
use realtime::{Realtime, Upgrade, Visitor};
use store::Store;
use time::format_description::well_known::Rfc3339;
use wire::{BodyLimit, Client, respond};

use crate::assets;
use crate::health::{self, Health};

/// The session cookie. The prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2).
const COOKIE_NAME: &str = "__Host-session";
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The routes that are no operations, and why they need not be.
pub const RAW_ROUTES: &[(&str, &str)] = &[
    ("/api/v1/realtime", "upgrade to WebSocket; session and Origin are checked, every frame is an operation"),
    ("/api/v1/openapi.json", "describes the API; the same for everybody"),
    ("/healthz", "says that the process is alive"),
    ("/readyz", "says which parts answer; details only for administrators"),
    ("/metrics", "numbers without names; needs the configured token"),
    ("/.well-known/security.txt", "how to report a weakness (RFC 9116)"),
    ("/.well-known/change-password", "leads password managers to the profile page"),
    ("/robots.txt", "keeps private pages out of search engines"),
];

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
    /// Requests of one address, whatever they ask for.
    pub per_address: Rate,
    /// What a body may cost.
    pub body: BodyLimit,
    /// How long the cookie is kept, in seconds.
    pub cookie_seconds: i64,
    /// What `/readyz` and `/metrics` know.
    pub health: Health,
    /// The API's description.
    pub openapi: serde_json::Value,
    /// Where weaknesses are reported.
    pub security_contact: String,
    /// Counts requests by address.
    pub limiter: Limiter<IpAddr>,
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
    router
        .route("/api/v1/realtime", get(socket))
        .route("/api/v1/openapi.json", get(|State(http): Shared| async move { Json(http.openapi.clone()) }))
        .route("/healthz", get(|| async { Json(serde_json::json!({ "status": "ok" })) }))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .route("/.well-known/security.txt", get(security))
        .route(
            "/.well-known/change-password",
            get(|| async { (StatusCode::FOUND, [(LOCATION, "/settings/profile")]) }),
        )
        .route("/robots.txt", get(|| async { "User-agent: *\nDisallow: /\n" }))
        .fallback(assets::serve)
        .method_not_allowed_fallback(wire::method_not_allowed)
        .with_state(http)
}

/// One operation over HTTP.
async fn operation(http: &Http, id: &'static str, request: Request) -> Response {
    let name = request.extensions().get::<RequestId>().copied();
    let name = name.unwrap_or_else(|| http.dispatcher.request_id());
    match try_operation(http, id, name, request).await {
        Ok(answer) => answered(http, answer),
        Err(error) => respond(&error, name),
    }
}

async fn try_operation(http: &Http, id: &'static str, name: RequestId, request: Request) -> Result<Answer> {
    let (mut parts, body) = request.into_parts();
    let client = client_of(&parts)?;
    http.limit(&client)?;
    let reads = parts.method == http::Method::GET;
    let (caller, token) = http.caller(&client, &parts.headers, !reads).await?;
    if let Some(token) = token.filter(|_| !reads) {
        let sent = parts.headers.get(CSRF).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !csrf_matches(token.reveal(), sent) {
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
    http.dispatcher.call(id, Call { caller, request, path, input }).await
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
    fn limit(&self, client: &Client) -> Result<()> {
        let Some(address) = client.address else { return Ok(()) };
        match self.limiter.check(kernel::net::subscriber(address), self.per_address, self.dispatcher.moment())
        {
            Verdict::Accepted { .. } => Ok(()),
            Verdict::Refused { retry_after } => Err(Error::new(Code::RateLimited).retry_after(retry_after)),
        }
    }

    /// Who calls, and the token that says so.
    async fn caller(
        &self,
        client: &Client,
        headers: &HeaderMap,
        fresh: bool,
    ) -> Result<(Caller, Option<Secret>)> {
        if client.console {
            return Ok((Caller::Console, None));
        }
        let Some(token) = session_token(headers) else { return Ok((Caller::Anonymous, None)) };
        let person =
            self.identity.authenticate(&self.store, token.reveal(), self.dispatcher.now(), fresh).await?;
        Ok(person.map_or((Caller::Anonymous, None), |person| (Caller::Person(person), Some(token))))
    }

    async fn person(&self, client: &Client, headers: &HeaderMap) -> Result<Person> {
        match self.caller(client, headers, true).await?.0 {
            Caller::Person(person) => Ok(person),
            _ => Err(Error::new(Code::Unauthenticated)),
        }
    }
}

/// The one session cookie. Two of them mean that somebody plants cookies: then there is none.
fn session_token(headers: &HeaderMap) -> Option<Secret> {
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

fn answered(http: &Http, answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
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
        http.limit(&client)?;
        let person = http.person(&client, request.headers()).await?;
        let active = {
            let (http, person) = (http.clone(), person.clone());
            Box::new(move || http.identity.touch(&http.store, &person, http.dispatcher.now()))
        };
        let visitor = Visitor { person, request: origin(name, &client, request.headers())?, active };
        Ok(Upgrade::new(request)?.serve(http.realtime.clone(), visitor, &http.generations))
    };
    opened.await.unwrap_or_else(|error: Error| respond(&error, name))
}

/// Whether every part answers. Which one does not is for administrators only.
async fn ready(State(http): Shared, Extension(client): Extension<Client>, headers: HeaderMap) -> Response {
    let report = http.health.report(&http.store).await;
    let trusted = client.console
        || http.person(&client, &headers).await.is_ok_and(|p| p.super_admin)
        || http.health.knows(&headers);
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
