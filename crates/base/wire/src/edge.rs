//! Around every request: its name, its client, the gates, panics, the time limit, and the headers on its
//! answer.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use futures_util::FutureExt;
use http::header::{self, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri};
use hyper::body::{Body as _, Incoming};
use kernel::{Clock, Code, Entropy, Error, RequestId, Result};
use tower::Service;
use tracing::Instrument;

use crate::budget::{Budget, Full, Hold, REQUEST, Shared};
use crate::client::{Client, Peer, TrustedProxies};
use crate::connection::{Activity, Arriving};
use crate::cors;
use crate::csrf::{Origins, same_site};
use crate::error::{reshape, respond};
use crate::headers::SecurityHeaders;
use crate::host::{Hosts, Origin};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers of which a request has one: of two, programs on its way could each believe another. [`Hosts`] refuses a second
/// `Host`, and HTTP itself a second length that is another one.
const ONCE: [HeaderName; 12] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::IF_MODIFIED_SINCE,
    header::ORIGIN,
    header::RANGE,
    header::REFERER,
    header::USER_AGENT,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("sec-fetch-mode"),
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("x-csrf-token"),
];

/// Counts one more request of an address.
pub type Gate = Arc<dyn Fn(IpAddr) -> Result<()> + Send + Sync>;

/// What the edge needs to know.
pub struct EdgeConfig {
    /// Where people reach this server. Redirects lead here, whatever a request says.
    pub public: Origin,
    /// The hosts that a request may name.
    pub hosts: Hosts,
    /// Other origins whose pages may use the API.
    pub cors: Vec<Origin>,
    /// The proxies that are believed.
    pub proxies: TrustedProxies,
    /// How long browsers remember that this host speaks only HTTPS.
    pub hsts: Duration,
    /// From a request's head to the head of its answer.
    pub request_time: Duration,
    /// Bytes of a request's target and headers at most.
    pub head_bytes: usize,
    /// Counts every request of an address, whatever it asks for, and refuses it when there are too many.
    pub gate: Gate,
    /// Paths that are answered for any host and over plain HTTP behind a proxy: health probes name addresses.
    pub probes: Vec<&'static str>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// The edge. Cheap to clone.
#[derive(Clone)]
pub struct Edge(Arc<Inner>);

struct Inner {
    config: EdgeConfig,
    origins: Origins,
    headers: SecurityHeaders,
    answered: [metrics::Counter; 5],
    seconds: metrics::Histogram,
    panics: metrics::Counter,
}

/// What the gates say.
enum Way {
    In,
    Redirect,
    Preflight,
}

impl Edge {
    /// An edge. The metrics recorder must be installed before.
    pub fn new(config: EdgeConfig) -> Self {
        let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        Self(Arc::new(Inner {
            origins: Origins::new(config.public.clone(), config.cors.clone()),
            headers: SecurityHeaders::new(config.hsts),
            answered: classes
                .map(|class| metrics::counter!("holdfast_http_answers_total", "status" => class)),
            seconds: metrics::histogram!("holdfast_http_seconds"),
            panics: metrics::counter!("holdfast_panics_total"),
            config,
        }))
    }

    /// Whether this address stands for many clients.
    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        self.0.config.proxies.trusts(address)
    }

    /// Answers a request with the application inside the edge, and tells what is held for it until the answer
    /// is taken. The application finds [`Peer`], [`Client`] and [`RequestId`] among the request's extensions.
    pub(crate) async fn answer(
        &self,
        app: Router,
        request: Request<Incoming>,
        peer: Peer,
        budget: &Budget,
        connection: &Arc<Activity>,
    ) -> (Response, Arc<Hold>) {
        let client = self.0.config.proxies.client(&peer, request.headers());
        let many = peer.address.is_some_and(|peer| self.is_proxy(peer.ip()));
        let hold = Hold::new(budget, connection, client.address, many);
        let head = REQUEST + head_size(request.uri(), request.headers());
        let counted = client.address.map_or(Ok(()), |address| (self.0.config.gate)(address));
        let fits = hold.take(head).inspect_err(|_| hold.force(head));
        let fits = counted.and(fits.map_err(Error::from));
        let request = request.map(|body| Body::new(Arriving::new(Body::new(body), hold.clone())));
        let mut response = self.answer_to(app, request, peer, client, fits).await;
        // The request is answered: what came in is gone.
        hold.give_back(hold.bytes().saturating_sub(REQUEST));
        let shared = response.extensions().get::<Shared>().is_some();
        let bytes = response.body().size_hint().exact().filter(|_| !shared).unwrap_or_default();
        if let Err(full) = hold.take(usize::try_from(bytes).unwrap_or(usize::MAX / 2)) {
            response = self.answer_full(full, client.https);
        }
        (response, hold)
    }

    /// The answer to a request for which there is no memory.
    fn answer_full(&self, full: Full, https: bool) -> Response {
        let id = self.request_id();
        let mut response = respond(&full.into(), id);
        self.finish(&mut response, id, https);
        response
    }

