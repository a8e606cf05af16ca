//! The administrator's way to every operation: through the running server's local socket or, if none runs, in this
//! process. The ledger names the console as who did it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use access::RawInput;
use axum::body::Body;
use http::Request;
use http::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use kernel::Principal;
use kernel::{Error, Result};
use serde_json::{Map, Value};
use tokio::net::UnixStream;

use crate::config::Config;
use crate::{App, Consent, World};

/// A way to the operations. Keep it for as long as there is something to do.
pub struct Console(Way);

enum Way {
    /// The server that runs has the database.
    Socket { socket: PathBuf, routes: HashMap<String, (String, String)> },
    /// No server runs.
    Here(Box<App>),
}

impl Console {
    /// Finds the server, or opens the database.
    pub async fn open(config: &Config) -> Result<Self> {
        let socket = &config.listen.unix_socket;
        if UnixStream::connect(socket).await.is_ok() {
            return Self::at_socket(socket).await;
        }
        // A command brings no tables up to date and makes no database: a start does, and says so.
        super::check::require_up_to_date(config).await?;
        let app = App::open(config, &World::real(None), Consent::Ask).await?;
        Ok(Self(Way::Here(Box::new(app))))
    }

    /// Through this socket.
    pub async fn at_socket(socket: &Path) -> Result<Self> {
        let request = Request::get("/api/v1/openapi.json").header(HOST, "localhost").body(Body::empty());
        let document = send(socket, request.map_err(Error::internal)?).await?;
        Ok(Self(Way::Socket { socket: socket.to_owned(), routes: routes(&document) }))
    }

    /// Carries out an operation.
    pub async fn call(&self, operation: &str, path: &[(&str, &str)], input: &Value) -> Result<Value> {
        match &self.0 {
            Way::Socket { socket, routes } => {
                let (method, route) = routes.get(operation).ok_or_else(|| unknown(operation))?;
                send(socket, request(method, route, path, input)?).await
            }
            Way::Here(app) => {
                let request = kernel::Request {
                    id: app.dispatcher.request_id(),
                    address: None,
                    device: "command line".into(),
                    idempotency_key: None,
                };
                let path = path.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
                let input = RawInput::Json(serde_json::to_vec(input).map_err(Error::internal)?);
                let call =
                    access::Call { principal: Principal::console(), request, path, input, counted: true };
                let answer = app.dispatcher.call(operation, call).await?;
                serde_json::from_slice(&answer.body).map_err(Error::internal)
            }
        }
    }

    /// The organisation that a command is about: the one named by id or slug, or the only one.
    pub async fn organisation(&self, named: Option<&str>) -> Result<Organisation> {
        let all = self.call("org.list", &[], &serde_json::json!({})).await?;
        let all: Vec<Organisation> = serde_json::from_value(all["items"].clone()).map_err(Error::internal)?;
        let choice = all.iter().map(|o| format!("{} ({})", o.slug, o.name)).collect::<Vec<_>>().join(", ");
        match named {
            Some(named) => all.into_iter().find(|o| o.id == named || o.slug == named).ok_or_else(|| {
                Error::field("--org", "is no organisation here").hint(format!("there are: {choice}"))
            }),
            None if all.len() > 1 => Err(Error::field("--org", "is needed: there are several organisations")
                .hint(format!("there are: {choice}"))),
            None => all.into_iter().next().ok_or_else(|| {
                Error::conflict("Nobody has set Holdfast up yet.")
                    .hint("run `holdfast serve`, open the link that it shows, then come back")
            }),
        }
    }
}

/// An organisation, as far as commands need it.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Organisation {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
}

fn request(method: &str, route: &str, path: &[(&str, &str)], input: &Value) -> Result<Request<Body>> {
    let mut uri = route.to_owned();
    for (name, value) in path {
        // Ids have no character that would need escaping; whatever else is sent is refused by the server.
        uri = uri.replace(&format!("{{{name}}}"), value);
    }
    let body = if method == "GET" {
        let query: Vec<(String, String)> = input.as_object().map(pairs).unwrap_or_default();
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        uri = format!("{uri}?{text}");
        Body::empty()
    } else {
        Body::from(input.to_string())
    };
    Request::builder()
        .method(method)
        .uri(uri)
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|e| Error::field("--path", e.to_string()))
}

/// One request over the local socket.
async fn send(socket: &Path, request: Request<Body>) -> Result<Value> {
    let stream = UnixStream::connect(socket).await.map_err(Error::internal)?;
    let io = TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(io).await.map_err(Error::internal)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(Error::internal)?;
    let status = response.status();
    let body =
        axum::body::to_bytes(Body::new(response.into_body()), usize::MAX).await.map_err(Error::internal)?;
    connection.abort();
    let answer: Value = serde_json::from_slice(&body).map_err(Error::internal)?;
    if status.is_success() { Ok(answer) } else { Err(refused(&answer)) }
}

fn pairs(object: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    object.iter().map(|(k, v)| (k.clone(), text(v))).collect()
}

fn refused(answer: &Value) -> Error {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = kernel::Code::ALL.iter().find(|c| c.as_str() == text("code")).copied();
    let mut error = Error::new(code.unwrap_or(kernel::Code::Internal)).message(text("error"));
    error.hint = answer.get("hint").and_then(Value::as_str).map(Into::into);
    for field in answer.get("fields").and_then(Value::as_array).into_iter().flatten() {
        let of = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        error.fields.push(kernel::error::Field { field: of("field"), problem: of("problem") });
    }
    error
}

fn unknown(operation: &str) -> Error {
    Error::not_found().message(format!("There is no operation {operation}; docs/operations.md lists them."))
}

/// Method and path of every operation, as the running server's own description has them.
fn routes(document: &Value) -> HashMap<String, (String, String)> {
    let mut routes = HashMap::new();
    for (path, methods) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (method, entry) in methods.as_object().into_iter().flatten() {
            if let Some(id) = entry.get("operationId").and_then(Value::as_str) {
                routes.insert(id.to_owned(), (method.to_uppercase(), path.clone()));
            }
        }
    }
    routes
}
