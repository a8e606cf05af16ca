//! Input that means harm, or is only wrong: generated for every operation from the API's own description.

use api_tests::sample::{CONSOLE_ONLY, Described, Ids, OPERATIONS, ask, resolved};
use api_tests::{Client, OPENAPI, Reply, World, both, difference};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// People and things for valid inputs to name.
async fn furnished(world: &World) -> (Client, Ids) {
    let olga = world.owner().await;
    let ben = world.join(&olga, "ben", "editor").await;
    let channel = olga.channel("general", "public").await;
    let message = olga.post(&channel, "hello").await.ok()["id"].as_str().unwrap().to_owned();
    let invited = json!({ "email": "ada@example.org", "role": "viewer" });
    let invitation =
        olga.own("invitation.create", &[], invited).await.ok()["id"].as_str().unwrap().to_owned();
    let sessions = olga.call("session.list", &[], json!({})).await.ok();
    let session = sessions["items"][0]["id"].as_str().unwrap().to_owned();
    // What people and service accounts are both asked about: for tokens only the latter's can be made by somebody else.
    let bot = olga.service_account("bot", "viewer", &["chat:read"]).await;
    let tokens = olga.own("token.list", &[("member", &bot.member)], json!({})).await.ok();
    let token = tokens["items"][0]["id"].as_str().unwrap().to_owned();
    let ids = Ids {
        org: olga.org.clone(),
        channel,
        message,
        member: bot.member,
        invitation,
        session,
        user: ben.user,
        token,
        job: olga.call("job.list", &[], json!({ "kind": "identity.mail" })).await.ok()["items"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned(),
    };
    (olga, ids)
}

/// Whether a session reaches it: what only the machine itself may do is not there for others, whatever they send.
fn is_reached(operation: &Described) -> bool {
    !CONSOLE_ONLY.contains(&operation.id.as_str())
}

/// Sends bytes as the body of an operation.
async fn raw(who: &Client, operation: &Described, ids: &Ids, body: impl Into<reqwest::Body>) -> Reply {
    let mut path = operation.path.clone();
    for (name, id) in ids.path(operation) {
        path = path.replace(&format!("{{{name}}}"), id);
    }
    let request = who.request(operation.method.parse().unwrap(), &path);
    who.send(request.header("content-type", "application/json").body(body)).await
}

/// What every refusal looks like (OPS-4); returns the names of the fields at fault.
#[track_caller]
fn refused(reply: &Reply, about: &str) -> Vec<String> {
    let body = &reply.body;
    assert!((400..500).contains(&reply.status), "{about}: {} {body}", reply.status);
    assert_ne!(reply.status, 429, "{about}: the test is too fast");
    let code = body["code"].as_str().unwrap_or_default();
    let known = OPENAPI["components"]["schemas"]["Code"].to_string();
    assert!(known.contains(&format!("\"{code}\"")) && !code.is_empty(), "{about}: {body}");
    assert!(body["error"].as_str().is_some_and(|e| !e.is_empty()), "{about}: {body}");
    assert!(body["requestId"].as_str().is_some_and(|r| r.starts_with("req_")), "{about}: {body}");
    assert_eq!(reply.headers["content-type"], "application/json", "{about}");
    let fields = body["fields"].as_array().cloned().unwrap_or_default();
    fields.iter().map(|f| f["field"].as_str().unwrap().to_owned()).collect()
}

/// That it was refused for this field.
#[track_caller]
fn names(reply: &Reply, field: &str, about: &str) {
    let fields = refused(reply, about);
    assert_eq!(
        (reply.status, reply.body["code"].as_str()),
        (422, Some("invalid_input")),
        "{about}: {}",
        reply.body
    );
    let named = fields.iter().any(|f| f == field || f.starts_with(&format!("{field}.")));
    assert!(named, "{about}: {field} is not named in {}", reply.body);
}

fn is_id(schema: &Value) -> bool {
    schema["pattern"].as_str().is_some_and(|p| p.ends_with("_[0-9a-f]{32}$"))
}

/// Spellings that are not an id of this kind.
fn bad_ids(schema_or_prefix: &str) -> Vec<String> {
    let hex = "01900000000070008000000000000001";
    let p = schema_or_prefix;
    vec![
        format!("xxx_{hex}"),
        format!("{}_{hex}", p.to_uppercase()),
        format!("{p}_{}", hex.replace('1', "A")),
        format!("{p}_{}", &hex[1..]),
        format!("{p}_{hex}0"),
        format!("{p}-{hex}"),
        hex.to_owned(),
        format!("{p}_01900000-0000-7000-8000-000000000001"),
        format!("{p}_../../../../etc/passwd"),
        format!("../{p}_{hex}"),
        format!("{p}_{hex}\0"),
        format!("{p}_{hex}' OR '1'='1"),
        format!(" {p}_{hex}"),
        format!("{p}_{hex}\u{202e}"),
        "null".to_owned(),
        "0".to_owned(),
        "*".to_owned(),
        "%".to_owned(),
    ]
}

fn prefix(schema: &Value) -> &str {
    schema["pattern"].as_str().unwrap().trim_start_matches('^').split('_').next().unwrap()
}

/// Values of a body's field that its schema refuses.
fn wrong(name: &str, schema: &Value, good: &Value) -> Vec<Value> {
    let mut all = vec![json!({}), json!({ "$ne": null }), json!([{}])];
    if schema["nullable"] != true {
        all.push(Value::Null);
    }
    match schema["type"].as_str() {
        Some("string") => {
            all.extend([json!(5), json!(true), json!(1.5), json!([]), json!(["a text"])]);
            if let Some(most) = schema["maxLength"].as_u64() {
                all.push(json!("x".repeat(usize::try_from(most).unwrap() + 1)));
                all.push(json!("x".repeat(100_000)));
            }
            if schema["minLength"].as_u64().is_some_and(|least| least > 0) {
                all.push(json!(""));
            }
            if is_id(schema) {
                all.extend(bad_ids(prefix(schema)).into_iter().map(Value::from));
            }
        }
        Some("integer") => {
            all.extend([json!("1"), json!(1.5), json!(true), json!([1]), json!(1e300)]);
            all.extend(schema["minimum"].as_i64().map(|least| json!(least - 1)));
            all.extend(schema["maximum"].as_i64().map(|most| json!(most + 1)));
            all.extend([json!(i64::MIN), json!(u64::MAX)]);
        }
        Some("boolean") => all.extend([json!("true"), json!(1), json!([true])]),
        Some("array") => {
            all.extend([json!("a text"), json!(5), json!([null]), json!([5]), json!([[]])]);
            // Each field of each entry, one after the other.
            for (inner, schema) in schema["items"]["properties"].as_object().into_iter().flatten() {
                let entry = |value: Option<Value>| {
                    let mut entry = good[0].clone();
                    match value {
                        Some(value) => entry[inner] = value,
                        None => drop(entry.as_object_mut().unwrap().remove(inner)),
                    }
                    json!([good[0], entry])
                };
                let schema = resolved(schema);
                if schema.get("type").is_some() {
                    all.extend(
                        wrong(inner, &schema, &good[0][inner]).into_iter().map(|value| entry(Some(value))),
                    );
                }
                // What others call themselves elsewhere need not be a handle.
                let kind = if inner == "handle" { "name" } else { inner };
                all.extend(dirty(kind).into_iter().map(|text| entry(Some(json!(text)))));
                all.extend([entry(None), entry(Some(json!({ "surplus": 1 })))]);
            }
            let item = if is_id(&schema["items"]) {
                all.extend(bad_ids(prefix(&schema["items"])).into_iter().map(|id| json!([id])));
                json!(Ids::missing(name.trim_end_matches('s')))
            } else {
                json!("x")
            };
            all.extend(
                schema["maxItems"].as_u64().map(|most| json!(vec![item; usize::try_from(most).unwrap() + 1])),
            );
            all.extend(schema["minItems"].as_u64().filter(|least| *least > 0).map(|_| json!([])));
        }
        None if schema.get("oneOf").or(schema.get("enum")).is_some() => {
            all.extend([
                json!("king"),
                json!("Viewer"),
                json!(""),
                json!(0),
                json!(["viewer"]),
                json!("viewer "),
            ]);
        }
        other => panic!("{name}: a schema of type {other:?}"),
    }
    all
}

/// Texts that a field of this kind refuses although its schema cannot say so.
fn dirty(name: &str) -> Vec<&'static str> {
    let line = [
        "a\0b",
        "a\r\nb",
        "a\nb",
        "a\u{1b}[31mb",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{200b}b",
        "a\u{feff}b",
        "a\u{7f}b",
    ];
    match name {
        "name" | "topic" | "organisation" | "action" | "actor" | "source" | "channel" => line.to_vec(),
        "email" | "ownerEmail" => {
            [&line[..], &["nobody", "a@b@c d", "a@b\r\nBcc: x@y", "<a@b>", "a@-b"]].concat()
        }
        "handle" => [&line[..], &["here", "a b", "-a", "<script>", "../x", "ä"]].concat(),
        // What is pasted is put right; what then shows nothing is refused.
        "body" => vec!["\0", "\r\u{85}\n", "\u{3164}\u{200b}", "\u{2800}\u{ad}\u{1b}"],
        "emoji" => [&line[..], &["ab", "<b>"]].concat(),
        "clientId" => {
            vec!["x", "019000000000700080000000000000011111", "{01900000-0000-7000-8000-000000000001"]
        }
        _ => Vec::new(),
    }
}

