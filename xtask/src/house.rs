//! The rules of the house, as tests: who may use whom, and what every file owes its reader.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

#[derive(Deserialize)]
struct Layers {
    floors: BTreeMap<String, u8>,
    arrows: BTreeMap<String, Vec<String>>,
    never: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    license: Option<String>,
    source: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn violations(layers: &Layers, packages: &[Package]) -> Vec<String> {
    let crates: Vec<&Package> = packages.iter().filter(|p| p.source.is_none()).collect();
    let mut found = Vec::new();
    for own in &crates {
        let Some(floor) = layers.floors.get(&own.name) else {
            found.push(format!("{} has no floor in xtask/layers.toml", own.name));
            continue;
        };
        // What tests use is not part of the house.
        for used in own.dependencies.iter().filter(|d| d.kind.as_deref() != Some("dev")) {
            let Some(below) = layers.floors.get(&used.name) else { continue };
            let listed = layers.arrows.get(&own.name).is_some_and(|a| a.contains(&used.name));
            if let Some(why) = layers.never.get(&own.name).and_then(|n| n.get(&used.name)) {
                found.push(format!("{} must not use {}: {why}", own.name, used.name));
            } else if below > floor || (below == floor && !listed) {
                found
                    .push(format!("{} (floor {floor}) must not use {} (floor {below})", own.name, used.name));
            }
        }
    }
    found
}

fn layers() -> Layers {
    toml::from_str(&std::fs::read_to_string(root().join("xtask/layers.toml")).unwrap()).unwrap()
}

#[test]
fn crates_use_only_what_is_below_them() {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Metadata = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(violations(&layers(), &metadata.packages), Vec::<String>::new());
}

#[test]
fn a_forbidden_arrow_is_found() {
    let arrow = |from: &str, to: &str| {
        let dependencies = vec![Dependency { name: to.into(), kind: None }];
        violations(
            &layers(),
            &[Package {
                name: from.into(),
                version: String::new(),
                license: None,
                source: None,
                dependencies,
            }],
        )
    };
    assert_eq!(arrow("chat", "access"), Vec::<String>::new());
    for (from, to) in [
        ("kernel", "store"),
        ("access", "wire"),
        ("chat", "realtime"),
        ("identity", "audit"),
        ("new", "kernel"),
    ] {
        assert_eq!(arrow(from, to).len(), 1, "{from} -> {to}");
    }
}

fn files(dir: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | "dist" | "forgotten" | ".git") {
                files(&path, ending, found);
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

#[test]
fn every_module_says_what_it_is_for_and_is_short_enough_to_read() {
    let mut all = Vec::new();
    for dir in ["crates", "xtask", "tests"] {
        files(&root().join(dir), ".rs", &mut all);
    }
    assert!(all.len() > 50);
    let mut bad = Vec::new();
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        if !text.starts_with("//!") {
            bad.push(format!("{} does not open with what it is for", path.display()));
        }
        if text.lines().count() > 600 {
            bad.push(format!("{} has {} lines: split it", path.display(), text.lines().count()));
        }
    }
    assert_eq!(bad, Vec::<String>::new());
}

// REQ OPS-1, AUTHZ-6
#[test]
fn tenants_are_assumed_in_few_places() {
    // Who may say "this caller acts in this organisation" without a proof, and why. The list only shrinks.
    let reviewed: HashMap<&str, &str> = HashMap::from([
        ("crates/base/store/src/tx.rs", "defines it"),
        ("crates/platform/access/src/dispatch.rs", "makes proofs"),
        ("crates/platform/access/src/proof.rs", "is the proof"),
        ("crates/platform/access/src/target.rs", "loads what a proof is about"),
        (
            "crates/platform/audit/src/lib.rs",
            "writes an entry for the organisation that the dispatcher names",
        ),
        ("crates/bin/server/src/heads.rs", "the newest numbers of topics that sockets listen to already"),
        ("crates/platform/identity/src/tenant.rs", "finds a membership before there can be a proof"),
    ]);
    let mut all = Vec::new();
    files(&root().join("crates"), ".rs", &mut all);
    let found: Vec<String> = all
        .iter()
        .filter(|path| std::fs::read_to_string(path).unwrap().contains("Tenant::assume"))
        .map(|path| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned())
        .filter(|path| !reviewed.contains_key(path.as_str()))
        .collect();
    assert_eq!(found, Vec::<String>::new(), "a new place takes a tenant for granted");
}

/// Licences under which others may use what we ship.
const LICENCES: [&str; 14] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
    "0BSD",
    "Unlicense",
    "CDLA-Permissive-2.0",
    "BSL-1.0",
];

/// Whether an SPDX expression can be met by accepted licences: some alternative, all of whose parts are accepted.
fn acceptable(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    plain.split(" OR ").any(|way| way.split(" AND ").all(|part| LICENCES.contains(&part.trim())))
}

// REQ RUN-7
#[test]
fn dependencies_have_licences_we_accept_and_there_is_one_tls_stack() {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Metadata = serde_json::from_slice(&out.stdout).unwrap();
    assert!(metadata.packages.len() > 100);
    let bad: Vec<String> = metadata
        .packages
        .iter()
        .filter(|p| !p.license.as_deref().is_some_and(acceptable))
        .map(|p| format!("{} {}: {:?}", p.name, p.version, p.license))
        .collect();
    assert_eq!(bad, Vec::<String>::new());
    let second_stack: Vec<&str> = metadata
        .packages
        .iter()
        .map(|p| p.name.as_str())
        .filter(|name| ["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"].contains(name))
        .collect();
    assert_eq!(second_stack, Vec::<&str>::new());
    assert!(!acceptable("GPL-3.0") && !acceptable("MIT AND AGPL-3.0") && acceptable("GPL-2.0 OR MIT"));
}
