//! The declarations, told to others: OpenAPI 3.1 for programs, one page of tables for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use kernel::error::Body;
use kernel::{Code, Error, Result, Role, Scope};
use schemars::Schema;
use serde_json::{Map, Value, json};

use crate::dispatch::{Dispatcher, Facts};
use crate::events;
use crate::operation::{Audit, DataClass, Expose, Method, Permission};
use crate::policy::{CONSOLE, Policy, SUPER_ADMIN};

/// The OpenAPI 3.1 document of all operations.
pub fn openapi(dispatcher: &Dispatcher, version: &str) -> Result<Value> {
    let mut schemas = Map::new();
    let shown = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    let error = absorb(shown.into_root_schema_for::<Body>(), &mut schemas, "Error");
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in dispatcher.all() {
        let facts = operation.facts();
        let shape = operation.shape();
        let path = absorb(shape.path.clone(), &mut schemas, "");
        let input = absorb(shape.input.clone(), &mut schemas, "");
        let output = absorb(operation.output(), &mut schemas, "");
        let mut parameters = parameters(&path, "path", &schemas);
        let mut entry = json!({
            "operationId": facts.id,
            "summary": facts.summary,
            "tags": [facts.id.rsplit_once('.').map_or(facts.id, |(noun, _)| noun)],
            "x-permission": permission(&facts, dispatcher.policy()),
            "x-rate": rate(&facts),
            "x-data-class": data_class(facts.data_class),
            "x-over": over(&facts),
            "x-scope": facts.scope().map(scope_text),
            "security": security(&facts),
            "responses": responses(&facts, &output),
        });
        if facts.route.method == Method::Get {
            parameters.extend(self::parameters(&input, "query", &schemas));
        } else if let Some(object) = entry.as_object_mut() {
            let needed = !needs(&input, &schemas).is_empty();
            let body = json!({ "required": needed, "content": { "application/json": { "schema": input } } });
            object.insert("requestBody".into(), body);
        }
        if let Some(object) = entry.as_object_mut()
            && !parameters.is_empty()
        {
            object.insert("parameters".into(), Value::Array(parameters));
        }
        paths.entry(facts.route.path).or_default().insert(facts.route.method.as_str().to_lowercase(), entry);
    }
    for event in dispatcher.0.modules.events.all() {
        absorb(event.schema(), &mut schemas, event.schema_name());
    }
    schemas.insert("Events".into(), events::by_name(&dispatcher.0.modules.events));
    if let Some(clash) = schemas.keys().find(|name| name.starts_with(CLASH)) {
        return Err(Error::internal(clash).message("The operations do not fit together."));
    }
    let paths: Map<String, Value> =
        paths.into_iter().map(|(p, v)| (format!("/api/v1{p}"), Value::Object(v))).collect();
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Holdfast",
            "version": version,
            "description": "Generated from the operations' declarations. Sign in to get a session cookie; send X-CSRF-Token with everything but GET and HEAD. What every address can answer beside what is listed with an operation: 405 to another method, 421 to another host, 431 to headers that are too large.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": refusals(&error),
            "headers": {
                "RetryAfter": { "description": "Seconds to wait.", "schema": { "type": "integer" } },
                "RateLimit": { "description": "What is left (draft-ietf-httpapi-ratelimit-headers).", "schema": { "type": "string" } },
                "RateLimitPolicy": { "description": "So many in so many seconds.", "schema": { "type": "string" } },
            },
            "securitySchemes": {
                "session": {
                    "type": "apiKey", "in": "cookie", "name": "__Host-session",
                    "description": "Set by signing in. A request that carries it and writes needs the CSRF token as well.",
                },
                "token": {
                    "type": "http", "scheme": "bearer",
                    "description": "A personal token or a service account's. It is good for operations within its scopes; `x-scope` says which one an operation needs.",
                },
                "csrf": {
                    "type": "apiKey", "in": "header", "name": "X-CSRF-Token",
                    "description": "`csrfToken` of what signing in and `GET /api/v1/me` answer.",
                },
            },
        },
    }))
}

/// How a caller shows who they are.
fn security(facts: &Facts) -> Value {
    if matches!(facts.permission, Permission::Public(_) | Permission::Console(_)) {
        return json!([]);
    }
    let session = match facts.route.method {
        Method::Get => json!({ "session": [] }),
        _ => json!({ "session": [], "csrf": [] }),
    };
    match facts.expose {
        Expose::Everywhere => json!([session, { "token": [] }]),
        Expose::People | Expose::Browser => json!([session]),
    }
}