/// Fields in which any text is welcome: it is hashed or rated, never kept.
fn is_free(operation: &Described, name: &str) -> bool {
    matches!(name, "password" | "token" | "current") || operation.id == "password.rate"
}

both! {
    // REQ OPS-2, OPS-4 (attacks A4, N9, N10)
    async fn wrong_bodies_are_refused_by_field_and_change_nothing(world: World) {
        let (olga, ids) = furnished(&world).await;
        let database = world.database().await;
        let before = database.state().await;
        let mut sent = 0;
        for operation in OPERATIONS.iter().filter(|o| !o.reads()) {
            let good = ids.input(operation);
            for (name, schema) in &operation.fields {
                let dirty = if is_free(operation, name) { Vec::new() } else { dirty(name) };
                for value in wrong(name, schema, &good[name]).into_iter().chain(dirty.into_iter().map(Value::from)) {
                    let mut input = good.clone();
                    input[name] = value;
                    let shown: String = input[name].to_string().chars().take(300).collect();
                    let about = format!("{} with {name} = {shown}", operation.id);
                    names(&ask(&world, &olga, operation, &ids, input).await, name, &about);
                    sent += 1;
                }
                if operation.required.contains(name) {
                    let mut input = good.clone();
                    input.as_object_mut().unwrap().remove(name);
                    names(&ask(&world, &olga, operation, &ids, input).await, name, &format!("{} without {name}", operation.id));
                }
            }
            let after = database.state().await;
            assert!(before == after, "{} has changed something:\n{}", operation.id, difference(&before, &after));
        }
        assert!(sent > 300, "only {sent} requests were generated");
    }

    // REQ OPS-2
    async fn every_wrong_field_is_named_at_once(world: World) {
        let (olga, ids) = furnished(&world).await;
        for operation in OPERATIONS.iter().filter(|o| !o.reads()) {
            let mut input = json!({ "surplus": 1 });
            for (name, _) in &operation.fields {
                input[name] = json!({});
            }
            let reply = ask(&world, &olga, operation, &ids, input).await;
            world.clock.advance(Duration::from_secs(31));
            let all = operation.fields.iter().map(|(name, _)| name.as_str()).chain(["surplus"]);
            for name in all {
                names(&reply, name, &operation.id);
            }
            let mut input = ids.input(operation);
            let touched: Vec<&str> = operation.fields.iter().map(|(name, _)| name.as_str())
                .filter(|name| !is_free(operation, name) && !dirty(name).is_empty()).collect();
            for name in &touched {
                input[*name] = json!(dirty(name)[0]);
            }
            if touched.is_empty() {
                continue;
            }
            let reply = ask(&world, &olga, operation, &ids, input).await;
            world.clock.advance(Duration::from_secs(31));
            for name in touched {
                names(&reply, name, &format!("{}, all at once", operation.id));
            }
            let repeated: BTreeSet<String> = refused(&reply, &operation.id).into_iter().collect();
            assert_eq!(repeated.len(), reply.body["fields"].as_array().unwrap().len(), "{}: {}", operation.id, reply.body);
        }
    }

    // REQ OPS-2 (attack A4): what is answered cannot be sent.
    async fn no_output_is_an_input(world: World) {
        let (olga, ids) = furnished(&world).await;
        let database = world.database().await;
        let before = database.state().await;
        let mut outputs = BTreeSet::new();
        for schema in OPENAPI["components"]["schemas"].as_object().unwrap().values() {
            outputs.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        }
        // What the tables call it, and what other products are fooled by.
        outputs.extend(["org_id", "orgId", "user_id", "userId", "is_admin", "isAdmin", "super_admin", "password_hash",
            "author_id", "created_at", "member_id", "__proto__", "constructor", "$where"].map(str::to_owned));
        assert!(outputs.len() > 40);
        for operation in OPERATIONS.iter().filter(|o| !o.reads() || is_reached(o)) {
            world.clock.advance(Duration::from_secs(31));
            let mut input = if operation.reads() { json!({}) } else { ids.input(operation) };
            let foreign: Vec<&String> = outputs.iter().filter(|n| operation.fields.iter().all(|(f, _)| f != *n)).collect();
            for name in &foreign {
                input[name.as_str()] = json!("1");
            }
            let reply = ask(&world, &olga, operation, &ids, input).await;
            let named = refused(&reply, &operation.id);
            for name in foreign {
                assert!(named.contains(name), "{} takes {name}: {}", operation.id, reply.body);
            }
        }
        let after = database.state().await;
        assert!(before == after, "{}", difference(&before, &after));
    }

    // REQ OPS-2, EDGE-6 (attacks N7, N9)
    async fn broken_bodies_are_refused(world: World) {
        let mut too_large = 0;
        let (olga, ids) = furnished(&world).await;
        let database = world.database().await;
        let before = database.state().await;
        for operation in OPERATIONS.iter().filter(|o| !o.reads() && is_reached(o)) {
            let good = ids.input(operation);
            let values: Vec<Value> = good.as_object().unwrap().values().cloned().collect();
            let first = operation.fields.first().map(|(name, _)| name.clone());
            let twice = first.as_ref().map(|n| {
                let text = good.to_string();
                format!("{},{}:{}}}", &text[..text.len() - 1], json!(n), good[n])
            });
            let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
            let deep_field = format!("{{\"x\":{}1{}}}", "{\"x\":".repeat(2_000), "}".repeat(2_000));
            let mut bodies: Vec<Vec<u8>> = [
                "[]", "[{}]", "null", "true", "1", "\"text\"", "{", "{}}", "{} {}", "{\"a\":}", "{'a':1}", "{\"a\":NaN}",
                "{\"a\":1e999}", "{\"a\":\"\\ud800\"}", "{\"\\ud800\":1}", "{\"a\":\"\\u12\"}", "\u{feff}{}", "// {}", "a=b",
                "<xml/>", "{\"a\":00}", "{\"a\":0x10}",
            ].map(|text| text.as_bytes().to_vec()).to_vec();
            bodies.extend([json!(values).to_string().into_bytes(), json!([good]).to_string().into_bytes()]);
            bodies.extend([deep.into_bytes(), deep_field.into_bytes(), b"{\"a\":\"\xff\xfe\"}".to_vec(), b"\xc0\xaf".to_vec()]);
            bodies.extend(twice.clone().map(String::into_bytes));
            for body in bodies {
                let about = format!("{} {:?}", operation.id, String::from_utf8_lossy(&body[..body.len().min(60)]));
                world.clock.advance(Duration::from_secs(31));
                let reply = raw(&olga, operation, &ids, body).await;
                refused(&reply, &about);
            }
            if let Some(text) = twice {
                world.clock.advance(Duration::from_secs(31));
                names(&raw(&olga, operation, &ids, text).await, &first.unwrap(), &format!("{}, twice", operation.id));
            }
            world.clock.advance(Duration::from_secs(31));
            let large = json!({ "a": "x".repeat(1 << 20) }).to_string();
            let mut path = operation.path.clone();
            for (name, id) in ids.path(operation) {
                path = path.replace(&format!("{{{name}}}"), id);
            }
            let request = olga.request(operation.method.parse().unwrap(), &path).header("content-type", "application/json").header("connection", "close");
            // Who goes on sending may miss the answer when the connection is closed.
            if let Ok(answer) = request.body(large).send().await {
                assert_eq!(answer.status(), 413, "{}", operation.id);
                too_large += 1;
            }
            for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
                world.clock.advance(Duration::from_secs(31));
                let request = olga.request(operation.method.parse().unwrap(), &path);
                let reply = olga.send(request.header("content-type", kind).body(good.to_string())).await;
                assert_eq!(reply.status, 415, "{} as {kind}", operation.id);
            }
        }
        assert!(too_large > 10, "{too_large} were told that it is too large");
        let after = database.state().await;
        assert!(before == after, "{}", difference(&before, &after));
    }

    // REQ OPS-2 (attacks N3, N10)
    async fn wrong_queries_are_refused_by_field(world: World) {
        let (olga, ids) = furnished(&world).await;
        for operation in OPERATIONS.iter().filter(|o| o.reads() && is_reached(o)) {
            let good = ids.input(operation);
            if !operation.fields.is_empty() && operation.id != "chat.message.list" {
                ask(&world, &olga, operation, &ids, good.clone()).await.ok();
            }
            for (name, schema) in &operation.fields {
                let mut values: Vec<String> = match schema["type"].as_str() {
                    Some("integer") => ["", "x", "1.5", "1e3", "0x1", "99999999999999999999", "-99999999999999999999", "1 ",
                        "\u{661}", "true", "[1]", "1;DROP TABLE message"].map(str::to_owned).to_vec(),
                    Some("string") if is_id(schema) => bad_ids(prefix(schema)),
                    Some("string") => vec!["x".repeat(1 + usize::try_from(schema["maxLength"].as_u64().unwrap()).unwrap()), String::new()],
                    _ => ["king", "", "OK", "ok,denied", "ok' OR 1=1 --"].map(str::to_owned).to_vec(),
                };
                values.extend(schema["minimum"].as_i64().map(|least| (least - 1).to_string()));
                values.extend(schema["maximum"].as_i64().map(|most| (most + 1).to_string()));
                values.extend(dirty(name).into_iter().map(str::to_owned));
                for value in values {
                    world.clock.advance(Duration::from_secs(2));
                    let about = format!("{}?{name}={value:?}", operation.id);
                    names(&ask(&world, &olga, operation, &ids, json!({ name: value })).await, name, &about);
                }
                let mut path = operation.path.clone();
                for (id, value) in ids.path(operation) {
                    path = path.replace(&format!("{{{id}}}"), value);
                }
                world.clock.advance(Duration::from_secs(2));
                let value = good[name].as_str().map_or_else(|| good[name].to_string(), str::to_owned);
                let twice = olga.request(Method::GET, &path).query(&[(name, &value), (name, &value)]);
                names(&olga.send(twice).await, name, &format!("{}: {name} twice", operation.id));
            }
            world.clock.advance(Duration::from_secs(2));
            names(&ask(&world, &olga, operation, &ids, json!({ "surplus": 1 })).await, "surplus", &operation.id);
        }
    }

    // REQ OPS-2, OPS-3 (attack N3)
    async fn wrong_ids_in_paths_are_refused(world: World) {
        let (olga, ids) = furnished(&world).await;
        let database = world.database().await;
        let before = database.state().await;
        for operation in OPERATIONS.iter() {
            let input = if operation.reads() { json!({}) } else { ids.input(operation) };
            for name in &operation.ids {
                for bad in bad_ids(&ids.of(name)[..3]).into_iter().chain(["%00".into(), "x".repeat(5_000)]) {
                    let encoded: String = bad.bytes().map(|b| format!("%{b:02x}")).collect();
                    let mut path = operation.path.clone();
                    for (id, value) in ids.path(operation) {
                        path = path.replace(&format!("{{{id}}}"), if id == name { &encoded } else { value });
                    }
                    world.clock.advance(Duration::from_secs(31));
                    let request = olga.request(operation.method.parse().unwrap(), &path);
                    let reply = olga.send(if operation.reads() { request } else { request.json(&input) }).await;
                    refused(&reply, &format!("{} with {name} = {:?}", operation.id, &bad[..bad.len().min(60)]));
                }
            }
        }
        let after = database.state().await;
        assert!(before == after, "{}", difference(&before, &after));
    }

    // REQ OPS-9 (attacks N3, N4, N8, N10): text is kept and given back as it is, composed, and is nothing but text.
    async fn hostile_text_is_only_text(world: World) {
        let (olga, ids) = furnished(&world).await;
        let texts = [
            "'; DROP TABLE message; --", "\" OR \"\"=\"", "x') UNION SELECT password_hash FROM account --", "%", "_", "\\",
            "../../../../etc/passwd", "..\\..\\windows\\win.ini", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
            "{{constructor.constructor('return 1')()}}", "${7*7}", "$(id)", "`id`", "%s%s%n", "{0}", "=cmd|' /C calc'!A0",
            "\u{1f469}\u{200d}\u{1f4bb}", "e\u{301}", "\u{0130}", "\u{fdfa}", "null", "NaN", "?1", ":org", "$1", "\u{fffd}", "\u{10ffff}",
            "javascript:alert(1)", "data:text/html,<script>1</script>",
        ];
        let mut refused = Vec::new();
        for text in texts {
            world.clock.advance(Duration::from_secs(31));
            let said = olga.post(&ids.channel, text).await.ok();
            let text = kernel::text::nfc(text);
            let text = text.as_ref();
            assert_eq!(said["body"], text);
            let at = [("channel", ids.channel.as_str())];
            let page = olga.own("chat.message.list", &at, json!({ "limit": 1 })).await.ok();
            assert_eq!(page["items"][0]["body"], text);
            let channel = json!({ "name": text, "topic": text, "kind": "private" });
            let reply = olga.own("chat.channel.create", &[], channel).await;
            if reply.status != 200 {
                names(&reply, "name", text);
                refused.push(text.to_owned());
                continue;
            }
            let read = olga.own("chat.channel.read", &[("channel", reply.body["id"].as_str().unwrap())], json!({})).await;
            assert_eq!(read.headers["x-content-type-options"], "nosniff");
            assert_eq!(read.headers["content-type"], "application/json");
            let read = read.ok();
            assert_eq!((read["name"].as_str(), read["topic"].as_str()), (Some(text), Some(text)));
            let org = olga.own("org.update", &[], json!({ "name": text })).await.ok();
            assert_eq!(org["name"], text);
            let found = olga.own("audit.list", &[], json!({ "actor": text })).await.ok();
            assert_eq!(found["items"], json!([]), "{text}");
        }
        // No name, though it may be said.
        assert_eq!(refused, ["\u{10ffff}"]);
        let long = "\u{1f9ff}".repeat(8_000);
        assert_eq!(olga.post(&ids.channel, &long).await.ok()["body"], long);
        assert!(world.database().await.broken_keys().await.is_empty());
    }
}
