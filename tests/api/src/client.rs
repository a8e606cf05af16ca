//! A person's browser, as far as the API is concerned: keeps the cookie, sends the CSRF token, knows the operations by
//! name from the committed description.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

use axum::body::Body;
use hyper_util::rt::TokioIo;
use reqwest::Method;
use serde_json::{Value, json};

/// The committed description of the API.
pub static OPENAPI: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../api/openapi.json")).unwrap());

/// A password that nobody has yet.
pub const PASSWORD_FOR_NEW: &str = "mirror otter plankton velvet";

/// Method and path of an operation.
pub fn route(operation: &str) -> (Method, String) {
    for (path, methods) in OPENAPI["paths"].as_object().unwrap() {
        for (method, entry) in methods.as_object().unwrap() {
            if entry["operationId"] == operation {
                return (method.to_uppercase().parse().unwrap(), path.clone());
            }
        }
    }
    panic!("no operation {operation}; run `cargo xtask gen`");
}

/// What an operation answers is what its description says (OPS-1): every test holds it to that. Beside it is what every
/// address can answer: another method, another host, a head that is too large, the way to HTTPS.
#[track_caller]
fn must_be_declared(method: &Method, path: &str, status: u16) {
    let segments: Vec<&str> = path.split('/').collect();
    let matches = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == segments.len()
            && parts.iter().zip(&segments).all(|(p, s)| p.starts_with('{') || p == s)
    };
    let paths = OPENAPI["paths"].as_object().unwrap();
    // A word is meant before an id.
    let found =
        paths.iter().filter(|(template, _)| matches(template)).min_by_key(|(t, _)| t.matches('{').count());
    let Some(operation) = found.and_then(|(_, methods)| methods.get(method.as_str().to_lowercase())) else {
        return;
    };
    let declared = operation["responses"].get(status.to_string()).is_some();
    let everywhere = matches!(status, 308 | 405 | 421 | 431);
    assert!(declared || everywhere, "{} does not say that it can answer {status}", operation["operationId"]);
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Reply {
    /// What was answered, if it was carried out.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{:#}", self.body);
        self.body
    }

    /// Checks that it was refused with this code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.body["code"].as_str().unwrap_or_default()),
            (status, code),
            "{:#}",
            self.body
        );
        assert!(self.body["requestId"].as_str().unwrap().starts_with("req_"));
        self.body
    }
}

/// Somebody.
#[derive(Debug)]
pub struct Client {
    pub address: SocketAddr,
    http: reqwest::Client,
    /// The cookie's value, if there is a session.
    pub cookie: Mutex<Option<String>>,
    pub csrf: String,
    /// The token that a program sends instead of a cookie.
    pub token: Option<String>,
    /// The organisation that they belong to.
    pub org: String,
    /// Who they are in it.
    pub member: String,
    /// Their account.
    pub user: String,
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self {
            address: self.address,
            http: self.http.clone(),
            cookie: Mutex::new(self.cookie()),
            csrf: self.csrf.clone(),
            token: self.token.clone(),
            org: self.org.clone(),
            member: self.member.clone(),
            user: self.user.clone(),
        }
    }
}

impl Client {
    /// Somebody without a session, on connections that others use too: making new ones each time costs milliseconds.
    pub(crate) fn new(address: SocketAddr, http: reqwest::Client) -> Self {
        Self {
            address,
            http,
            cookie: Mutex::new(None),
            csrf: String::new(),
            token: None,
            org: String::new(),
            member: String::new(),
            user: String::new(),
        }
    }

