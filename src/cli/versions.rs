//! `versions`: the versions of a runtime, their differences, and an endpoint moved back to an earlier one.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    confirm::confirm,
    context::Context,
    find_resource,
    outcome::{CliError, CliResult, usage},
    output, process,
    table::{Cell, ColumnFit, TextTable, Tone},
    values::TableOrJson,
};
use crate::{
    kinds::differences,
    model::{
        Deployment, Failure, FailureKind, Kind, Moment, Resource, ResourceKey, RuntimeVersionInfo,
        did_you_mean, show_duration,
    },
    net::clock,
    services::Services,
};

const EXAMPLES: &str = "Examples:
  agentcore-console versions neo4j_mcp_server
  agentcore-console versions diff neo4j_mcp_server 2 3
  agentcore-console versions roll-back neo4j_mcp_server canary 2 --yes";

/// How long a roll-back is watched unless `--timeout` says otherwise.
const PATIENCE: Duration = Duration::from_mins(5);
/// Pause between two looks at an endpoint that moves.
const PAUSE: Duration = Duration::from_millis(500);
/// What to do with versions.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub(crate) struct VersionsOptions {
    #[command(subcommand)]
    command: Option<VersionsCommand>,
    /// The runtime whose versions are listed: its id, name or ARN
    #[arg(required = true)]
    runtime: Option<String>,
    /// How to print
    #[arg(long, short, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = TableOrJson::Table)]
    output: TableOrJson,
}

#[derive(Debug, Subcommand)]
enum VersionsCommand {
    /// What differs between two versions; values of the environment are shown as ***
    Diff(Diff),
    /// Make an endpoint serve an earlier version, and wait until it does
    RollBack(RollBack),
}

#[derive(Debug, Args)]
struct Diff {
    /// The runtime's id, name or ARN
    runtime: String,
    /// The earlier version
    from: String,
    /// The later version
    to: String,
    /// How to print
    #[arg(long, short, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = TableOrJson::Table)]
    output: TableOrJson,
}

#[derive(Debug, Args)]
struct RollBack {
    /// The runtime's id, name or ARN
    runtime: String,
    /// The endpoint's name
    endpoint: String,
    /// The version to serve
    version: String,
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
    /// How to print
    #[arg(long, short, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = TableOrJson::Table)]
    output: TableOrJson,
}

/// Runs `versions`.
pub(crate) fn run(context: &Context, options: &VersionsOptions) -> CliResult {
    let deployments = context.deployments()?;
    let services = context.services();
    process::runtime()?.block_on(async {
        match (&options.command, &options.runtime) {
            (Some(VersionsCommand::Diff(diff)), _) => {
                show_diff(&services, &deployments, diff).await
            }
            (Some(VersionsCommand::RollBack(wanted)), _) => {
                let patience = context.global.timeout.unwrap_or(PATIENCE);
                roll_back(&services, &deployments, wanted, patience).await
            }
            (None, Some(runtime)) => list(&services, &deployments, runtime, options.output).await,
            (None, None) => Err(usage("listing versions", "no runtime is named").into()),
        }
    })
}

async fn find_runtime(
    services: &Services,
    deployments: &[Deployment],
    word: &str,
) -> Result<(Deployment, Resource), Failure> {
    find_resource::find(services, deployments, &[Kind::Runtime], word).await
}

async fn list(
    services: &Services,
    deployments: &[Deployment],
    word: &str,
    format: TableOrJson,
) -> CliResult {
    let (deployment, runtime) = find_runtime(services, deployments, word).await?;
    let versions = services
        .aws
        .versions
        .runtime_versions(&deployment, &runtime.key)
        .await?;
    match format {
        TableOrJson::Json => {
            let listed: Vec<Value> = versions
                .iter()
                .map(|version| {
                    json!({
                        "version": version.version, "status": version.status,
                        "created_at": version.created_at.map(Moment::iso),
                        "image": version.image, "live_at": version.live_at,
                    })
                })
                .collect();
            output::json(&json!({ "versions": listed }))?;
        }
        TableOrJson::Table => {
            let now = clock::now();
            let mut table = TextTable::new(["VERSION", "STATUS", "AGE", "LIVE AT", "IMAGE"])
                .fit("IMAGE", ColumnFit::Middle);
            for version in &versions {
                let age = version
                    .created_at
                    .map_or_else(String::new, |at| at.age(now));
                table.row(vec![
                    Cell::new(&version.version).right(),
                    Cell::new(&version.status),
                    Cell::new(&age).right(),
                    Cell::new(&version.live_at.join(", ")).tone(Tone::Good),
                    Cell::new(version.image.as_deref().unwrap_or("-")).tone(Tone::Dim),
                ]);
            }
            table.print()?;
        }
    }
    Ok(())
}

/// Refuses a version that the runtime does not have, and names the nearest.
pub(super) fn check_version(version: &str, known: &[RuntimeVersionInfo]) -> Result<(), Failure> {
    let names: Vec<&str> = known.iter().map(|info| info.version.as_str()).collect();
    if names.contains(&version) {
        return Ok(());
    }
    let hint = did_you_mean(version, names.iter().copied());
    Err(usage(
        "choosing a version",
        format!("there is no version \"{version}\"{hint}"),
    )
    .hint(format!("known: {}", names.join(", "))))
}

