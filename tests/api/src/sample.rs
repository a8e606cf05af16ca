//! Every operation of the committed description, with an input that fits it: what generated tests begin from.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::client::{OPENAPI, PASSWORD_FOR_NEW};
use crate::{Client, PASSWORD, World};

/// An operation, as described.
#[derive(Debug)]
pub struct Described {
    pub id: String,
    /// In capitals.
    pub method: String,
    pub path: String,
    /// The ids in its path, in the order of the path.
    pub ids: Vec<String>,
    /// The fields of its body or query, with their schemas.
    pub fields: Vec<(String, Value)>,
    pub required: Vec<String>,
    /// Who may, in words.
    pub permission: String,
}

impl Described {
    /// Whether it takes a query instead of a body.
    pub fn reads(&self) -> bool {
        self.method == "GET"
    }

    /// Whether it is inside an organisation.
    pub fn in_org(&self) -> bool {
        self.ids.iter().any(|id| id == "org")
    }
}

/// All operations.
pub static OPERATIONS: LazyLock<Vec<Described>> = LazyLock::new(|| {
    let paths = OPENAPI["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, entry)| described(path, method, entry))
    });
    all.collect()
});

fn described(path: &str, method: &str, entry: &Value) -> Described {
    let parameters = entry["parameters"].as_array().cloned().unwrap_or_default();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let (mut fields, mut required) = (Vec::new(), Vec::new());
    for parameter in parameters.iter().filter(|p| p["in"] == "query") {
        fields.push((text(&parameter["name"]), resolved(&parameter["schema"])));
        if parameter["required"] == true {
            required.push(text(&parameter["name"]));
        }
    }
    let body = resolved(&entry["requestBody"]["content"]["application/json"]["schema"]);
    for (name, schema) in body["properties"].as_object().into_iter().flatten() {
        fields.push((name.clone(), resolved(schema)));
    }
    required.extend(body["required"].as_array().into_iter().flatten().map(text));
    let ids = path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')).map(str::to_owned);
    Described {
        id: text(&entry["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        ids: ids.collect(),
        fields,
        required,
        permission: text(&entry["x-permission"]),
    }
}

/// A schema without references; of "this or null" this, marked as nullable.
pub fn resolved(schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return resolved(&OPENAPI["components"]["schemas"][name.rsplit('/').next().unwrap()]);
    }
    if let Some(either) = schema["anyOf"].as_array() {
        let mut inner = resolved(either.iter().find(|s| s["type"] != "null").unwrap());
        inner["nullable"] = json!(either.iter().any(|s| s["type"] == "null"));
        return inner;
    }
    let mut schema = schema.clone();
    if let Some(types) = schema["type"].as_array().cloned() {
        schema["nullable"] = json!(types.iter().any(|t| t == "null"));
        schema["type"] = types.into_iter().find(|t| t != "null").unwrap();
    }
    if schema.get("items").is_some() {
        schema["items"] = resolved(&schema["items"]);
    }
    schema
}

/// Ids that exist.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    pub org: String,
    pub channel: String,
    pub message: String,
    pub member: String,
    pub invitation: String,
    pub session: String,
    pub user: String,
    pub token: String,
    pub job: String,
}

impl Ids {
    /// The id that a path's parameter stands for.
    pub fn of(&self, name: &str) -> &str {
        match name {
            "org" => &self.org,
            "channel" => &self.channel,
            "message" => &self.message,
            "member" => &self.member,
            "invitation" => &self.invitation,
            "session" => &self.session,
            "user" => &self.user,
            "token" => &self.token,
            "job" => &self.job,
            other => panic!("no id is known for {{{other}}}: add one to Ids"),
        }
    }

    /// The path's ids by name.
    pub fn path<'a>(&'a self, operation: &'a Described) -> Vec<(&'a str, &'a str)> {
        operation.ids.iter().map(|name| (name.as_str(), self.of(name))).collect()
    }

    /// An input with every field, and each of them right.
    pub fn input(&self, operation: &Described) -> Value {
        let fields = operation.fields.iter().map(|(name, _)| (name.clone(), self.field(operation, name)));
        Value::Object(fields.collect::<Map<_, _>>())
    }

    fn field(&self, operation: &Described, name: &str) -> Value {
        match name {
            "token" => json!("A".repeat(43)),
            "scopes" => json!(["chat:read"]),
            "expiresInDays" => json!(30),
            "items" => json!([{ "handle": "elsewhere", "name": "Somebody Else" }]),
            "lines" => {
                json!([{ "line": 1, "digest": "1", "at": 1_767_225_600_000_000_i64, "member": self.member, "what": "joined" }])
            }
            "source" => json!("a-log.txt"),
            "channel" => json!("imported"),
            "organisation" | "name" => json!("A new name"),
            "handle" => json!("newcomer"),
            "email" | "ownerEmail" => json!("new.person@example.org"),
            "password" => json!(PASSWORD_FOR_NEW),
            "current" => json!(PASSWORD),
            "topic" => json!("What it is about"),
            "kind" => json!("public"),
            "body" => json!("said"),
            "clientId" => json!(uuid::Uuid::new_v4()),
            "emoji" => json!("👍"),
            "on" => json!(true),
            "back" => json!(false),
            "seq" | "epoch" | "around" | "revision" => json!(1),
            "after" | "before" | "at" => json!(1_767_225_600_000_000_i64),
            "limit" => json!(10),
            "members" => json!([self.member]),
            "role" => json!("viewer"),
            "actor" => json!(self.user),
            "action" => json!("session.create"),
            "outcome" => json!("ok"),
            "boundary" => json!("page"),
            "error" => json!("TypeError"),
            "requestId" => json!("req_01900000000070008000000000000001"),
            "build" => json!("0123456789ab"),
            "search" => json!("a"),
            "cursor" if operation.id == "account.list" => json!(self.user),
            "cursor" if operation.id == "job.list" => json!("job_01900000000070008000000000000001"),
            "state" => json!("dead"),
            "cursor" => json!("aud_01900000000070008000000000000001"),
            other => panic!("{}: no value is known for {other}: add one here", operation.id),
        }
    }

    /// An id of the same kind that names nothing.
    pub fn missing(name: &str) -> String {
        let prefix = match name {
            "channel" => "chn",
            "message" => "msg",
            other => &other[..3],
        };
        let prefix = if prefix == "use" { "usr" } else { prefix };
        format!("{prefix}_{}", uuid::Uuid::new_v4().simple())
    }
}

/// Operations that are carried out at the machine itself only, whoever asks.
pub const CONSOLE_ONLY: [&str; 4] = ["account.readdress", "mail.list", "member.import", "chat.import.lines"];

/// Asks for an operation with this input: as this person, or at the machine where nobody else may.
pub async fn ask(
    world: &World,
    who: &Client,
    operation: &Described,
    ids: &Ids,
    input: Value,
) -> crate::Reply {
    world.clock.advance(Duration::from_secs(31));
    if CONSOLE_ONLY.contains(&operation.id.as_str()) && !operation.reads() {
        return world.console(&operation.id, &ids.path(operation), input).await;
    }
    who.call(&operation.id, &ids.path(operation), input).await
}
