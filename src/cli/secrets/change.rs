//! `secrets rotate`, `resume` and `rollback`: the rotation before a terminal or a pipe.

use std::io::{self, IsTerminal as _};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{
        confirm::confirm,
        context::Context,
        outcome::{CliError, CliResult, usage},
        output, process,
        values::TableOrJson,
    },
    model::{Deployment, Failure, FailureKind, Neo4jScheme},
    rotation::{
        password::{PasswordPolicy, PasswordSource},
        report::{EndReason, RotationEnd, RotationKind},
    },
    services::{
        Services,
        rotation::{RotationOptions, exit_code},
    },
};

use super::{ChangeFlags, CommonFlags, Random, find::find};
use crate::cli::secrets::operator::TerminalOperator;

/// Runs one of the three.
pub(super) fn run(
    context: &Context,
    kind: RotationKind,
    id: &str,
    flags: &ChangeFlags,
    common: CommonFlags,
) -> CliResult {
    let doing = format!("{} {id}", word(kind));
    let options = rotation_options(kind, flags, common, &doing)?;
    let deployments = context.deployments()?;
    let services = context.services();
    if !common.dry_run {
        refuse_early(context, &services, &deployments, &doing)?;
    }
    let runtime = process::runtime()?;
    // A name that means nothing is said before anybody is asked to agree.
    let found = runtime.block_on(find(&services, &deployments, id));
    let (deployment, secret) = found.map_err(|failure| not_begun(failure, common.output))?;
    if !common.dry_run {
        agree_to_begin(kind, &doing, id, common)?;
    }
    let outcome = runtime.block_on(async {
        let mut operator = TerminalOperator::new(common, &secret, flags);
        let stop = listen()?;
        let ending = services
            .rotations
            .rotate(&deployment, &secret, options, &mut operator, &stop)
            .await?;
        let code = exit_code(&ending);
        // That nobody reads to the end makes no failure a success.
        match (code, print_ending(&ending, &operator.warnings, common)) {
            (0, told) => Ok(told?),
            (code, _) => Err(CliError::Code(code)),
        }
    });
    // A question may still wait for its answer on another thread; nobody needs it any more.
    runtime.shutdown_background();
    outcome
}

/// Returns what the flags ask for.
///
/// # Errors
/// [`FailureKind::Usage`] if a password cannot be drawn so, or the address is none of Neo4j's.
pub(super) fn rotation_options(
    kind: RotationKind,
    flags: &ChangeFlags,
    common: CommonFlags,
    doing: &str,
) -> Result<RotationOptions, Failure> {
    let policy = PasswordPolicy::new(flags.length, &flags.alphabet)
        .map_err(|error| usage(doing, error.to_string()))?;
    if let Some(uri) = &flags.neo4j_uri
        && Neo4jScheme::of(uri).is_none()
    {
        let failure = usage(doing, "--neo4j-uri is no address of Neo4j");
        return Err(failure.hint(format!("it begins with one of {}", Neo4jScheme::list())));
    }
    let mut options = RotationOptions::new(kind);
    options.rehearse = common.dry_run;
    options.release_foreign = flags.release;
    options.neo4j_uri.clone_from(&flags.neo4j_uri);
    options.user.clone_from(&flags.user);
    options.policy = policy;
    options.source = match flags.random {
        Random::System => PasswordSource::System,
        Random::SecretsManager => PasswordSource::SecretsManager,
    };
    options.administrator.clone_from(&flags.admin_secret);
    options.single_user = flags.single_user;
    options.reset = flags.reset;
    options.survey = common.dry_run || !common.yes;
    Ok(options)
}

const fn word(kind: RotationKind) -> &'static str {
    match kind {
        RotationKind::Rotate => "rotating",
        RotationKind::Resume => "resuming",
        RotationKind::Rollback => "rolling back",
    }
}

/// Before anything is asked of anybody.
fn refuse_early(
    context: &Context,
    services: &Services,
    deployments: &[Deployment],
    doing: &str,
) -> Result<(), Failure> {
    if !context.global.read_only {
        return Ok(());
    }
    deployments
        .iter()
        .try_for_each(|deployment| services.options().guard_write(deployment, doing))
}

/// Without a terminal, only `--yes` counts. Rotate and roll back ask again with their plan; a resume asks here.
fn agree_to_begin(
    kind: RotationKind,
    doing: &str,
    id: &str,
    common: CommonFlags,
) -> Result<(), Failure> {
    let somebody = io::stdin().is_terminal() && io::stderr().is_terminal();
    match kind {
        // Asked with what was found, before the first write.
        RotationKind::Rotate | RotationKind::Rollback | RotationKind::Resume if somebody => Ok(()),
        RotationKind::Rotate | RotationKind::Rollback | RotationKind::Resume => confirm(
            common.yes,
            doing,
            &format!("Find out where {id} stands and bring it to its end?"),
        ),
    }
}

/// The secret was not even reached: programs still get their last line.
fn not_begun(failure: Failure, format: TableOrJson) -> CliError {
    if format == TableOrJson::Json && failure.kind != FailureKind::Usage {
        let line = json!({"outcome": "failed", "version_id": null, "reason": failure.to_string(), "warnings": []});
        // Whoever read us may have gone: the failure is told on stderr and by the exit code all the same.
        drop(output::json_line(&line));
    }
    failure.into()
}

fn print_ending(ending: &RotationEnd, warnings: &[String], common: CommonFlags) -> io::Result<()> {
    let version = ending.version.as_ref().map(ToString::to_string);
    match common.output {
        TableOrJson::Json => {
            let mut line = json!({"outcome": ending.outcome.as_str(), "version_id": version, "reason": ending.why.to_string(), "warnings": warnings});
            if common.dry_run
                && let Some(members) = line.as_object_mut()
            {
                members.insert("dry_run".to_owned(), true.into());
            }
            output::json_line(&line)
        }
        TableOrJson::Table => {
            // Nothing was written: there is no version to name.
            if (common.dry_run && ending.why == EndReason::Rehearsed) || ending.why.is_declined() {
                return output::text(&ending.why.to_string());
            }
            let version =
                version.map_or_else(String::new, |version| format!(" (version {version})"));
            output::text(&crate::model::sanitize(&format!(
                "{}{version}{}: {}",
                ending.outcome.words(),
                with_warnings(warnings),
                ending.why
            )))?;
            warnings.iter().try_for_each(|warning| {
                output::text(&crate::model::sanitize(&format!("  ▲ {warning}")))
            })
        }
    }
}

/// `, with 2 warnings`; nothing without warnings.
pub(in crate::cli) fn with_warnings(warnings: &[String]) -> String {
    match warnings.len() {
        0 => String::new(),
        1 => ", with 1 warning".to_owned(),
        count => format!(", with {count} warnings"),
    }
}

/// The first signal asks for the earliest end that leaves nothing half done; the second one ends at once.
pub(in crate::cli) fn listen() -> io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let asked = stop.clone();
    let mut end = process::End::listen()?;
    tokio::spawn(async move {
        if end.wait().await.is_err() {
            return;
        }
        asked.cancel();
        output::note(
            "stopping as soon as nothing is half done; once more ends at once, and `secrets resume` goes on from there",
        );
        if end.wait().await.is_ok() {
            output::note("ended in the middle: run `secrets resume`");
            std::process::exit(1);
        }
    });
    Ok(stop)
}
