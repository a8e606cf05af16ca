//! From a request to a connection: the handshake of RFC 6455.

use access::Generations;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL};
use axum::response::Response;
use hyper_util::rt::TokioIo;
use kernel::{Code, Error, Result};
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

use crate::connection::Connection;
use crate::frame::PROTOCOL;
use crate::socket::{Realtime, Visitor, serve};

/// 16 bytes in base64 (RFC 6455, 4.2.1): 22 digits, of which the last has two bits only, and the padding.
fn is_key(text: &[u8]) -> bool {
    let digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    matches!(text, [digits @ .., last, b'=', b'='] if digits.len() == 21 && digits.iter().all(digit) && b"AQgw".contains(last))
}

/// A request that asks for a socket, and how it is answered.
pub struct Upgrade {
    ready: hyper::upgrade::OnUpgrade,
    response: Response,
}

impl Upgrade {
    /// What is asked for.
    ///
    /// # Errors
    /// `bad_request`: it is not a WebSocket's handshake.
    pub fn new(mut request: Request) -> Result<Self> {
        let refused = |cause: &dyn std::fmt::Display| {
            Error::new(Code::BadRequest).message("This address takes WebSockets.").cause(cause.to_string())
        };
        let key = request.headers().get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
        if !key.is_some_and(is_key) {
            return Err(refused(&"Sec-WebSocket-Key is not 16 bytes in base64"));
        }
        let mut response =
            create_response_with_body(&request, Body::empty).map_err(|error| refused(&error))?;
        let mut offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter();
        let names = |value: &HeaderValue| {
            value.to_str().is_ok_and(|list| list.split(',').any(|name| name.trim() == PROTOCOL))
        };
        if offered.any(names) {
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        }
        Ok(Self { ready: hyper::upgrade::on(&mut request), response })
    }

    /// The answer. The socket is served from when it has been written.
    pub fn serve(self, realtime: Realtime, visitor: Visitor, generations: &Generations) -> Response {
        let generation = generations.of(visitor.principal.subject);
        tokio::spawn(async move {
            match self.ready.await {
                Ok(upgraded) => {
                    let connection = Connection::new(Box::new(TokioIo::new(upgraded)), generation);
                    serve(realtime, visitor, connection).await;
                }
                Err(error) => tracing::debug!(%error, "a socket was not opened"),
            }
        });
        self.response
    }
}

#[cfg(test)]
mod tests {
    use super::is_key;

    // REQ RT-1
    #[test]
    fn a_key_is_sixteen_bytes_in_base64() {
        assert!(is_key(b"dGhlIHNhbXBsZSBub25jZQ=="));
        for wrong in [
            "",
            "x",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZR==",
            "dGhlIHNhbXBsZSBub25jZSE=",
            "dGhlIHNhbXBsZSBub25j Q==",
            "dGhlIHNhbXBsZSBub25jZQ===",
            "dGhlIHNhbXBsZSBub25jZSEhISE=",
        ] {
            assert!(!is_key(wrong.as_bytes()), "{wrong}");
        }
    }
}
