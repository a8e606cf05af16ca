//! A tab's WebSocket.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::client::Client;
use crate::timing::in_all;

/// How long a test waits for a frame that must come. Long: the machine may be busy; what does not come fails anyway.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open socket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next: u64,
    waiting: VecDeque<Value>,
    code: Option<u16>,
}

impl Socket {
    /// Opens a socket as this person's tab; the error is the HTTP status.
    pub async fn try_open(client: &Client, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let stream = TcpStream::connect(client.address).await.unwrap();
        Self::upgrade(client, headers, stream).await
    }

    /// Opens a socket over a line that may fail; none if it did.
    pub async fn over_a_bad_line(client: &Client) -> Option<Self> {
        let stream = TcpStream::connect(client.address).await.ok()?;
        let mut socket = Self::reach(client, &[], stream).await.ok()?;
        socket.frame().await.filter(|welcome| welcome["type"] == "welcome")?;
        Some(socket)
    }

    /// Opens a socket whose buffer on this side is as small as can be, for somebody who does not read.
    pub async fn open_small(client: &Client) -> Self {
        let small = tokio::net::TcpSocket::new_v4().unwrap();
        small.set_recv_buffer_size(4096).unwrap();
        Self::upgrade(client, &[], small.connect(client.address).await.unwrap()).await.unwrap()
    }

    async fn upgrade(client: &Client, headers: &[(&str, &str)], stream: TcpStream) -> Result<Self, u16> {
        Self::reach(client, headers, stream).await.map_err(|error| match error {
            Error::Http(response) => response.status().as_u16(),
            error => panic!("{error}"),
        })
    }

    async fn reach(client: &Client, headers: &[(&str, &str)], stream: TcpStream) -> Result<Self, Error> {
        let mut request = format!("ws://{}/api/v1/realtime", client.address).into_client_request().unwrap();
        let cookie = client.cookie().filter(|_| client.token.is_none());
        let cookie = cookie.map(|c| format!("__Host-session={c}")).unwrap_or_default();
        let bearer = client.token.as_ref().map(|t| format!("Bearer {t}")).unwrap_or_default();
        // A program sends neither a cookie nor an Origin.
        let page = |text: &'static str| if client.token.is_some() { "" } else { text };
        let usual = [
            ("host", "holdfast.test"),
            ("x-forwarded-proto", "https"),
            ("origin", page("https://holdfast.test")),
            ("sec-fetch-site", page("same-origin")),
            ("authorization", bearer.as_str()),
            ("sec-websocket-protocol", "holdfast.v1"),
            ("cookie", cookie.as_str()),
        ];
        for (name, value) in usual.into_iter().chain(headers.iter().copied()) {
            let name: axum::http::HeaderName = name.parse().unwrap();
            if value.is_empty() {
                request.headers_mut().remove(name);
            } else {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        let (stream, _) = tokio_tungstenite::client_async(request, MaybeTlsStream::Plain(stream)).await?;
        Ok(Self { stream, next: 1, waiting: VecDeque::new(), code: None })
    }

    /// Opens a socket and takes the welcome.
    pub async fn open(client: &Client) -> Self {
        let mut socket = Self::try_open(client, &[]).await.unwrap();
        let welcome = socket.frame().await.expect("a welcome");
        assert_eq!(welcome["type"], "welcome");
        socket
    }

    /// Sends a text as it is.
    pub async fn send_text(&mut self, text: &str) {
        // The other side may have hung up already; what it said comes with the next frame.
        drop(self.stream.send(Message::Text(text.into())).await);
    }

    /// Sends a request without waiting for its answer.
    pub async fn send(&mut self, operation: &str, path: Value, input: Value) -> u64 {
        let id = self.next;
        self.next += 1;
        self.send_text(&json!({ "id": id, "op": operation, "path": path, "input": input }).to_string()).await;
        id
    }

    /// Sends a request and waits for its answer; other frames are kept for later.
    pub async fn call(&mut self, operation: &str, path: Value, input: Value) -> Result<Value, Value> {
        let id = self.send(operation, path, input).await;
        self.answer(id).await
    }

    /// Waits for the answer to a request.
    pub async fn answer(&mut self, id: u64) -> Result<Value, Value> {
        let mut kept = VecDeque::new();
        let answer = async {
            loop {
                let frame = self.frame().await.expect("an answer");
                if frame["type"] == "reply" && frame["id"] == id {
                    return frame;
                }
                kept.push_back(frame);
            }
        };
        let frame = in_all("the answer", answer).await;
        kept.append(&mut self.waiting);
        self.waiting = kept;
        match frame.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(frame["ok"].clone()),
        }
    }

    /// The next frame of this type.
    pub async fn next(&mut self, kind: &str) -> Value {
        let wanted = async {
            loop {
                let frame = self.frame().await.unwrap_or_else(|| panic!("closed while waiting for {kind}"));
                if frame["type"] == kind {
                    return frame;
                }
            }
        };
        // Beats come for ever.
        in_all(&format!("{kind} among the frames"), wanted).await
    }

    /// The next notice of this event.
    pub async fn notice(&mut self, event: &str) -> Value {
        let wanted = async {
            loop {
                let notice = self.next("notice").await;
                if notice["event"] == event {
                    return notice;
                }
            }
        };
        in_all(&format!("{event} among the notices"), wanted).await
    }

    /// The next frame; none when the other side has closed.
    pub async fn frame(&mut self) -> Option<Value> {
        if let Some(frame) = self.waiting.pop_front() {
            return Some(frame);
        }
        loop {
            let received = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("a frame in time");
            match received {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(close))) => {
                    self.code = close.map(|close| close.code.into());
                    return None;
                }
                Some(Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The code with which the other side closed.
    pub fn code(&self) -> Option<u16> {
        self.code
    }

    /// Sends several calls of one operation in one frame and waits for their answers.
    pub async fn call_each(&mut self, operation: &str, calls: &[(Value, Value)]) -> Vec<Value> {
        let id = self.next;
        self.next += 1;
        let each: Vec<Value> =
            calls.iter().map(|(path, input)| json!({ "path": path, "input": input })).collect();
        self.send_text(&json!({ "id": id, "op": operation, "each": each }).to_string()).await;
        loop {
            let frame = self.next("reply").await;
            if frame["id"] == id {
                return frame["each"].as_array().unwrap_or_else(|| panic!("{frame}")).clone();
            }
        }
    }

    /// Frames until the other side closes: what was said last.
    pub async fn until_closed(&mut self) -> Vec<Value> {
        let all = async {
            let mut all = Vec::new();
            while let Some(frame) = self.frame().await {
                all.push(frame);
            }
            all
        };
        in_all("the other side closes", all).await
    }
}
