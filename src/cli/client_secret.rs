//! `client-secret`: show, rotate and resume the secret of a deployment's machine sign-in (M2M). Never a value.

use std::io::{self, IsTerminal as _};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    confirm::need_somebody,
    context::{Context, which},
    outcome::{CliError, CliResult, usage},
    output, process,
    secrets::{
        change::{listen, with_warnings},
        operator::typed,
    },
    table::{Cell, TextTable, Tone, toned},
    values::TableOrJson,
};
use crate::{
    client_secret::{
        plan::ClientSecretPlan,
        report::{
            ClientSecretEnd, ClientSecretEndReason, ClientSecretKind, ClientSecretQuestion,
            ClientSecretReport,
        },
    },
    model::{ClientSecretDetail, Deployment, Failure, JournalStatus, Moment, SignIn, sanitize},
    rotation::report::StepState,
    services::client_secret::{ClientSecretOperator, ClientSecretOptions, exit_code},
};

/// What to do with the client secret.
#[derive(Debug, Args)]
pub(crate) struct ClientSecretArguments {
    #[command(subcommand)]
    command: Option<ClientSecretCommand>,
    #[command(flatten)]
    flags: ClientSecretFlags,
}

/// Flags of all subcommands.
#[derive(Clone, Copy, Debug, Args)]
struct ClientSecretFlags {
    /// Show what would be done and write nothing
    #[arg(long, global = true)]
    dry_run: bool,
    /// Do it without asking; this also agrees to replace an inline secret in the configuration
    #[arg(long, short, global = true)]
    yes: bool,
    /// With rotate and resume: leave the old secret at Cognito
    #[arg(long, global = true)]
    keep_old: bool,
    /// How to print
    #[arg(long, short, global = true, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = TableOrJson::Table)]
    output: TableOrJson,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum ClientSecretCommand {
    /// The client's secrets at Cognito and the credential providers that use it (what `client-secret` alone does)
    Show,
    /// Replace the secret at Cognito, in credential providers and in the configuration, without an outage
    Rotate,
    /// Find out where a rotation stopped and finish it; safe at any time, on any machine
    Resume,
    /// Back to the old secret everywhere, while it still exists at Cognito
    Rollback,
}

/// Runs `client-secret`.
pub(crate) fn run(context: &Context, options: &ClientSecretArguments) -> CliResult {
    let flags = options.flags;
    let kind = match options.command {
        None | Some(ClientSecretCommand::Show) => return show(context, flags.output),
        Some(ClientSecretCommand::Rotate) => ClientSecretKind::Rotate,
        Some(ClientSecretCommand::Resume) => ClientSecretKind::Resume,
        Some(ClientSecretCommand::Rollback) => ClientSecretKind::Rollback,
    };
    let deployment = pick(context)?;
    let services = context.services();
    let doing = format!("rotating the client secret of {}", deployment.name);
    if !flags.dry_run {
        services.options().guard_write(&deployment, &doing)?;
        need_somebody(flags.yes, &doing)?;
    }
    let loaded = context.load();
    let rotation = ClientSecretOptions {
        kind,
        rehearse: flags.dry_run,
        keep_old: flags.keep_old,
        configuration: loaded.path.filter(|_| loaded.found),
        deployments: loaded.config.deployments,
    };
    let runtime = process::runtime()?;
    let outcome = runtime.block_on(async {
        let mut operator = ClientSecretConsole::new(flags, &deployment);
        let stop = listen()?;
        let end = services
            .client_secrets
            .rotate(&deployment, rotation, &mut operator, &stop)
            .await;
        let end = end.map_err(|failure| not_begun(failure, flags.output))?;
        match (exit_code(&end), print_end(&end, flags)) {
            (0, printed) => Ok(printed?),
            (code, _) => Err(CliError::Code(code)),
        }
    });
    // A question may still wait for its answer on another thread.
    runtime.shutdown_background();
    outcome
}

/// Returns the one deployment with a machine sign-in, or the one that `--deployment` names.
fn pick(context: &Context) -> Result<Deployment, Failure> {
    let mut deployments = context.deployments()?;
    if let [only] = deployments.as_slice() {
        return Ok(only.clone());
    }
    deployments.retain(|deployment| matches!(deployment.sign_in, SignIn::M2m { .. }));
    match deployments.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(usage(
            "picking a deployment",
            "no deployment has a machine sign-in (m2m), and so no client secret",
        )),
        several => Err(which(several)),
    }
}

fn not_begun(failure: Failure, format: TableOrJson) -> CliError {
    if format == TableOrJson::Json && failure.kind != crate::model::FailureKind::Usage {
        let line = json!({"outcome": "failed", "version_id": null, "reason": failure.to_string(), "warnings": []});
        // A reader that is gone changes nothing: the failure is on stderr and in the exit code.
        drop(output::json_line(&line));
    }
    failure.into()
}

fn show(context: &Context, format: TableOrJson) -> CliResult {
    let deployment = pick(context)?;
    let services = context.services();
    let state = process::runtime()?.block_on(services.client_secrets.state(&deployment))?;
    match format {
        TableOrJson::Json => output::json(&json!({
            "deployment": deployment.name, "client_id": state.client_id, "user_pool_id": state.user_pool_id,
            "secrets": state.secrets.iter().map(|secret| json!({
                "id": secret.id, "created_at": secret.created_at.map(Moment::iso),
            })).collect::<Vec<_>>(),
            "providers": state.providers.iter().map(|provider| json!({
                "name": provider.name, "arn": provider.arn, "vendor": provider.vendor, "status": provider.status,
            })).collect::<Vec<_>>(),
            "pending": matches!(state.journal, JournalStatus::Pending { .. }),
        }))?,
        TableOrJson::Table => print_state(&deployment, &state)?,
    }
    Ok(())
}