    /// The same person, who reaches the server over there.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    /// A request as a browser on our own page would send it.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self
            .http
            .request(method, format!("http://{}{path}", self.address))
            .header("host", "holdfast.test")
            .header("x-forwarded-proto", "https");
        if let Some(token) = &self.token {
            return request
                .header("user-agent", "a-program/1.0")
                .header("authorization", format!("Bearer {token}"));
        }
        let mut request = request
            .header("origin", "https://holdfast.test")
            .header("sec-fetch-site", "same-origin")
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        if let Some(cookie) = self.cookie() {
            request = request
                .header("cookie", format!("__Host-session={cookie}"))
                .header("x-csrf-token", &self.csrf);
        }
        request
    }

    /// Sends a request, and keeps the cookie that comes back.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await.unwrap();
        must_be_declared(&method, &path, response.status().as_u16());
        for cookie in response.headers().get_all("set-cookie") {
            let value = cookie.to_str().unwrap().split(';').next().unwrap();
            let value = value.strip_prefix("__Host-session=").unwrap();
            *self.cookie.lock().unwrap() = Some(value.to_owned()).filter(|v| !v.is_empty());
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Reply { status, headers, body }
    }

    /// Carries out an operation by name.
    pub async fn call(&self, operation: &str, path: &[(&str, &str)], input: Value) -> Reply {
        let (method, mut target) = route(operation);
        for (name, value) in path {
            target = target.replace(&format!("{{{name}}}"), value);
        }
        let request = self.request(method.clone(), &target);
        self.send(if method == Method::GET { request.query(&query(&input)) } else { request.json(&input) })
            .await
    }

    /// An operation in one's own organisation.
    pub async fn own(&self, operation: &str, path: &[(&str, &str)], input: Value) -> Reply {
        let path: Vec<(&str, &str)> =
            [("org", self.org.as_str())].into_iter().chain(path.iter().copied()).collect();
        self.call(operation, &path, input).await
    }

    /// Learns who one is after signing in.
    pub async fn settle(&mut self) {
        let me = self.call("me.read", &[], json!({})).await.ok();
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        self.csrf = text(&me["csrfToken"]);
        self.user = text(&me["user"]["id"]);
        self.org = text(&me["memberships"][0]["org"]["id"]);
        self.member = text(&me["memberships"][0]["member"]["id"]);
    }

    /// Signs in anew, as on another device.
    pub async fn sign_in(&self, email: &str, password: &str) -> Client {
        let mut fresh = Client::new(self.address, self.http.clone());
        fresh.call("session.create", &[], json!({ "email": email, "password": password })).await.ok();
        fresh.settle().await;
        fresh
    }

    /// The member of one's own organisation with this id, acting by a new token.
    pub async fn token_of(&self, member: &str, scopes: &[&str]) -> Client {
        let input = json!({ "name": "a token", "scopes": scopes });
        let made = self.own("token.create", &[("member", member)], input).await.ok();
        let mut program = Client::new(self.address, self.http.clone());
        program.token = Some(made["secret"].as_str().unwrap().to_owned());
        (program.org, program.member) = (self.org.clone(), member.to_owned());
        program
    }

    /// A new service account, acting by a token.
    pub async fn service_account(&self, handle: &str, role: &str, scopes: &[&str]) -> Client {
        let input = json!({ "name": handle, "handle": handle, "role": role });
        let made = self.own("service_account.create", &[], input).await.ok();
        self.token_of(made["id"].as_str().unwrap(), scopes).await
    }

    /// Makes a channel and returns its id.
    pub async fn channel(&self, name: &str, kind: &str) -> String {
        let made = self
            .own("chat.channel.create", &[], json!({ "name": name, "topic": "", "kind": kind }))
            .await
            .ok();
        made["id"].as_str().unwrap().to_owned()
    }

    /// Posts a message.
    pub async fn post(&self, channel: &str, body: &str) -> Reply {
        let input = json!({ "clientId": uuid::Uuid::new_v4(), "body": body });
        self.own("chat.message.post", &[("channel", channel)], input).await
    }
}

/// What sends the requests of one test.
pub(crate) fn sender() -> reqwest::Client {
    // The client library insists on a provider even where nothing is encrypted; the first one installed stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn query(input: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    input.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), text(v))).collect()
}

/// An operation over the local socket.
pub(crate) async fn console(socket: &Path, operation: &str, path: &[(&str, &str)], input: Value) -> Reply {
    let (method, mut target) = route(operation);
    for (name, value) in path {
        target = target.replace(&format!("{{{name}}}"), value);
    }
    let stream = tokio::net::UnixStream::connect(socket).await.unwrap();
    let (mut sender, link) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(link);
    let body = if method == Method::GET { Body::empty() } else { Body::from(input.to_string()) };
    let request = hyper::Request::builder()
        .method(method.as_str())
        .uri(target)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(body)
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = axum::body::to_bytes(Body::new(response.into_body()), usize::MAX).await.unwrap();
    Reply { status, headers, body: serde_json::from_slice(&bytes).unwrap() }
}
