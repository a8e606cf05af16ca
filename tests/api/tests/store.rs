//! The two databases: the same tables, the same refusals, and what each adds of its own.
#![allow(clippy::disallowed_methods, reason = "these tests stand where the dispatcher stands")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use api_tests::{World, postgres};
use kernel::{Code, MemberId, OrgId, Secret};
use serde_json::json;
use store::{Location, Sql, Store, TENANT_TABLES, Tenant, params};
use tokio_postgres::NoTls;
use uuid::Uuid;

fn at(url: &Secret) -> Location {
    Location::Postgres { url: url.clone(), ca_file: None, connections: 4 }
}

fn in_dir(dir: &Path, key: char) -> Location {
    Location::Sqlite { path: dir.join("test.db"), key: Secret::new(key.to_string().repeat(64)) }
}

async fn open(location: &Location) -> kernel::Result<Store> {
    Store::open(location, Arc::new(|_| {})).await
}

async fn each() -> (tempfile::TempDir, [(Store, Location); 2]) {
    let dir = tempfile::tempdir().unwrap();
    let (sqlite, postgres) = (in_dir(dir.path(), 'a'), at(&postgres::database().await));
    (dir, [(open(&sqlite).await.unwrap(), sqlite), (open(&postgres).await.unwrap(), postgres)])
}

type Columns = BTreeSet<(String, String, bool)>;

async fn columns(store: &Store) -> Columns {
    // SQLite says "not null" of a key's columns only when told; PostgreSQL always does.
    let sql = Sql::each(
        "SELECT t.name, c.name, CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN 1 ELSE 0 END \
         FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
        "SELECT table_name::text, column_name::text, is_nullable = 'NO' FROM information_schema.columns \
         WHERE table_schema = 'public'",
    );
    let rows = store
        .read(move |tx| {
            Box::pin(
                async move { tx.query(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).await },
            )
        })
        .await
        .unwrap();
    // The server's role on PostgreSQL does not see this one.
    rows.into_iter().filter(|(table, ..)| table != "schema_migration").collect()
}

// REQ RUN-4
#[tokio::test]
async fn both_migration_sets_make_the_same_tables() {
    let (_dir, [(sqlite, _), (postgres, _)]) = each().await;
    let (sqlite, postgres) = (columns(&sqlite).await, columns(&postgres).await);
    let differ: Vec<_> = sqlite.symmetric_difference(&postgres).collect();
    assert!(differ.is_empty(), "{differ:?}");
    // Every table with an organisation in it is known as a tenant's, but for the directories that lead to one.
    let directories = ["membership", "invitation_token", "token_secret"];
    let with_org: BTreeSet<&str> = sqlite
        .iter()
        .filter(|(table, column, _)| column == "org_id" && !directories.contains(&table.as_str()))
        .map(|(table, ..)| table.as_str())
        .collect();
    assert_eq!(with_org, TENANT_TABLES.iter().copied().collect());
}

// REQ RUN-4
#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let (_dir, stores) = each().await;
    for (store, location) in stores {
        match &location {
            // The server's own role may not write there.
            Location::Postgres { url, .. } => {
                owner(url)
                    .await
                    .batch_execute("INSERT INTO schema_migration VALUES (999, 'from the future')")
                    .await
                    .unwrap();
            }
            Location::Sqlite { .. } => {
                let sql = "INSERT INTO schema_migration (version, name) VALUES (999, 'from the future')";
                store.write(move |tx| Box::pin(async move { tx.execute(sql, &[]).await })).await.unwrap();
            }
        }
        let refused = open(&location).await.err().expect("refused");
        assert_eq!(refused.message, "This database was written by a newer Holdfast.");
        assert!(refused.hint.is_some());
    }
}

async fn owner(url: &Secret) -> tokio_postgres::Client {
    let (client, link) = tokio_postgres::connect(url.reveal(), NoTls).await.unwrap();
    tokio::spawn(link);
    client
}

