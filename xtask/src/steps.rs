//! The steps of starting, generating and testing, in order.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

fn run(dir: &str, program: &str, args: &[&str]) -> Result<(), String> {
    let line = format!("{program} {}", args.join(" "));
    let status = Command::new(program).args(args).current_dir(root().join(dir)).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("failed ({status}): {line}")),
        Err(error) => Err(format!("could not run {line}: {error}")),
    }
}

fn output(args: &[&str]) -> Result<String, String> {
    let out = Command::new("cargo").args(args).current_dir(root()).output().map_err(|e| e.to_string())?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into_owned());
    }
    String::from_utf8(out.stdout).map_err(|e| e.to_string())
}

/// The front end, built into `web/dist`. Its packages are installed when the lock file is newer than they are.
fn web() -> Result<(), String> {
    packages("web")?;
    run("web", "npm", &["run", "build", "--silent"])
}

fn packages(dir: &str) -> Result<(), String> {
    let changed = |path: &str| std::fs::metadata(root().join(dir).join(path)).and_then(|m| m.modified()).ok();
    if changed("node_modules/.package-lock.json") < changed("package-lock.json") {
        run(dir, "npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
    }
    Ok(())
}

/// Builds everything and starts the server.
pub(crate) fn start(args: &[String]) -> Result<(), String> {
    web()?;
    run(".", "cargo", &["build", "--release", "--package", "holdfast"])?;
    let mut all = vec!["serve"];
    all.extend(args.iter().map(String::as_str));
    run(".", "target/release/holdfast", &all)
}

/// Writes what is generated from the declarations: `api/`, `docs/operations.md` and the client's types.
pub(crate) fn generate(check: bool) -> Result<(), String> {
    let mut differing = Vec::new();
    let written = [
        ("api/openapi.json", "openapi"),
        ("api/events.json", "events"),
        ("docs/operations.md", "operations"),
        ("web/src/api/events.gen.ts", "event-types"),
    ];
    for (path, what) in written {
        let text = output(&["run", "--quiet", "--package", "holdfast", "--", "describe", what])?;
        write(path, &text, check, &mut differing)?;
    }
    packages("web")?;
    let schema = "web/src/api/schema.ts";
    let before = std::fs::read_to_string(root().join(schema)).unwrap_or_default();
    run("web", "npm", &["run", "gen", "--silent"])?;
    if check && std::fs::read_to_string(root().join(schema)).unwrap_or_default() != before {
        differing.push(schema.to_owned());
    }
    if differing.is_empty() {
        Ok(())
    } else {
        Err(format!("not up to date: {}; run `cargo xtask gen`", differing.join(", ")))
    }
}

fn write(path: &str, text: &str, check: bool, differing: &mut Vec<String>) -> Result<(), String> {
    let full = root().join(path);
    if std::fs::read_to_string(&full).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if check {
        differing.push(path.to_owned());
        return Ok(());
    }
    std::fs::write(&full, text).map_err(|e| format!("{path}: {e}"))
}

type Step = (&'static str, fn() -> Result<(), String>);

const STEPS: &[Step] = &[
    ("format", || run(".", "cargo", &["fmt", "--all", "--check"])),
    ("web", || {
        web()?;
        run("web", "npm", &["run", "check", "--silent"])?;
        run("web", "npm", &["test", "--silent"])
    }),
    ("lint", || {
        run(".", "cargo", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])
    }),
    ("rust", || {
        // The mail server that some of them send to is there.
        packages("e2e")?;
        run(".", "cargo", &["test", "--workspace"])
    }),
    ("generated", || generate(true)),
    ("browser", || {
        run(".", "cargo", &["build", "--package", "holdfast"])?;
        packages("e2e")?;
        run("e2e", "npm", &["test", "--silent"])
    }),
];

/// Runs every step, or the ones named.
pub(crate) fn test(only: &[String]) -> Result<(), String> {
    if let Some(unknown) = only.iter().find(|name| !STEPS.iter().any(|(step, _)| step == name)) {
        let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no step {unknown:?}; there are {}", names.join(", ")));
    }
    for (name, step) in STEPS.iter().filter(|(name, _)| only.is_empty() || only.iter().any(|o| o == name)) {
        let started = Instant::now();
        eprintln!("── {name}");
        step()?;
        eprintln!("── {name}: done in {:.0?}", started.elapsed());
    }
    Ok(())
}
