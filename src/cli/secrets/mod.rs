//! `secrets`: list them, show their versions, rotate the password behind one, resume, roll back. Never a value.

mod all;
pub(in crate::cli) mod change;
mod evidence;
mod find;
pub(in crate::cli) mod operator;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{context::Context, outcome::CliResult, values::TableOrJson};
use crate::rotation::report::RotationKind;

/// What to do with secrets.
#[derive(Debug, Args)]
pub(crate) struct SecretsOptions {
    #[command(subcommand)]
    command: Option<SecretsCommand>,
    #[command(flatten)]
    common: CommonFlags,
}

/// The flags that all `secrets` commands take.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct CommonFlags {
    /// Show what would be done and write nothing
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Do it without asking
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
    /// How to print
    #[arg(long, short, global = true, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = TableOrJson::Table)]
    pub(crate) output: TableOrJson,
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// All Neo4j secrets with their current version and rotation (what `secrets` alone does)
    List,
    /// Versions, staging labels and rotation of one
    Show {
        /// Its name or ARN
        id: String,
    },
    /// Change the password in Neo4j and in the secret, so that dying at any instant loses nothing
    Rotate(RotateArguments),
    /// Find out where a rotation stopped and bring it to its end; safe at any time, on any machine
    Resume(OneSecret),
    /// Back to the previous version's password
    Rollback(OneSecret),
}

/// What is rotated.
#[derive(Clone, Debug, Args)]
struct RotateArguments {
    /// The secret's name or ARN
    #[arg(required_unless_present = "all")]
    id: Option<String>,
    /// Everything that one deployment has, the client secret too: one after the other, each proven before the next
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// With --all: where the evidence is written [default: a new file in the current folder; none with -o json]
    #[arg(long, value_name = "FILE", requires = "all")]
    report: Option<PathBuf>,
    #[command(flatten)]
    flags: ChangeFlags,
}

/// The secret that is resumed or rolled back.
#[derive(Clone, Debug, Args)]
struct OneSecret {
    /// The secret's name or ARN
    id: String,
    #[command(flatten)]
    flags: ChangeFlags,
}

/// How the password is changed.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChangeFlags {
    /// Another address of Neo4j than the secret's, e.g. a tunnel: bolt://, neo4j+s://, https://
    #[arg(long, value_name = "URI")]
    pub(crate) neo4j_uri: Option<String>,
    /// The user of a secret that is a bare password [default: neo4j]
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Leave old connections of the user open; they go on with the old password until they end
    #[arg(long)]
    pub(crate) keep_connections: bool,
    /// Leave readers that keep the old value as they are: no runtime is updated, no session stopped
    #[arg(long)]
    pub(crate) keep_readers: bool,
    /// The secret of a Neo4j administrator: two users take turns, without an outage (the secret's `masterarn` names it too)
    #[arg(long, value_name = "SECRET")]
    pub(crate) admin_secret: Option<String>,
    /// Change the one user's own password, even where an administrator is named
    #[arg(long)]
    pub(crate) single_user: bool,
    /// Only with `resume`: if Neo4j accepts no labelled version, let the administrator set the password of AWSCURRENT again
    #[arg(long)]
    pub(crate) reset: bool,
    /// Where the new password comes from
    #[arg(long, value_enum, default_value_t = Random::System)]
    pub(crate) random: Random,
    /// Characters of the new password
    #[arg(long, value_name = "N", default_value_t = crate::rotation::password::LENGTH)]
    pub(crate) length: usize,
    /// Characters to draw from: letters, digits, - _ . ~
    #[arg(long, value_name = "CHARACTERS", default_value = crate::rotation::password::ALPHABET, hide_default_value = true)]
    pub(crate) alphabet: String,
    /// Only with `resume`: take AWSPENDING off a version of another program if Neo4j does not accept its value
    #[arg(long)]
    pub(crate) release: bool,
}

/// A source of new passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Random {
    /// The operating system's random source
    System,
    /// Secrets Manager's GetRandomPassword
    SecretsManager,
}

/// Runs `secrets`.
pub(crate) fn run(context: &Context, options: &SecretsOptions) -> CliResult {
    match &options.command {
        None | Some(SecretsCommand::List) => show::list(context, options.common.output),
        Some(SecretsCommand::Show { id }) => show::one(context, id, options.common.output),
        Some(SecretsCommand::Rotate(arguments)) => {
            if let Some(id) = &arguments.id {
                let kind = RotationKind::Rotate;
                change::run(context, kind, id, &arguments.flags, options.common)
            } else {
                let report = arguments.report.as_deref();
                all::run(context, &arguments.flags, report, options.common)
            }
        }
        Some(SecretsCommand::Resume(secret)) => {
            let kind = RotationKind::Resume;
            change::run(context, kind, &secret.id, &secret.flags, options.common)
        }
        Some(SecretsCommand::Rollback(secret)) => {
            let kind = RotationKind::Rollback;
            change::run(context, kind, &secret.id, &secret.flags, options.common)
        }
    }
}