async fn show_diff(services: &Services, deployments: &[Deployment], diff: &Diff) -> CliResult {
    let (deployment, runtime) = find_runtime(services, deployments, &diff.runtime).await?;
    let known = services
        .aws
        .versions
        .runtime_versions(&deployment, &runtime.key)
        .await?;
    for version in [&diff.from, &diff.to] {
        check_version(version, &known)?;
    }
    let (from, to) = futures::try_join!(
        services
            .aws
            .versions
            .runtime_version(&deployment, &runtime.key, &diff.from),
        services
            .aws
            .versions
            .runtime_version(&deployment, &runtime.key, &diff.to)
    )?;
    let changes = differences(&from, &to);
    match diff.output {
        TableOrJson::Json => {
            let changes: Vec<Value> = changes
                .iter()
                .map(|(path, (from, to))| json!({"path": path, "from": from, "to": to}))
                .collect();
            output::json(&json!({ "changes": changes }))?;
        }
        TableOrJson::Table if changes.is_empty() => output::note("the versions do not differ"),
        TableOrJson::Table => {
            let mut table = TextTable::new(["PATH", "FROM", "TO"]).fit("TO", ColumnFit::Whole);
            for (path, (from, to)) in &changes {
                let shown = |value: &Option<Value>| match value {
                    None => "-".to_owned(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                };
                table.row(vec![
                    Cell::new(path),
                    Cell::new(&shown(from)),
                    Cell::new(&shown(to)),
                ]);
            }
            table.print()?;
        }
    }
    Ok(())
}

async fn roll_back(
    services: &Services,
    deployments: &[Deployment],
    wanted: &RollBack,
    patience: Duration,
) -> CliResult {
    let doing = format!("rolling endpoint {} back", wanted.endpoint);
    for deployment in deployments {
        // Before anything is asked of anybody.
        services.options().guard_write(deployment, &doing)?;
    }
    let (deployment, runtime) = find_runtime(services, deployments, &wanted.runtime).await?;
    let known = services
        .aws
        .versions
        .runtime_versions(&deployment, &runtime.key)
        .await?;
    check_version(&wanted.version, &known)?;
    let key = find_endpoint(services, &deployment, &runtime, &wanted.endpoint).await?;
    let before = services.aws.resources.describe(&deployment, &key).await?;
    let live = version_of(&before, "liveVersion");
    if live.as_deref() == Some(wanted.version.as_str()) {
        output::note(&format!(
            "{} serves version {} already",
            wanted.endpoint, wanted.version
        ));
        return print_endpoint(&before, wanted.output);
    }
    confirm(
        wanted.yes,
        &doing,
        &format!(
            "Let endpoint {} of {} serve version {} instead of {}?",
            wanted.endpoint,
            runtime.name,
            wanted.version,
            live.as_deref().unwrap_or("an unknown one")
        ),
    )?;
    services
        .aws
        .versions
        .move_endpoint(&deployment, &key, &wanted.version)
        .await?;
    let after = settle(services, &deployment, &key, &wanted.version, patience).await?;
    print_endpoint(&after, wanted.output)?;
    if version_of(&after, "liveVersion").as_deref() == Some(wanted.version.as_str()) {
        Ok(())
    } else {
        Err(CliError::Code(1))
    }
}

/// Returns the endpoint of that name of this runtime.
async fn find_endpoint(
    services: &Services,
    deployment: &Deployment,
    runtime: &Resource,
    name: &str,
) -> Result<ResourceKey, Failure> {
    let listed = services
        .aws
        .resources
        .list(deployment, Kind::Endpoint)
        .await?;
    let own: Vec<&ResourceKey> = listed
        .iter()
        .map(|endpoint| &endpoint.key)
        .filter(|key| key.owner_id() == runtime.key.own_id())
        .collect();
    if let Some(key) = own.iter().find(|key| key.own_id() == name) {
        return Ok((*key).clone());
    }
    let names: Vec<&str> = own.iter().map(|key| key.own_id()).collect();
    let hint = did_you_mean(name, names.iter().copied());
    Err(usage(
        "choosing an endpoint",
        format!("{} has no endpoint \"{name}\"{hint}", runtime.name),
    )
    .hint(find_resource::known(&names)))
}

fn version_of(endpoint: &Resource, member: &str) -> Option<String> {
    endpoint
        .raw
        .get(member)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

/// Watches the endpoint until it serves the version, fails, or patience ends.
async fn settle(
    services: &Services,
    deployment: &Deployment,
    key: &ResourceKey,
    version: &str,
    patience: Duration,
) -> Result<Resource, Failure> {
    let end = Instant::now() + patience;
    loop {
        match services.aws.resources.describe(deployment, key).await {
            Ok(endpoint) => {
                let is_live = version_of(&endpoint, "liveVersion").as_deref() == Some(version);
                if (is_live && endpoint.status == "READY") || endpoint.status.ends_with("FAILED") {
                    return Ok(endpoint);
                }
                if Instant::now() >= end {
                    let cause = format!(
                        "it is still {} after {}",
                        endpoint.status,
                        show_duration(patience)
                    );
                    let doing = format!("waiting for {}", endpoint.name);
                    return Err(Failure::new(FailureKind::Refused, doing, cause));
                }
            }
            Err(failure) if failure.kind.is_transient() && Instant::now() < end => {}
            Err(failure) => return Err(failure),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn print_endpoint(endpoint: &Resource, format: TableOrJson) -> CliResult {
    let live = version_of(endpoint, "liveVersion");
    match format {
        TableOrJson::Json => output::json(&json!({
            "deployment": endpoint.key.deployment, "runtime": endpoint.key.owner_id(),
            "endpoint": endpoint.key.own_id(), "status": endpoint.status, "live_version": live,
            "target_version": version_of(endpoint, "targetVersion"),
        }))?,
        TableOrJson::Table => output::text(&crate::model::sanitize(&format!(
            "{}  {}  serves version {}",
            endpoint.name,
            endpoint.status,
            live.as_deref().unwrap_or("unknown")
        )))?,
    }
    Ok(())
}
