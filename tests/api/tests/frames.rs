//! What a connection hears that does not keep to RFC 6455, byte by byte.

use std::time::Duration;

use api_tests::{Client, both};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The answer to a handshake with this key, and the line.
async fn handshake(client: &Client, key: &str) -> (String, TcpStream) {
    let mut line = TcpStream::connect(client.address).await.unwrap();
    let cookie = client.cookie().unwrap();
    let request = format!(
        "GET /api/v1/realtime HTTP/1.1\r\nHost: holdfast.test\r\nX-Forwarded-Proto: https\r\nOrigin: https://holdfast.test\r\n\
         Sec-Fetch-Site: same-origin\r\nCookie: __Host-session={cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: holdfast.v1\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    );
    line.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(line.read_u8().await.unwrap());
    }
    (String::from_utf8(head).unwrap(), line)
}

/// A masked frame (with a mask of zeros, so that its payload is what it looks like).
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..126 => bytes.push(0x80 | short as u8),
        long => {
            bytes.push(0x80 | 126);
            bytes.extend((long as u16).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// The code of the close frame that comes; none: the line ended without one.
async fn close_code(line: &mut TcpStream) -> Option<u16> {
    loop {
        let (first, second) = (line.read_u8().await.ok()?, line.read_u8().await.ok()?);
        let length = match second {
            126 => usize::from(line.read_u16().await.ok()?),
            127 => usize::try_from(line.read_u64().await.ok()?).unwrap(),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        line.read_exact(&mut payload).await.ok()?;
        if first == 0x88 {
            return Some(payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code)));
        }
    }
}

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

both! {
    // REQ RT-1, EDGE-5
    async fn whoever_breaks_the_protocol_hears_which_way(world: World) {
        let olga = world.owner().await;
        let (text, more, last, close, ping, pong) = (0x81, 0x01, 0x80, 0x88, 0x89, 0x8a);
        let call = br#"{"id":1,"op":"realtime.ping"}"#;
        let cases: Vec<(&str, Vec<u8>, u16)> = vec![
            ("a close", frame(close, &1000u16.to_be_bytes()), 1000),
            ("a close without a code", frame(close, b""), 1005),
            ("a close with a reason that is no text", frame(close, b"\x03\xe8\xff"), 1007),
            ("a close with half a code", frame(close, b"\x03"), 1002),
            ("a close with a code that nobody may send", frame(close, &1005u16.to_be_bytes()), 1002),
            ("a bit that means nothing", frame(0xc1, call), 1002),
            ("an opcode that means nothing", frame(0x83, call), 1002),
            ("a control frame that means nothing", frame(0x8b, b""), 1002),
            ("a ping of more than 125 bytes", frame(ping, &[b'x'; 126]), 1002),
            ("a ping in pieces", frame(0x09, b"x"), 1002),
            ("a part of nothing", frame(last, b"x"), 1002),
            ("a message within another", [frame(more, b"a"), frame(text, b"b")].concat(), 1002),
            ("a frame without a mask", vec![0x81, 0x01, b'x'], 1002),
            ("a length that is longer than need be", vec![0x81, 0x80 | 126, 0, 2, 0, 0, 0, 0, b'{', b'}'], 1002),
            ("text that is none", frame(text, b"\xff\xfe"), 1007),
            ("a surrogate", frame(text, b"\xed\xa0\x80"), 1007),
            ("an overlong sign", frame(text, b"\xc0\xaf"), 1007),
            ("half a sign at the end", frame(text, b"{}\xe2\x82"), 1007),
            ("a text that is no request", frame(text, b"hello"), 1007),
            ("bytes", frame(0x82, b"x"), 1003),
            ("too much", [frame(more, &[b'x'; 60_000]), frame(last, &[b'x'; 60_000])].concat(), 1009),
            ("pings without end", frame(ping, b"").repeat(2_000), 1008),
            ("pongs without end", frame(pong, b"").repeat(2_000), 1008),
            ("parts without end", [frame(more, b""), frame(0x00, b"").repeat(5_000)].concat(), 1008),
        ];
        for (what, bytes, code) in cases {
            let (head, mut line) = handshake(&olga, KEY).await;
            assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
            // It may hang up in the middle of what is sent.
            drop(line.write_all(&bytes).await);
            let heard = tokio::time::timeout(Duration::from_secs(10), close_code(&mut line)).await;
            assert_eq!(heard.expect("an end"), Some(code), "{what}");
        }
        // And what keeps to it is understood: in pieces, with a ping between, and a sign that is cut in two.
        let (_, mut line) = handshake(&olga, KEY).await;
        let pieces = [
            frame(more, br#"{"id":1,"op":"realtime."#),
            frame(ping, b"there?"),
            frame(0x00, b""),
            frame(last, br#"ping"}"#),
            frame(more, b"{\"id\":2,\"op\":\"\xe2\x82"),
            frame(last, b"\xac\"}"),
            frame(close, &1000u16.to_be_bytes()),
        ];
        for piece in pieces {
            for byte in piece {
                line.write_all(&[byte]).await.unwrap();
            }
        }
        let mut all = Vec::new();
        line.read_to_end(&mut all).await.unwrap();
        let all = String::from_utf8_lossy(&all);
        for part in ["there?", r#"{"type":"reply","id":1,"ok":{}}"#, r#""id":2,"error""#] {
            assert!(all.contains(part), "{part} in {all}");
        }
    }

    // REQ RT-1
    async fn a_handshake_has_a_key_of_sixteen_bytes(world: World) {
        let olga = world.owner().await;
        for key in ["x", "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZSEhISE="] {
            let (head, _) = handshake(&olga, key).await;
            assert!(head.starts_with("HTTP/1.1 400 "), "{key:?}: {head}");
        }
    }
}