fn print_state(deployment: &Deployment, state: &ClientSecretDetail) -> io::Result<()> {
    output::text(&sanitize(&format!(
        "app client {} of user pool {} ({})",
        state.client_id, state.user_pool_id, deployment.name
    )))?;
    let mut table = TextTable::new(["SECRET", "CREATED"]);
    for secret in &state.secrets {
        let created = secret
            .created_at
            .map_or_else(|| "not known".to_owned(), Moment::iso);
        table.row(vec![Cell::new(&secret.id), Cell::new(&created)]);
    }
    table.print()?;
    print_journal(&state.journal)?;
    if state.providers.is_empty() {
        return output::text("no credential provider uses this client");
    }
    let mut table = TextTable::new(["PROVIDER", "VENDOR", "STATUS"]);
    for provider in &state.providers {
        table.row(vec![
            Cell::new(&provider.name),
            Cell::new(&provider.vendor),
            Cell::new(provider.status.as_deref().unwrap_or("not known")),
        ]);
    }
    table.print()
}

fn print_journal(journal: &JournalStatus) -> io::Result<()> {
    let text = match journal {
        JournalStatus::Idle => return Ok(()),
        JournalStatus::Pending {
            version,
            operator,
            is_undone,
            ..
        } => {
            let by = operator
                .as_ref()
                .map_or_else(String::new, |operator| format!(", begun by {operator}"));
            let undone = if *is_undone {
                " and is rolled back"
            } else {
                ""
            };
            format!(
                "▲ a rotation is pending{undone} (version {version}{by}); `client-secret resume` finishes it"
            )
        }
        JournalStatus::Unknown(why) => {
            format!("▲ whether a rotation is pending is not known ({why})")
        }
    };
    output::text(&sanitize(&text))
}

fn print_end(end: &ClientSecretEnd, flags: ClientSecretFlags) -> io::Result<()> {
    let version = end.version.as_ref().map(ToString::to_string);
    match flags.output {
        TableOrJson::Json => {
            let mut line = json!({
                "outcome": end.outcome.as_str(), "version_id": version, "reason": end.reason.to_string(), "warnings": end.warnings,
            });
            if flags.dry_run
                && let Some(members) = line.as_object_mut()
            {
                members.insert("dry_run".to_owned(), true.into());
            }
            output::json_line(&line)
        }
        TableOrJson::Table => {
            let is_rehearsed = end.reason == ClientSecretEndReason::Rehearsed;
            if is_rehearsed || end.reason.is_declined() {
                return output::text(&end.reason.to_string());
            }
            output::text(&sanitize(&format!(
                "{}{}: {}",
                end.outcome.words(),
                with_warnings(&end.warnings),
                end.reason
            )))?;
            end.warnings
                .iter()
                .try_for_each(|warning| output::text(&sanitize(&format!("  ▲ {warning}"))))
        }
    }
}

/// The operator at a terminal or behind a pipe.
struct ClientSecretConsole {
    flags: ClientSecretFlags,
    name: String,
    zone: jiff::tz::TimeZone,
}

impl ClientSecretConsole {
    fn new(flags: ClientSecretFlags, deployment: &Deployment) -> Self {
        Self {
            flags,
            name: deployment.name.to_string(),
            zone: crate::cli::zone::local(),
        }
    }

    fn line(&self, report: &ClientSecretReport) -> String {
        let (glyph, tone) = match report.state {
            StepState::Done => ("●", Tone::Good),
            StepState::Warning => ("▲", Tone::Attention),
            StepState::Failed => ("✖", Tone::Bad),
            StepState::Started | StepState::Running | StepState::Waiting => ("◐", Tone::Dim),
        };
        format!(
            "{} {}  {:<10} {}",
            toned(glyph, tone),
            report.at.clock(&self.zone),
            report.step.as_str(),
            sanitize(&report.evidence.join(" · "))
        )
    }
}

impl ClientSecretOperator for ClientSecretConsole {
    fn on_report(&mut self, report: ClientSecretReport) {
        let written = match (self.flags.output, report.state) {
            (_, StepState::Started | StepState::Running) => Ok(()),
            (_, StepState::Waiting) => {
                let step = report.step.as_str();
                output::note(&format!("{step}: {}", report.evidence.join(" · ")));
                Ok(())
            }
            (TableOrJson::Json, _) => output::json_line(&json!({
                "step": report.step.as_str(), "state": report.state.as_str(), "at": Moment::iso(report.at),
                "evidence": report.evidence.join(" · "),
            })),
            (TableOrJson::Table, _) => output::text(&self.line(&report)),
        };
        // A reader that is gone does not stop the rotation.
        drop(written);
    }

    fn plan(&mut self, plan: ClientSecretPlan) {
        if self.flags.dry_run && self.flags.output == TableOrJson::Json {
            drop(output::json_line(&json!({ "plan": plan })));
            return;
        }
        for line in plan.lines() {
            if self.flags.dry_run {
                drop(output::text(&sanitize(&line)));
            } else if !self.flags.yes {
                output::note(&line);
            }
        }
    }

    async fn ask(&mut self, question: ClientSecretQuestion) -> bool {
        if self.flags.yes || self.flags.dry_run {
            return true;
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return false;
        }
        if question == ClientSecretQuestion::Proceed {
            let answer = typed(format!("Type {} to go on: ", self.name)).await;
            return answer.trim() == self.name;
        }
        let answer = typed(format!("{question} [y/N] ")).await;
        ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())
    }
}
