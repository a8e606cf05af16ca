//! One rule for text, through the whole server: what is one in every spelling, what hides nothing, what is kept of secrets.

use std::os::unix::fs::MetadataExt;

use api_tests::{Client, PASSWORD, World, both};
use reqwest::Method;
use serde_json::{Value, json};

fn channel(name: &str, kind: &str) -> Value {
    json!({ "name": name, "topic": "", "kind": kind })
}

async fn posted(who: &Client, channel: &str, body: &str) -> String {
    who.post(channel, body).await.ok()["body"].as_str().unwrap().to_owned()
}

both! {
    // REQ COMMS-1
    async fn a_channel_has_its_name_in_every_spelling(world: World) {
        let olga = world.owner().await;
        let cafe = olga.channel("Caf\u{e9} Stra\u{df}e", "public").await;
        for other in ["cafe\u{301} STRASSE", "ＣＡＦÉ\u{3000}straße", "caf\u{e9}  stra\u{1E9E}e\u{200B}"] {
            let refused = olga.own("chat.channel.create", &[], channel(other, "public")).await.refused(422, "invalid_input");
            assert_eq!(refused["fields"][0]["field"], "name", "{other:?}");
        }
        for hidden in ["gen\u{3164}eral", "gen\u{AD}eral", "gen\u{200D}eral", "gen\u{202E}eral", "\u{2800}", "\u{3164}"] {
            olga.own("chat.channel.create", &[], channel(hidden, "public")).await.refused(422, "invalid_input");
        }
        // Its own name in another spelling is no other's.
        let renamed = olga.own("chat.channel.update", &[("channel", &cafe)], json!({ "name": "CAFE\u{301} strasse" })).await.ok();
        assert_eq!(renamed["name"], "CAF\u{c9} strasse");
    }

    // REQ COMMS-1
    async fn trying_names_tells_nothing_of_private_channels(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let private = olga.channel("acquisition", "private").await;
        let ours = ben.own("chat.channel.create", &[], channel("Acquisition", "public")).await.ok();
        let secret = ben.own("chat.channel.create", &[], channel("merger", "private")).await.ok();
        olga.channel("merger", "private").await;
        // Who can find both is told.
        for kind in ["public", "private"] {
            olga.own("chat.channel.create", &[], channel("ACQUISITION", kind)).await.refused(422, "invalid_input");
            ben.own("chat.channel.create", &[], channel("Merger", kind)).await.refused(422, "invalid_input");
        }
        let rename = json!({ "name": "layoffs" });
        olga.own("chat.channel.update", &[("channel", &private)], rename.clone()).await.ok();
        let at = [("channel", ours["id"].as_str().unwrap())];
        olga.own("chat.channel.update", &at, json!({ "name": "Layoffs" })).await.refused(422, "invalid_input");
        let at = [("channel", secret["id"].as_str().unwrap())];
        olga.own("chat.channel.update", &at, rename).await.refused(404, "not_found");
        ben.own("chat.channel.create", &[], channel("layoffs", "public")).await.ok();
    }

    // REQ COMMS-2
    async fn what_is_pasted_is_posted_and_nothing_hides_in_it(world: World) {
        let olga = world.owner().await;
        let general = olga.channel("general", "public").await;
        assert_eq!(posted(&olga, &general, "    fn main()\u{B}\u{C}{}\r\n\u{85}\u{2028}x  \n").await, "    fn main()\n\n{}\n\n\nx");
        assert_eq!(posted(&olga, &general, "e\u{301} \0\u{1b}[1m👩‍🚀 ❤️ \u{202E}x").await, "\u{e9} [1m👩‍🚀 ❤️ x");
        for empty in ["\u{3164}", "\u{2800} \u{200B}\n", "\u{AD}\u{200D}", "\u{E0041}\u{FE0F}", "\0"] {
            olga.post(&general, empty).await.refused(422, "invalid_input");
        }
    }

    // REQ OPS-6
    async fn of_credentials_nothing_is_kept_for_a_replay(world: World) {
        let mut olga = world.owner().await;
        let change = json!({ "current": PASSWORD, "password": "mirror otter plankton velvet" });
        let request = olga.request(Method::POST, "/api/v1/me/password").header("idempotency-key", "key-1");
        olga.send(request.json(&change)).await.ok();
        olga.settle().await;
        let made = olga.request(Method::POST, &format!("/api/v1/orgs/{}/channels", olga.org)).header("idempotency-key", "key-2");
        olga.send(made.json(&channel("general", "public"))).await.ok();
        let database = world.database().await;
        assert_eq!(database.column("SELECT operation FROM idempotency").await, ["chat.channel.create"]);
        // What is kept of the other is no hash that anybody could compute without the client's key.
        assert_eq!(database.column("SELECT key FROM idempotency WHERE key LIKE '%key-2%'").await, Vec::<String>::new());
        // One request under two keys: were it a plain hash, it would be one hash.
        let general = olga.channel("talk", "public").await;
        for key in ["key-3", "key-4"] {
            let join = olga.request(Method::POST, &format!("/api/v1/orgs/{}/channels/{general}/join", olga.org));
            olga.send(join.header("idempotency-key", key).json(&json!({}))).await.ok();
        }
        let kept = "SELECT hex(request_hash) FROM idempotency WHERE operation = 'chat.channel.join'";
        let kept = if database.is_postgres() { kept.replace("hex(request_hash)", "encode(request_hash, 'hex')") } else { kept.to_owned() };
        let kept = database.column(&kept).await;
        assert!(kept.len() == 2 && kept[0] != kept[1], "{kept:?}");
    }

    // REQ RUN-4
    async fn names_folded_by_an_older_edition_are_folded_anew_and_none_is_lost(world: World) {
        let mut world = world;
        let olga = world.owner().await;
        for name in ["one", "two", "three", "four"] {
            olga.channel(name, "public").await;
        }
        let database = world.database().await;
        for sql in [
            "UPDATE channel SET name = 'Cafe\u{301}', name_folded = 'cafe\u{301}' WHERE name = 'two'",
            "UPDATE channel SET name = 'CAF\u{c9}', name_folded = 'caf\u{e9}' WHERE name = 'three'",
            "UPDATE channel SET name = '\u{3164}', name_folded = '' WHERE name = 'four'",
            "UPDATE text_edition SET edition = 0",
        ] {
            database.execute(sql).await.unwrap();
        }
        drop(database);
        world.restart().await;
        let olga = olga.at(world.address);
        let list = olga.own("chat.channel.list", &[], json!({})).await.ok();
        let mut names: Vec<&str> = list["items"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["CAF\u{c9} (2)", "Caf\u{e9}", "one", "unnamed"]);
        for taken in ["cafe\u{301}", "CAFÉ (2)"] {
            olga.own("chat.channel.create", &[], channel(taken, "public")).await.refused(422, "invalid_input");
        }
    }
}

// REQ OPS-14
#[tokio::test]
async fn nobody_else_on_the_machine_reads_the_files() {
    let world = World::sqlite().await;
    world.owner().await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(world.data()), 0o700);
    for file in ["holdfast.db", "holdfast.db-wal", "holdfast.db-shm", "keys/database.key", "holdfast.sock"] {
        assert_eq!(mode(&world.data().join(file)), 0o600, "{file}");
    }
}

// REQ OPS-14
#[tokio::test]
async fn files_that_others_could_read_are_closed_at_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::sqlite().await;
    let database = world.data().join("holdfast.db");
    std::fs::set_permissions(&database, PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::set_permissions(world.data(), PermissionsExt::from_mode(0o755)).unwrap();
    world.restart().await;
    assert_eq!(std::fs::metadata(&database).unwrap().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(world.data()).unwrap().mode() & 0o777, 0o700);
}
