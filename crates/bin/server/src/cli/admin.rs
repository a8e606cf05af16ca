//! Administration from the machine itself. Every command is an operation, carried out by way of the [`Console`].

use clap::{Args, Subcommand};
use kernel::{Error, Result};
use serde_json::{Value, json};

use super::console::Console;
use super::print;
use crate::config::Config;

/// Managing people.
#[derive(Subcommand)]
pub(super) enum User {
    /// List accounts.
    List,
    /// Let somebody sign in again who failed too often.
    Unlock {
        /// The account's id.
        user: String,
    },
    /// Give an account another e-mail address.
    Address {
        /// The account's id.
        user: String,
        /// The new address.
        email: String,
    },
    /// Delete an account; what the person wrote stays under "Deleted user".
    Delete {
        /// The account's id.
        user: String,
    },
}

/// Managing organisations.
#[derive(Subcommand)]
pub(super) enum Org {
    /// List the organisations.
    List,
    /// Make an organisation and invite its owner.
    Create {
        /// Its name.
        name: String,
        /// The owner's e-mail address.
        #[arg(long)]
        owner: String,
    },
    /// List an organisation's members.
    Members {
        /// The organisation's id.
        org: String,
    },
}

/// Any operation.
#[derive(Args)]
pub(super) struct Call {
    /// Its id, as in docs/operations.md.
    operation: String,
    /// An id of its path, as `name=value`.
    #[arg(long = "path", value_name = "NAME=VALUE")]
    path: Vec<String>,
    /// Its body or query, as JSON.
    #[arg(long, default_value = "{}")]
    input: String,
}

pub(super) async fn user(config: &Config, command: User) -> Result<()> {
    match command {
        User::List => carry_out(config, "account.list", &[], &json!({})).await,
        User::Unlock { user } => carry_out(config, "account.unlock", &[("user", &user)], &json!({})).await,
        User::Address { user, email } => {
            carry_out(config, "account.readdress", &[("user", &user)], &json!({ "email": email })).await
        }
        User::Delete { user } => carry_out(config, "account.delete", &[("user", &user)], &json!({})).await,
    }
}

pub(super) async fn org(config: &Config, command: Org) -> Result<()> {
    match command {
        Org::List => carry_out(config, "org.list", &[], &json!({})).await,
        Org::Create { name, owner } => {
            carry_out(config, "org.create", &[], &json!({ "name": name, "ownerEmail": owner })).await
        }
        Org::Members { org } => carry_out(config, "member.list", &[("org", &org)], &json!({})).await,
    }
}

pub(super) async fn mail(config: &Config) -> Result<()> {
    carry_out(config, "mail.list", &[], &json!({})).await
}

pub(super) async fn call(config: &Config, call: Call) -> Result<()> {
    let pairs = call.path.iter().map(|pair| pair.split_once('='));
    let path: Option<Vec<(&str, &str)>> = pairs.collect();
    let path = path.ok_or_else(|| Error::field("--path", "must be NAME=VALUE"))?;
    let input = serde_json::from_str(&call.input).map_err(|e| Error::field("--input", e.to_string()))?;
    carry_out(config, &call.operation, &path, &input).await
}

/// Carries an operation out and prints its answer.
async fn carry_out(config: &Config, operation: &str, path: &[(&str, &str)], input: &Value) -> Result<()> {
    let answer = Console::open(config).await?.call(operation, path, input).await?;
    let pretty = serde_json::to_string_pretty(&answer).map_err(Error::internal)?;
    print(&pretty);
    Ok(())
}
