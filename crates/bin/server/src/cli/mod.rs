//! The command line: `serve`, `check`, and administration by the same operations that everybody else uses.

mod admin;
mod check;
mod console;
mod demo;
mod describe;
mod irc;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use console::{Console, Organisation};
pub use demo::fill as fill_demo;
pub use irc::{Source as IrcSource, Tally as IrcTally, import as import_irc};

use crate::config::Config;

/// Holdfast: team chat, clients and studio on one security core.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// The configuration file; without one, the defaults and the environment hold.
    #[arg(long, short, global = true, env = "HOLDFAST_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the data directory, keys and database, or bring an older database up to date.
    Init {
        /// Begin a new database although the one that was here is lost.
        #[arg(long)]
        begin_anew: bool,
    },
    /// Run the server.
    Serve,
    /// Check the configuration and the database, say what a start would do, and change nothing.
    Check {
        /// Read all of the database: every page, reference and log.
        #[arg(long)]
        deep: bool,
    },
    /// Go on with what there is of a database that a start refuses: it was restored, or its newest changes are lost.
    AcceptRestored,
    /// Manage people.
    #[command(subcommand)]
    User(admin::User),
    /// Manage organisations.
    #[command(subcommand)]
    Org(admin::Org),
    /// Show mail that waits to be sent: without a mail server, invitations are read here.
    Mail,
    /// Carry out any operation by name: `holdfast call audit.list --path org=org_… --input '{"limit": 10}'`.
    Call(admin::Call),
    /// Fill an organisation with a small workspace that looks lived in.
    Demo {
        /// The organisation, by id or slug; not needed if there is one.
        #[arg(long)]
        org: Option<String>,
    },
    /// Bring talk in from elsewhere.
    #[command(subcommand)]
    Import(Import),
    /// Print what is generated from the declarations.
    Describe {
        /// What to print.
        what: describe::What,
    },
}

#[derive(Subcommand)]
enum Import {
    /// Logs of an IRC channel, one file a day with its date in the name.
    Irc(irc::Command),
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let Cli { config: file, command } = Cli::parse();
    if let Command::Describe { what } = command {
        return ending(run(describe::print(what)));
    }
    let config = match Config::from_environment(file.as_deref()) {
        Ok(config) => config,
        Err(problems) => {
            say(&format!("The configuration is not right.\n\n{problems}"));
            return ExitCode::from(2);
        }
    };
    ending(match command {
        Command::Init { begin_anew } => run(serve::init(&config, begin_anew)),
        Command::Serve => run(serve::serve(&config)),
        Command::Check { deep } => run(check::check(&config, deep)),
        Command::AcceptRestored => run(serve::accept_restored(&config)),
        Command::User(user) => run(admin::user(&config, user)),
        Command::Org(org) => run(admin::org(&config, org)),
        Command::Mail => run(admin::mail(&config)),
        Command::Call(call) => run(admin::call(&config, call)),
        Command::Demo { org } => run(demo::command(&config, org.as_deref())),
        Command::Import(Import::Irc(command)) => run(irc::command(&config, command)),
        Command::Describe { .. } => Ok(()),
    })
}

fn run(work: impl Future<Output = kernel::Result<()>>) -> kernel::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(kernel::Error::internal)?;
    runtime.block_on(work)
}

/// Writes to the terminal what is not a log line.
fn say(text: &str) {
    use std::io::Write;
    // Nobody reads a closed terminal. One that stalls is not waited for: a server must be able to start and to stop.
    let text = text.to_owned();
    let (done, said) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(writeln!(std::io::stderr(), "{text}"));
        done.send(())
    });
    let _ = said.recv_timeout(std::time::Duration::from_secs(1));
}

/// Prints a result, for people and programs.
fn print(text: &str) {
    use std::io::Write;
    drop(writeln!(std::io::stdout(), "{text}"));
}

fn ending(result: kernel::Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    let mut text = format!("{} ({})", error.message, error.code.as_str());
    for field in &error.fields {
        text += &format!("\n  {}: {}", field.field, field.problem);
    }
    if let Some(cause) = &error.cause {
        text += &format!("\n  cause: {cause}");
    }
    if let Some(hint) = &error.hint {
        text += &format!("\n  hint: {hint}");
    }
    say(&text);
    ExitCode::FAILURE
}
