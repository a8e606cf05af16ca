//! What modules declare, compared with what is there: ids and tables have one owner, and nobody's SQL touches another's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use holdfast::config::Config;
use holdfast::{App, Consent};
use store::OWN_TABLES;

/// Who reads a table that is another module's, and why that is wanted.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "audit",
        "member",
        "names who acted, as they are called now; identity stands beside the ledger, not below it",
    ),
    ("audit", "account", "the same for the installation's own ledger"),
    ("store", "channel", "whether a copy of the database is whole, before a module may start on it"),
    ("store", "channel_event", "the same"),
    ("store", "message", "the same"),
    ("store", "audit_entry", "the same"),
    ("store", "audit_horizon", "the same"),
    ("store", "membership", "the same"),
    ("store", "invitation_token", "the same"),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates")
}

/// The Rust sources below a directory, without comments and tests, and the crate that each is of.
fn sources(dir: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let inside = path.strip_prefix(crates()).unwrap();
            let mut parts = inside.iter().map(|part| part.to_str().unwrap());
            let (name, place) = (parts.nth(1).unwrap().to_owned(), parts.next());
            if place == Some("src") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                found.push((name, code.collect::<Vec<_>>().join("\n")));
            }
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    sources(&crates(), &mut found);
    assert!(found.len() > 100, "{}", found.len());
    found
}

/// The tables that statements in this source name.
fn touched(source: &str) -> BTreeSet<&str> {
    let words =
        || source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let names = words().zip(words().skip(1));
    names
        .filter(|(word, _)| ["FROM", "JOIN", "INTO", "UPDATE"].contains(word))
        .map(|(_, name)| name)
        .collect()
}

async fn app() -> (tempfile::TempDir, App) {
    let dir = tempfile::tempdir().unwrap();
    let setting = ("HOLDFAST_DATA_DIR".to_owned(), dir.path().to_string_lossy().into_owned());
    let config = Config::load(None, [setting]).unwrap();
    let app = App::open(&config, &holdfast::World::real(None), Consent::Ask).await.unwrap();
    (dir, app)
}

// REQ AUTHZ-6, OPS-1
#[tokio::test]
async fn nobody_touches_the_tables_of_another_module() {
    let (_dir, app) = app().await;
    let mut owners: BTreeMap<&str, &str> = app.modules.tables().collect();
    owners.extend(OWN_TABLES.iter().map(|table| (*table, "store")));
    let mut used: BTreeSet<&(&str, &str, &str)> = BTreeSet::new();
    for (name, source) in all_sources() {
        for table in touched(&source) {
            let Some(owner) = owners.get(table).filter(|owner| **owner != name) else { continue };
            // Every summary says in which epoch it was read.
            if (table, *owner) == ("history", "store") {
                continue;
            }
            let allowed = ALLOWED.iter().find(|(who, what, _)| (*who, *what) == (name.as_str(), table));
            assert!(allowed.is_some(), "{name} touches {table}, which is {owner}'s: ask {owner} for it");
            used.extend(allowed);
        }
    }
    assert_eq!(used.len(), ALLOWED.len(), "what is allowed is also used: {used:?}");
}

#[test]
fn a_touched_table_is_found() {
    let source = r#"tx.execute("UPDATE pin SET a = 1 \
        FROM member WHERE x IN (SELECT 1 FROM (SELECT id FROM board) JOIN list l) ON CONFLICT DO UPDATE SET a = 2")"#;
    let all = touched(source);
    assert!(["pin", "member", "board", "list"].iter().all(|table| all.contains(table)), "{all:?}");
}

// REQ OPS-1
#[tokio::test]
async fn every_id_has_one_owner_who_declares_it() {
    let (_dir, app) = app().await;
    let declared: BTreeSet<String> = app.modules.ids().map(|(prefix, _)| prefix.to_owned()).collect();
    let mut written = BTreeSet::new();
    for (_, source) in all_sources() {
        for block in source.split("ids! {").skip(1) {
            for line in block.split('}').next().unwrap().lines() {
                let Some((_, prefix)) = line.split_once("Id = \"") else { continue };
                let prefix = prefix.trim_end_matches("\";").to_owned();
                assert!(written.insert(prefix.clone()), "two kinds of id begin with {prefix}");
            }
        }
    }
    assert_eq!(written, declared);
}

// REQ OPS-1, RUN-4
#[tokio::test]
async fn every_table_has_an_owner() {
    let (_dir, app) = app().await;
    let mut owned: BTreeSet<String> = app.modules.tables().map(|(table, _)| table.to_owned()).collect();
    owned.extend(OWN_TABLES.iter().map(|table| (*table).to_owned()));
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut made: BTreeSet<String> = BTreeSet::from(["schema_migration".to_owned()]);
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for line in text.lines().map(str::trim_start) {
            let words: Vec<&str> = line.split([' ', '(', ';']).filter(|word| !word.is_empty()).collect();
            match words.as_slice() {
                ["CREATE", "TABLE", name, ..] => drop(made.insert((*name).to_owned())),
                ["DROP", "TABLE", name, ..] => drop(made.remove(*name)),
                ["ALTER", "TABLE", name, "RENAME", "TO", new, ..] => {
                    made.remove(*name);
                    made.insert((*new).to_owned());
                }
                _ => {}
            }
        }
    }
    assert_eq!(made, owned);
}