// REQ AUTHZ-6
#[tokio::test]
async fn the_database_refuses_a_reference_across_organisations() {
    let (_dir, stores) = each().await;
    for (store, _) in stores {
        let [a, b] = [OrgId(Uuid::new_v4()), OrgId(Uuid::new_v4())];
        let (member, channel) = (MemberId(Uuid::new_v4()), Uuid::new_v4());
        store
            .write(move |tx| {
                Box::pin(async move {
                    for (org, slug) in [(a, "a"), (b, "b")] {
                        tx.within(&Tenant::assume(org))
                            .execute(
                                "INSERT INTO organisation (org_id, name, slug, created_at) VALUES (?1, ?2, ?3, ?4)",
                                params![slug, slug, 0],
                            )
                            .await?;
                    }
                    tx.within(&Tenant::assume(a))
                        .execute(
                            "INSERT INTO member (org_id, id, name, handle, role, state, created_at) \
                             VALUES (?1, ?2, 'A', 'a', 'owner', 'active', 0)",
                            params![member],
                        )
                        .await?;
                    tx.within(&Tenant::assume(b))
                        .execute(
                            "INSERT INTO channel (org_id, id, kind, name, topic, created_at) \
                             VALUES (?1, ?2, 'public', 'x', '', 0)",
                            params![channel],
                        )
                        .await
                })
            })
            .await
            .unwrap();
        for org in [a, b] {
            let refused = store
                .write(move |tx| {
                    Box::pin(async move {
                        tx.within(&Tenant::assume(org))
                            .execute(
                                "INSERT INTO channel_member (org_id, channel_id, member_id, joined_at, read_seq) \
                                 VALUES (?1, ?2, ?3, 0, 0)",
                                params![channel, member],
                            )
                            .await
                    })
                })
                .await;
            assert_eq!(refused.unwrap_err().code, Code::Conflict, "{}", store.engine());
        }
    }
}

// REQ AUTHZ-6
#[tokio::test]
async fn row_level_security_hides_and_refuses_what_is_another_organisations() {
    let world_url = postgres::database().await;
    let world = World::start(vec![("HOLDFAST_DATABASE__URL".into(), world_url.reveal().to_owned())]).await;
    let olga = world.owner().await;
    let general = olga.channel("general", "public").await;
    let ben = world.join(&olga, "ben", "editor").await;
    ben.own("chat.channel.join", &[("channel", &general)], json!({})).await.ok();
    let said = olga.post(&general, "ours @ben").await.ok();
    let at = [("channel", general.as_str()), ("message", said["id"].as_str().unwrap())];
    olga.own("chat.message.edit", &at, json!({ "body": "ours, @ben" })).await.ok();
    olga.own("chat.message.react", &at, json!({ "emoji": "👍", "on": true })).await.ok();
    olga.own("invitation.create", &[], json!({ "email": "cleo@example.org", "role": "viewer" })).await.ok();
    olga.token_of(&olga.member, &["chat:read"]).await;
    let org = olga.org.strip_prefix("org_").unwrap().to_owned();
    let client = owner(&world_url).await;
    let count = async |client: &tokio_postgres::Client, table: &str| -> i64 {
        client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    };
    let imported = format!(
        "INSERT INTO import_source (org_id, source, channel_id, lines) SELECT org_id, 'a log', id, 1 FROM channel WHERE org_id = '{org}'"
    );
    client.batch_execute(&imported).await.unwrap();
    let batch = format!(
        "INSERT INTO import_batch SELECT org_id, channel_id, source, 1, 1, '[]' FROM import_source WHERE org_id = '{org}'"
    );
    client.batch_execute(&batch).await.unwrap();
    for table in TENANT_TABLES {
        assert!(count(&client, table).await > 0, "the superuser of this test sees nothing in {table}");
    }
    client.batch_execute("SET ROLE holdfast_app").await.unwrap();
    for table in TENANT_TABLES {
        assert_eq!(count(&client, table).await, 0, "{table} shows rows without an organisation");
    }
    client.batch_execute(&format!("SET holdfast.org = '{}'", Uuid::new_v4())).await.unwrap();
    for table in TENANT_TABLES {
        assert_eq!(count(&client, table).await, 0, "{table} shows rows of another organisation");
    }
    let foreign =
        format!("INSERT INTO organisation (org_id, name, slug, created_at) VALUES ('{org}', 'x', 'x', 0)");
    assert!(client.batch_execute(&foreign).await.is_err(), "a row of another organisation can be written");
    client.batch_execute(&format!("SET holdfast.org = '{org}'")).await.unwrap();
    assert_eq!(count(&client, "message").await, 1);
    for change in ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "DROP TABLE message"] {
        assert!(client.batch_execute(change).await.is_err(), "{change}");
    }
}