    async fn answer_to(
        &self,
        app: Router,
        mut request: Request<Body>,
        peer: Peer,
        client: Client,
        fits: Result<()>,
    ) -> Response {
        let started = Instant::now();
        let id = self.request_id();
        let preflight = cors::is_preflight(request.method(), request.headers());
        let reader = cors::asking(request.headers(), &self.0.origins);
        let way = fits.and_then(|()| self.way(&request, &peer, &client, reader.is_some() && preflight));
        let mut response = match way {
            Ok(Way::In) => {
                let extensions = request.extensions_mut();
                extensions.insert(peer);
                extensions.insert(client);
                extensions.insert(id);
                reshape(self.inside(app, request, id).await, id)
            }
            Ok(Way::Redirect) => self.redirect(request.uri()),
            Ok(Way::Preflight) => empty(StatusCode::NO_CONTENT),
            Err(error) => {
                // Counted rather than logged: whoever sends nonsense must not be able to fill the disk.
                let code = error.code.as_str();
                metrics::counter!("holdfast_edge_refusals_total", "code" => code).increment(1);
                tracing::debug!(request = %id, code, cause = error.cause, "refused at the edge");
                respond(&error, id)
            }
        };
        if let Some(origin) = reader {
            cors::allow(response.headers_mut(), origin, preflight);
        }
        self.finish(&mut response, id, client.https);
        self.0.seconds.record(started.elapsed());
        response
    }

    /// Answers a request over plain HTTP: with the way to HTTPS and nothing else.
    pub(crate) fn answer_plain(&self, request: &Request<Incoming>, address: Option<IpAddr>) -> Response {
        let id = self.request_id();
        let counted = address.map_or(Ok(()), |address| (self.0.config.gate)(address));
        let mut response = match counted {
            Ok(()) => self.redirect(request.uri()),
            Err(error) => respond(&error, id),
        };
        self.finish(&mut response, id, false);
        response
    }

    /// The whole answer, in bytes, to something that is not HTTP. The connection ends with it.
    pub(crate) fn raw_refusal(&self, status: u16, https: bool) -> Vec<u8> {
        let id = self.request_id();
        let code = if status == 431 { Code::HeadersTooLarge } else { Code::BadRequest };
        let error = Error::new(code);
        let mut response = respond(&error, id);
        self.finish(&mut response, id, https);
        let body = serde_json::to_vec(&error.body(id)).unwrap_or_default();
        let reason = StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("");
        let length = body.len();
        let mut bytes =
            format!("HTTP/1.1 {status} {reason}\r\nconnection: close\r\ncontent-length: {length}\r\n")
                .into_bytes();
        for (name, value) in response.headers() {
            bytes.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&body);
        bytes
    }

    fn request_id(&self) -> RequestId {
        RequestId(kernel::cx::uuid_v7(self.0.config.clock.now(), &*self.0.config.entropy))
    }

    fn way(&self, request: &Request<Body>, peer: &Peer, client: &Client, preflight: bool) -> Result<Way> {
        let config = &self.0.config;
        let (uri, headers) = (request.uri(), request.headers());
        if head_size(uri, headers) > config.head_bytes {
            return Err(Error::new(Code::HeadersTooLarge));
        }
        if let Some(name) = ONCE.iter().find(|name| headers.get_all(*name).iter().nth(1).is_some()) {
            let told = format!("The header {name} may stand in a request once only.");
            return Err(Error::new(Code::BadRequest).message(told));
        }
        if peer.is_console() || config.probes.contains(&uri.path()) {
            return Ok(Way::In);
        }
        if !client.https && config.public.is_https() {
            return Ok(Way::Redirect);
        }
        config.hosts.check(uri, headers).map_err(|e| e.hint(format!("Open {} instead.", config.public)))?;
        same_site(request.method(), headers, &self.0.origins)?;
        Ok(if preflight { Way::Preflight } else { Way::In })
    }

    async fn inside(&self, mut app: Router, request: Request<Body>, id: RequestId) -> Response {
        // Under a target of its own, so that only a tracer ever enables it: without one it is a look at one
        // number.
        let span = tracing::info_span!(target: "trace", "http", request = %id, method = %request.method());
        let answering = AssertUnwindSafe(app.call(request)).catch_unwind().instrument(span);
        match tokio::time::timeout(self.0.config.request_time, answering).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(_panic)) => {
                // What a panic says may hold what a person wrote, so it is not repeated here.
                self.0.panics.increment(1);
                tracing::error!(request = %id, "a handler panicked");
                respond(&Error::new(Code::Internal), id)
            }
            Err(_elapsed) => {
                tracing::error!(request = %id, "a request took too long and was stopped");
                respond(&Error::new(Code::Timeout), id)
            }
        }
    }

    fn redirect(&self, uri: &Uri) -> Response {
        let path = uri.path_and_query().map_or("/", |p| p.as_str());
        let path = if path.starts_with('/') { path } else { "/" };
        let mut response = empty(StatusCode::PERMANENT_REDIRECT);
        match HeaderValue::try_from(format!("{}{path}", self.0.config.public)) {
            Ok(target) => response.headers_mut().insert(LOCATION, target),
            Err(_) => None,
        };
        response
    }

    fn finish(&self, response: &mut Response, id: RequestId, https: bool) {
        let status = usize::from(response.status().as_u16());
        if let Some(counter) = self.0.answered.get((status / 100).wrapping_sub(1)) {
            counter.increment(1);
        }
        let headers = response.headers_mut();
        self.0.headers.apply(headers, https);
        if let Ok(name) = HeaderValue::try_from(id.to_string()) {
            headers.insert(REQUEST_ID, name);
        }
    }
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// As HTTP/2 counts it (RFC 9113, 6.5.2), without its surcharge.
fn head_size(uri: &Uri, headers: &HeaderMap) -> usize {
    let target = uri.path_and_query().map_or(0, |p| p.as_str().len());
    target + headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>()
}
