/// Holdfast's own protocol; where and as whom come from the environment.
struct Holdfast {
    cookie: String,
    path: String,
    subscribe: &'static str,
}
impl Holdfast {
    fn from_env() -> Self {
        let env = |name| std::env::var(name).unwrap();
        let path = format!("{{\"org\":\"{}\",\"channel\":\"{}\"}}", env("HF_ORG"), env("HF_CHANNEL"));
        let subscribe = format!("{{\"id\":0,\"op\":\"chat.channel.subscribe\",\"path\":{path}}}");
        Self { cookie: env("HF_COOKIE"), path, subscribe: subscribe.leak() }
    }
}
impl Adapter for Holdfast {
    fn path(&self, _sender: bool, _i: usize) -> String {
        "/api/v1/realtime".into()
    }
    fn headers(&self, _sender: bool, _i: usize) -> String {
        format!(
            "Cookie: __Host-session={}\r\nOrigin: https://127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n\
             X-Forwarded-Proto: https\r\nSec-WebSocket-Protocol: holdfast.v1\r\n",
            self.cookie
        )
    }
    fn hello(&self, sender: bool) -> Vec<&'static str> {
        vec![if sender { "{\"id\":0,\"op\":\"realtime.ping\"}" } else { self.subscribe }]
    }
    fn classify(&self, m: &[u8]) -> Kind {
        const REPLY: &[u8] = b"{\"type\":\"reply\",\"id\":";
        match m {
            _ if m.starts_with(b"{\"type\":\"event\"") => Kind::Deliver,
            _ if m.starts_with(REPLY) => match digits(&m[REPLY.len()..]) {
                0 => Kind::Ready,
                id => {
                    assert!(m.windows(5).any(|w| w == b"\"ok\":"), "{}", String::from_utf8_lossy(m));
                    Kind::Ack(id - 1)
                }
            },
            _ => Kind::Other,
        }
    }
    fn post(&self, id: usize, body: &str) -> String {
        format!(
            "{{\"id\":{},\"op\":\"chat.message.post\",\"path\":{},\"input\":{{\"clientId\":\"00000000-0000-4000-8000-{id:012x}\",\"body\":\"{body}\"}}}}",
            id + 1,
            self.path
        )
    }
}