// REQ RUN-2
#[tokio::test]
async fn the_certificate_of_the_database_is_checked() {
    let (own, other) = postgres::authorities().await;
    let url = postgres::database().await;
    let with =
        |ca: &Path| Location::Postgres { url: url.clone(), ca_file: Some(ca.to_owned()), connections: 1 };
    open(&with(&own)).await.unwrap().ping().await.unwrap();
    let refused = open(&with(&other)).await.err().expect("refused");
    assert!(refused.cause.unwrap().to_lowercase().contains("certificate"));
    let named = Secret::new(url.reveal().replace("127.0.0.1", "localhost"));
    let wrong_name = Location::Postgres { url: named, ca_file: Some(own), connections: 1 };
    assert!(open(&wrong_name).await.is_err(), "the certificate is for another name");
}

// REQ RUN-1 (attack L3)
#[tokio::test]
async fn the_embedded_database_tells_nothing_without_its_key() {
    let world = World::sqlite().await;
    let olga = world.owner().await;
    let general = olga.channel("general", "public").await;
    for n in 0..20 {
        olga.post(&general, &format!("canary-{n}-7f3a9c51e0")).await.ok();
    }
    let mut scanned = 0;
    for entry in std::fs::read_dir(world.data()).unwrap().flatten() {
        if !entry.file_name().to_string_lossy().starts_with("holdfast.db") {
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap();
        scanned += bytes.len();
        for secret in ["canary-", "7f3a9c51e0", "olga@example.org", "SQLite format 3", "CREATE TABLE"] {
            let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "{secret} is readable in {:?}", entry.file_name());
        }
    }
    assert!(scanned > 100_000, "{scanned} bytes scanned");
    let dir = tempfile::tempdir().unwrap();
    drop(open(&in_dir(dir.path(), 'a')).await.unwrap());
    let refused = open(&in_dir(dir.path(), 'b')).await.err().expect("refused");
    assert!(refused.hint.unwrap().contains("key"));
}

// REQ OPS-5 (attack L5)
#[tokio::test]
async fn a_refused_verb_leaves_nothing_and_does_not_harm_its_neighbours() {
    let (_dir, stores) = each().await;
    for (store, _) in stores {
        let write = |slug: &'static str, fails: bool| {
            let (store, org) = (store.clone(), OrgId(Uuid::new_v4()));
            tokio::spawn(async move {
                let work = store.write(move |tx| {
                    Box::pin(async move {
                        tx.within(&Tenant::assume(org))
                            .execute(
                                "INSERT INTO organisation (org_id, name, slug, created_at) VALUES (?1, 'x', ?2, 0)",
                                params![slug],
                            )
                            .await?;
                        if fails { Err(kernel::Error::conflict("no")) } else { Ok(()) }
                    })
                });
                let result = work.await;
                let there = store.read(move |tx| {
                    Box::pin(async move {
                        tx.within(&Tenant::assume(org))
                            .query("SELECT slug FROM organisation WHERE org_id = ?1", &[], |row| {
                                row.get::<String>(0)
                            })
                            .await
                    })
                });
                (result.is_ok(), there.await.unwrap())
            })
        };
        let all = [write("one", false), write("two", true), write("three", false), write("four", true)];
        let mut seen = Vec::new();
        for one in all {
            seen.push(one.await.unwrap());
        }
        let expected: Vec<(bool, Vec<String>)> =
            vec![(true, vec!["one".into()]), (false, vec![]), (true, vec!["three".into()]), (false, vec![])];
        assert_eq!(seen, expected, "{}", store.engine());
    }
}
