//! `targets sync ID`: makes a gateway read the tools of a target again.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};

use crate::{
    model::{Deployment, Failure, FailureKind, Kind, Moment, Resource, show_duration},
    services::Services,
};

use super::{
    confirm::confirm,
    context::Context,
    outcome::{CliError, CliResult},
    output, process,
    values::TextOrJson,
};
use crate::cli::find_resource;

/// What to do with targets.
#[derive(Debug, Args)]
pub(crate) struct TargetsOptions {
    #[command(subcommand)]
    command: TargetsCommand,
}

#[derive(Debug, Subcommand)]
enum TargetsCommand {
    /// Make the gateway read the target's tools again
    Sync(Sync),
}

#[derive(Debug, Args)]
struct Sync {
    /// The targets' ids or names
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Wait until it is through; exit 1 where it does not end well
    #[arg(long)]
    wait: bool,
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
    /// How to print
    #[arg(long, short, value_enum, value_name = "text|json", hide_possible_values = true, default_value_t = TextOrJson::Text)]
    output: TextOrJson,
}

/// Runs `targets`.
pub(crate) fn run(context: &Context, options: &TargetsOptions) -> CliResult {
    let TargetsCommand::Sync(sync) = &options.command;
    let deployments = context.deployments()?;
    let services = if sync.wait {
        context.patient_services()
    } else {
        context.services()
    };
    let doing = format!("synchronising {}", sync.ids.join(", "));
    if context.global.read_only {
        // Before anything is asked of anybody.
        for deployment in &deployments {
            services.options().guard_write(deployment, &doing)?;
        }
    }
    process::runtime()?.block_on(async {
        let found = find_targets(&services, &deployments, sync, &doing).await?;
        confirm(sync.yes, &doing, &question(&found))?;
        let mut started = Vec::new();
        for (deployment, target) in &found {
            let (now, _) = services
                .aws
                .control_plane
                .synchronize_target(deployment, target.key.owner_id(), target.key.own_id())
                .await?;
            started.push((deployment, now));
        }
        let patience = context.global.timeout.unwrap_or(Duration::from_mins(5));
        let mut all_ready = true;
        for (deployment, now) in started {
            let end = if sync.wait {
                settle(&services, deployment, now, patience).await?
            } else {
                now
            };
            all_ready &= end.status == "READY";
            print(&end, sync.output)?;
        }
        if sync.wait && !all_ready {
            return Err(CliError::Code(1));
        }
        Ok(())
    })
}

/// Returns the targets that the command names, in deployments that may be written to.
async fn find_targets(
    services: &Services,
    deployments: &[Deployment],
    sync: &Sync,
    doing: &str,
) -> Result<Vec<(Deployment, Resource)>, Failure> {
    let mut found = Vec::new();
    for id in &sync.ids {
        let (deployment, target) =
            find_resource::find(services, deployments, &[Kind::Target], id).await?;
        services.options().guard_write(&deployment, doing)?;
        found.push((deployment, target));
    }
    Ok(found)
}

fn question(found: &[(Deployment, Resource)]) -> String {
    let names: Vec<String> = found
        .iter()
        .map(|(_, target)| format!("{} of gateway {}", target.name, target.key.owner_id()))
        .collect();
    let noun = if names.len() == 1 {
        "target"
    } else {
        "targets"
    };
    format!("Synchronise {noun} {}?", names.join(", "))
}

/// Watches the target until its status stands still.
async fn settle(
    services: &Services,
    deployment: &Deployment,
    mut target: Resource,
    patience: Duration,
) -> Result<Resource, Failure> {
    let end = Instant::now() + patience;
    while target.status.ends_with("ING") {
        if Instant::now() >= end {
            let cause = format!(
                "it is still {} after {}",
                target.status,
                show_duration(patience)
            );
            return Err(Failure::new(
                FailureKind::Refused,
                format!("waiting for {}", target.name),
                cause,
            ));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        match services
            .aws
            .resources
            .describe(deployment, &target.key)
            .await
        {
            Ok(now) => target = now,
            // It goes on without being watched; the end of patience tells.
            Err(failure) if failure.kind.is_transient() && Instant::now() < end => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(target)
}

fn print(target: &Resource, format: TextOrJson) -> CliResult {
    match format {
        TextOrJson::Json => output::json(&serde_json::json!({
            "deployment": target.key.deployment, "id": target.key.own_id(), "owner": target.key.owner_id(), "name": target.name, "status": target.status,
            "reason": target.reason, "updated_at": target.updated.map(Moment::iso),
        }))?,
        TextOrJson::Text => {
            let reason = target
                .reason
                .as_ref()
                .map_or_else(String::new, |reason| format!("  {reason}"));
            output::text(&crate::model::sanitize(&format!(
                "{}  {}{reason}",
                target.name, target.status
            )))?;
        }
    }
    Ok(())
}