/// The codes that a call of an operation can be refused with.
fn refuses(facts: &Facts) -> BTreeSet<Code> {
    use Code::{
        BadRequest, Conflict, CrossSite, Forbidden, Internal, InvalidCredentials, InvalidInput, NotFound,
        RateLimited, Timeout, TooLarge, Unauthenticated, Unavailable, UnsupportedType, WeakPassword,
    };
    let mut all = BTreeSet::from([BadRequest, InvalidInput, RateLimited, Internal, Unavailable, Timeout]);
    all.extend(facts.refuses);
    if facts.route.method != Method::Get {
        all.extend([CrossSite, Conflict, TooLarge, UnsupportedType]);
    }
    if facts.data_class == DataClass::Credential && facts.route.method != Method::Get {
        all.extend([InvalidCredentials, WeakPassword]);
    }
    match facts.permission {
        Permission::Public(_) => {}
        Permission::Account(_) => all.extend([Unauthenticated, NotFound, Forbidden]),
        Permission::SuperAdmin | Permission::Console(_) => all.extend([Unauthenticated, NotFound]),
        Permission::Policy => all.extend([Unauthenticated, NotFound, Forbidden]),
    }
    all
}

fn responses(facts: &Facts, output: &Value) -> Value {
    let mut all = Map::new();
    let done = json!({ "description": "Done.", "content": { "application/json": { "schema": output } } });
    all.insert("200".into(), done);
    if facts.route.method == Method::Get {
        all.insert("304".into(), json!({ "description": "The caller has it already (If-None-Match)." }));
    }
    for code in refuses(facts) {
        let status = code.status().to_string();
        all.insert(status.clone(), json!({ "$ref": format!("#/components/responses/{status}") }));
    }
    Value::Object(all)
}

/// One response for each status with which something is refused.
fn refusals(error: &Value) -> Value {
    let mut all = Map::new();
    for code in Code::ALL {
        let status = code.status().to_string();
        let same = Code::ALL.iter().filter(|other| other.status() == code.status());
        let codes: Vec<String> = same.map(|code| format!("`{}`", code.as_str())).collect();
        let mut response = json!({
            "description": format!("{}.", codes.join(", ")),
            "content": { "application/json": { "schema": error } },
        });
        if let Some(object) = response.as_object_mut()
            && matches!(code.status(), 423 | 429 | 503)
        {
            let mut headers = json!({ "Retry-After": { "$ref": "#/components/headers/RetryAfter" } });
            if code.status() == 429 {
                headers["RateLimit"] = json!({ "$ref": "#/components/headers/RateLimit" });
                headers["RateLimit-Policy"] = json!({ "$ref": "#/components/headers/RateLimitPolicy" });
            }
            object.insert("headers".into(), headers);
        }
        all.insert(status, response);
    }
    Value::Object(all)
}

/// Moves a schema's definitions, and itself if it has a name, into the document's components; returns what refers to it.
fn absorb(schema: Schema, into: &mut Map<String, Value>, name: &str) -> Value {
    let mut value = rewritten(schema.to_value());
    let Some(object) = value.as_object_mut() else { return value };
    object.remove("$schema");
    if let Some(Value::Object(definitions)) = object.remove("$defs") {
        for (name, definition) in definitions {
            define(into, &name, definition);
        }
    }
    let title = object.remove("title").and_then(|t| t.as_str().map(str::to_owned)).unwrap_or_default();
    let name = if name.is_empty() { title.as_str() } else { name };
    let is_object = object.get("type").is_some_and(|t| t == "object");
    if name.is_empty() || !is_object {
        return value;
    }
    define(into, name, value.clone());
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Two things of one name would silently become one in every client: the first keeps the name, and the clash is marked for
/// [`openapi`] to refuse.
fn define(into: &mut Map<String, Value>, name: &str, definition: Value) {
    let known = into.get(name).is_some_and(|other| *other != definition);
    into.insert(if known { format!("{CLASH}{name}") } else { name.to_owned() }, definition);
}

const CLASH: &str = "clash of ";

fn rewritten(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("#/$defs/", "#/components/schemas/")),
        Value::Array(items) => Value::Array(items.into_iter().map(rewritten).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, rewritten(v))).collect()),
        other => other,
    }
}

/// The schema itself, behind its name.
fn named<'a>(schema: &'a Value, schemas: &'a Map<String, Value>) -> &'a Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
    name.and_then(|name| schemas.get(name)).unwrap_or(schema)
}

