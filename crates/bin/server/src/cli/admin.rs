//! Administration from the machine itself. Every command is an operation: carried out by the running server through its
//! local socket, or, if none runs, in this process. The ledger names the console as who did it.

use std::path::Path;

use access::{Caller, RawInput};
use axum::body::Body;
use clap::{Args, Subcommand};
use http::Request;
use http::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use kernel::{Error, Result};
use serde_json::{Map, Value, json};
use tokio::net::UnixStream;

use super::print;
use crate::config::Config;
use crate::{App, World};

/// Managing people.
#[derive(Subcommand)]
pub(super) enum User {
    /// List accounts.
    List,
    /// Let somebody sign in again who failed too often.
    Unlock {
        /// The account's id.
        user: String,
    },
    /// Delete an account; what the person wrote stays under "Deleted user".
    Delete {
        /// The account's id.
        user: String,
    },
}

/// Managing organisations.
#[derive(Subcommand)]
pub(super) enum Org {
    /// Make an organisation and invite its owner.
    Create {
        /// Its name.
        name: String,
        /// The owner's e-mail address.
        #[arg(long)]
        owner: String,
    },
    /// List an organisation's members.
    Members {
        /// The organisation's id.
        org: String,
    },
}

/// Any operation.
#[derive(Args)]
pub(super) struct Call {
    /// Its id, as in docs/operations.md.
    operation: String,
    /// An id of its path, as `name=value`.
    #[arg(long = "path", value_name = "NAME=VALUE")]
    path: Vec<String>,
    /// Its body or query, as JSON.
    #[arg(long, default_value = "{}")]
    input: String,
}

pub(super) async fn user(config: &Config, command: User) -> Result<()> {
    match command {
        User::List => carry_out(config, "account.list", &[], &json!({})).await,
        User::Unlock { user } => carry_out(config, "account.unlock", &[("user", &user)], &json!({})).await,
        User::Delete { user } => carry_out(config, "account.delete", &[("user", &user)], &json!({})).await,
    }
}

pub(super) async fn org(config: &Config, command: Org) -> Result<()> {
    match command {
        Org::Create { name, owner } => {
            carry_out(config, "org.create", &[], &json!({ "name": name, "ownerEmail": owner })).await
        }
        Org::Members { org } => carry_out(config, "member.list", &[("org", &org)], &json!({})).await,
    }
}

pub(super) async fn mail(config: &Config) -> Result<()> {
    carry_out(config, "mail.list", &[], &json!({})).await
}

pub(super) async fn call(config: &Config, call: Call) -> Result<()> {
    let pairs = call.path.iter().map(|pair| pair.split_once('='));
    let path: Option<Vec<(&str, &str)>> = pairs.collect();
    let path = path.ok_or_else(|| Error::field("--path", "must be NAME=VALUE"))?;
    let input = serde_json::from_str(&call.input).map_err(|e| Error::field("--input", e.to_string()))?;
    carry_out(config, &call.operation, &path, &input).await
}

/// Carries an operation out and prints its answer.
async fn carry_out(config: &Config, operation: &str, path: &[(&str, &str)], input: &Value) -> Result<()> {
    let answer = match UnixStream::connect(&config.listen.unix_socket).await {
        Ok(stream) => by_socket(config, stream, operation, path, input).await?,
        Err(_) => in_process(config, operation, path, input).await?,
    };
    let pretty = serde_json::to_string_pretty(&answer).map_err(Error::internal)?;
    print(&pretty);
    Ok(())
}

async fn in_process(config: &Config, operation: &str, path: &[(&str, &str)], input: &Value) -> Result<Value> {
    let app = App::open(config, &World::real(None)).await?;
    let request = kernel::Request {
        id: app.dispatcher.request_id(),
        address: None,
        device: "command line".into(),
        idempotency_key: None,
    };
    let path = path.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let input = RawInput::Json(serde_json::to_vec(input).map_err(Error::internal)?);
    let answer = app
        .dispatcher
        .call(operation, access::Call { caller: Caller::Console, request, path, input })
        .await?;
    serde_json::from_slice(&answer.body).map_err(Error::internal)
}

async fn by_socket(
    config: &Config,
    stream: UnixStream,
    operation: &str,
    path: &[(&str, &str)],
    input: &Value,
) -> Result<Value> {
    let (method, mut uri) = route(config, operation).await?;
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
    let request = Request::builder()
        .method(method.as_str())
        .uri(uri)
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|e| Error::field("--path", e.to_string()))?;
    send(stream, request).await
}

/// One request over the local socket.
async fn send(stream: UnixStream, request: Request<Body>) -> Result<Value> {
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
    for field in answer.get("fields").and_then(Value::as_array).into_iter().flatten() {
        let of = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        error.fields.push(kernel::error::Field { field: of("field"), problem: of("problem") });
    }
    error
}

/// Method and path of an operation, as the running server's own description has them.
async fn route(config: &Config, operation: &str) -> Result<(String, String)> {
    let document = description(&config.listen.unix_socket).await?;
    for (path, methods) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (method, entry) in methods.as_object().into_iter().flatten() {
            if entry.get("operationId").and_then(Value::as_str) == Some(operation) {
                return Ok((method.to_uppercase(), path.clone()));
            }
        }
    }
    Err(Error::not_found()
        .message(format!("There is no operation {operation}; docs/operations.md lists them.")))
}

async fn description(socket: &Path) -> Result<Value> {
    let stream = UnixStream::connect(socket).await.map_err(Error::internal)?;
    let request = Request::get("/api/v1/openapi.json").header(HOST, "localhost").body(Body::empty());
    send(stream, request.map_err(Error::internal)?).await
}
