//! What a machine needs to build and test Holdfast, and how to get it.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// One thing a machine needs.
struct Need {
    what: &'static str,
    why: &'static str,
    packages: &'static [&'static str],
    present: fn() -> bool,
}

const BUILD: &[Need] = &[
    Need {
        what: "a C compiler",
        why: "to build SQLCipher",
        packages: &["gcc", "libc6-dev"],
        present: || runs("cc", "--version"),
    },
    Need {
        what: "OpenSSL's libcrypto with headers",
        why: "SQLCipher encrypts with it",
        packages: &["libssl-dev"],
        present: || {
            ["/usr/include", "/usr/local/include", "/opt/homebrew/opt/openssl@3/include"]
                .iter()
                .any(|dir| Path::new(dir).join("openssl/crypto.h").exists())
        },
    },
];

const TEST: &[Need] = &[
    Need {
        what: "PostgreSQL's server programs, 15 or newer",
        why: "every test of stored data runs on both databases",
        packages: &["postgresql"],
        present: || postgres_bin().is_some(),
    },
    Need {
        what: "Chromium",
        why: "the journeys are walked in a real browser",
        packages: &["chromium"],
        present: || ["chromium", "chromium-browser", "google-chrome"].iter().any(|c| runs(c, "--version")),
    },
    Need {
        what: "libfiu's programs",
        why: "tests make the disk fail with them",
        packages: &["fiu-utils"],
        // There are none elsewhere, and those tests are not run there.
        present: || !cfg!(target_os = "linux") || on_path("fiu-run"),
    },
];

/// Node is asked for by hand: distributions carry many versions.
fn node() -> Result<(), String> {
    let out = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|_| "Node 20 or newer is needed: https://nodejs.org/en/download")?;
    let version = String::from_utf8_lossy(&out.stdout).trim().trim_start_matches('v').to_owned();
    let major: u32 = version.split('.').next().and_then(|m| m.parse().ok()).unwrap_or(0);
    if major >= 20 {
        Ok(())
    } else {
        Err(format!("Node 20 or newer is needed, this is {version}: https://nodejs.org/en/download"))
    }
}

/// What building needs.
pub(crate) fn for_building() -> Result<(), String> {
    node()?;
    provide(BUILD)
}

/// What building and testing need.
pub(crate) fn for_testing() -> Result<(), String> {
    node()?;
    provide(BUILD)?;
    provide(TEST)
}

/// The folder with `initdb` and `postgres`, if there is one.
pub(crate) fn postgres_bin() -> Option<std::path::PathBuf> {
    let newest = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let mut found: Vec<_> =
        newest.map(|e| e.path().join("bin")).filter(|p| p.join("initdb").exists()).collect();
    found.sort();
    found.pop().or_else(|| path().into_iter().find(|dir| dir.join("initdb").exists()))
}

/// Where programs are looked for.
fn path() -> Vec<std::path::PathBuf> {
    std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default()
}

fn on_path(program: &str) -> bool {
    path().iter().any(|dir| dir.join(program).exists())
}

fn runs(program: &str, arg: &str) -> bool {
    Command::new(program)
        .arg(arg)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

fn provide(needs: &[Need]) -> Result<(), String> {
    let lacking: Vec<&Need> = needs.iter().filter(|n| !(n.present)()).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let mut said = String::from("This machine lacks:\n");
    for need in &lacking {
        said += &format!("  {} ({})\n", need.what, need.why);
    }
    let packages: Vec<&str> = lacking.iter().flat_map(|n| n.packages.iter().copied()).collect();
    let root = runs_as_root();
    let line = format!(
        "{}apt-get install -y --no-install-recommends {}",
        if root { "" } else { "sudo " },
        packages.join(" ")
    );
    if !runs("apt-get", "--version") {
        return Err(format!("{said}Install them; on Debian and Ubuntu that is\n  {line}"));
    }
    eprint!("{said}To install them:\n  {line}\n");
    if !agreed() {
        return Err("Run that line, then try again.".into());
    }
    let apt = |args: &[&str]| {
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.arg("apt-get");
        }
        let status = command.args(args).env("DEBIAN_FRONTEND", "noninteractive").status();
        status
            .map_err(|e| e.to_string())
            .and_then(|s| if s.success() { Ok(()) } else { Err("apt-get failed".to_owned()) })
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages.as_slice()].concat())?;
    match lacking.iter().find(|n| !(n.present)()) {
        Some(need) => Err(format!("{} is still missing", need.what)),
        None => Ok(()),
    }
}

fn runs_as_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"))
}

/// CI agrees to everything; a person is asked.
#[allow(clippy::disallowed_methods, reason = "CI says so in the environment")]
fn agreed() -> bool {
    if std::env::var("CI").is_ok_and(|v| v == "true") {
        return true;
    }
    if !std::io::stdin().is_terminal() {
        return false;
    }
    eprint!("Shall I? [y/N] ");
    drop(std::io::stderr().flush());
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim().eq_ignore_ascii_case("y")
}