/// The fields that must be there.
fn needs<'a>(schema: &'a Value, schemas: &'a Map<String, Value>) -> Vec<&'a str> {
    let required = named(schema, schemas).get("required").and_then(Value::as_array);
    required.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn parameters(schema: &Value, place: &str, schemas: &Map<String, Value>) -> Vec<Value> {
    let required = needs(schema, schemas);
    let schema = named(schema, schemas);
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties
        .map(|(name, schema)| {
            let needed = place == "path" || required.contains(&name.as_str());
            json!({ "name": name, "in": place, "required": needed, "schema": schema })
        })
        .collect()
}

fn permission(facts: &Facts, policy: &Policy) -> String {
    match facts.permission {
        Permission::Public(reason) => format!("public: {reason}"),
        Permission::Account(reason) => format!("signed in: {reason}"),
        Permission::SuperAdmin => SUPER_ADMIN.into(),
        Permission::Console(reason) => format!("{CONSOLE}: {reason}"),
        Permission::Policy => policy.text(facts.id),
    }
}

fn rate(facts: &Facts) -> String {
    let who = if facts.rate.by_address { "address" } else { "person" };
    format!("{} in {} s per {who}", facts.rate.burst, facts.rate.seconds)
}

/// What a token must be good for.
fn token(facts: &Facts) -> String {
    match (facts.scope(), facts.expose, facts.permission) {
        (Some(scope), ..) => scope_text(scope),
        (None, Expose::Everywhere, Permission::Account(_)) => "any".into(),
        (None, Expose::Everywhere, Permission::Public(_)) => "none needed".into(),
        _ => "·".into(),
    }
}

/// From where it can be asked for.
fn over(facts: &Facts) -> &'static [&'static str] {
    match (facts.permission, facts.expose) {
        (Permission::Console(_), _) => &["console"],
        (_, Expose::Everywhere) => &["http", "socket", "token"],
        (_, Expose::People) => &["http", "socket"],
        (_, Expose::Browser) => &["http"],
    }
}

fn scope_text((area, writes): (&str, bool)) -> String {
    Scope { area: area.to_owned(), writes }.to_string()
}

fn data_class(class: DataClass) -> &'static str {
    match class {
        DataClass::Public => "public",
        DataClass::Internal => "internal",
        DataClass::Content => "content",
        DataClass::Personal => "personal",
        DataClass::Credential => "credential",
    }
}

/// `docs/operations.md`: every operation on one page.
pub fn markdown(dispatcher: &Dispatcher) -> String {
    let mut page = String::from(
        "# Operations\n\n<!-- Generated by `cargo xtask gen` from the operations' declarations. Do not edit. -->\n\n\
         Everything that Holdfast can be asked to do. A way is a role and, after +, how the caller must stand to the thing;\n\
         one that fits is enough. A dot under a role: it can never. Denials are always in the ledger.\n\n\
         With an `Idempotency-Key` (up to 128 visible characters; make it random) a POST that is sent again within a day changes nothing twice\n\
         and is answered again, with what is so then, if the caller may still see it. It means nothing where the data is \"credential\": of those requests nothing is kept.\n\n\
         | operation | route | who | viewer | editor | admin | owner | token's scope | rate | ledger | data |\n\
         | --- | --- | --- | :-: | :-: | :-: | :-: | --- | --- | --- | --- |\n",
    );
    for operation in dispatcher.all() {
        let facts = operation.facts();
        let audit = match facts.audit {
            Audit::Entry => "entry".to_owned(),
            Audit::Silent(reason) => format!("silent: {reason}"),
        };
        let roles: Vec<&str> = Role::ALL
            .into_iter()
            .map(|role| match facts.permission {
                Permission::Policy if dispatcher.policy().may_ever(facts.id, role) => "yes",
                Permission::Public(_) | Permission::Account(_) => "yes",
                _ => "·",
            })
            .collect();
        let who = permission(&facts, dispatcher.policy()).replace('|', "or");
        let line = writeln!(
            page,
            "| `{}`<br>{} | {} `{}`{} | {who} | {} | {} | {} | {audit} | {} |",
            facts.id,
            facts.summary,
            facts.route.method.as_str(),
            facts.route.path,
            if facts.expose == Expose::Browser { "<br>not over a socket" } else { "" },
            roles.join(" | "),
            token(&facts),
            rate(&facts),
            data_class(facts.data_class),
        );
        debug_assert!(line.is_ok());
    }
    page
}
