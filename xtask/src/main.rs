//! What developers run: `cargo xtask start | gen | test | doctor`. Ordinary programs called in order, nothing clever.

mod doctor;
#[cfg(test)]
mod house;
mod steps;

use std::process::ExitCode;

const HELP: &str = "cargo xtask COMMAND

  start [ARGS]   build everything and start Holdfast (ARGS go to `holdfast serve`)
  test [STEP]    run every check and test, as CI does; or one step of it
  gen [--check]  write what is generated from the declarations (--check: fail if it differs)
  doctor         say what this machine lacks, and install it on Debian and Ubuntu
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let result = match args.first().map(String::as_str) {
        Some("start") => doctor::for_building().and_then(|()| steps::start(rest)),
        Some("test") => doctor::for_testing().and_then(|()| steps::test(rest)),
        Some("gen") => steps::generate(rest.iter().any(|a| a == "--check")),
        Some("doctor") => doctor::for_testing(),
        _ => Err(HELP.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
