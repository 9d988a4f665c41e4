//! `changes [ID]`: who changed what, from CloudTrail's event history, newest first.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};

use super::{
    context::Context,
    find_resource, group_failures,
    outcome::{CliError, CliResult},
    output, process,
    table::{Cell, ColumnFit, TextTable, Tone},
    values::{TableOrJson, parse_since},
    zone::local,
};
use crate::{
    model::{Change, Deployment, Failure, FailureKind, Kind, Moment},
    net::clock,
    services::Services,
};

const EXAMPLES: &str = "Examples:
  agentcore-console changes --since 2h
  agentcore-console changes neo4j_mcp_server -o json";

/// Which changes to show.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ChangesOptions {
    /// Only changes of this gateway, target, runtime, endpoint or secret: its id, name or ARN
    id: Option<String>,
    /// From when on: 15m, "2 hours ago", RFC 3339, seconds or milliseconds since 1970; at most 90 days
    #[arg(long, value_name = "TIME", default_value = "24h")]
    since: String,
    /// How to print
    #[arg(long, short, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = TableOrJson::Table)]
    output: TableOrJson,
}

/// A change with the deployment that it belongs to.
struct Attributed {
    deployment: Option<String>,
    id: Option<String>,
    /// The name of the resource, if it is listed.
    name: Option<String>,
    change: Change,
}

/// Runs `changes`.
pub(crate) fn run(context: &Context, options: &ChangesOptions) -> CliResult {
    let deployments = context.deployments()?;
    let now = clock::now();
    let since = parse_since(&options.since)?;
    let services = context.services();
    let (found, failures) =
        process::runtime()?.block_on(gather(&services, &deployments, options, since, now))?;
    match options.output {
        TableOrJson::Json => {
            for change in &found {
                output::json_line(&line(change))?;
            }
        }
        TableOrJson::Table if found.is_empty() && failures.is_empty() => {
            output::note("no changes since then; CloudTrail shows a change within some minutes");
        }
        TableOrJson::Table => table(&found).print()?,
    }
    group_failures::tell(
        failures
            .iter()
            .map(|(name, failure)| (name.as_str(), failure)),
    );
    match failures.first() {
        None => Ok(()),
        Some((_, failure)) if failure.kind == FailureKind::Denied => Err(CliError::Code(4)),
        Some((_, failure)) if failure.kind == FailureKind::SignIn => Err(CliError::Code(3)),
        Some(_) => Err(CliError::Code(5)),
    }
}

type AttributedChanges = (Vec<Attributed>, Vec<(String, Failure)>);

/// Reads each account and region once, and attributes its changes to the deployments by the ids of their resources.
async fn gather(
    services: &Services,
    deployments: &[Deployment],
    options: &ChangesOptions,
    since: Moment,
    now: Moment,
) -> Result<AttributedChanges, Failure> {
    let wanted = match &options.id {
        Some(word) => {
            let (_, resource) =
                find_resource::find(services, deployments, &Kind::ALL, word).await?;
            let mut names = vec![resource.key.own_id().to_owned(), resource.name.clone()];
            names.extend(resource.arn.clone());
            Some(names)
        }
        None => None,
    };
    let listing = find_resource::list(services, deployments, &Kind::ALL).await;
    let mut owners: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for resource in &listing.resources {
        let owner = (resource.key.deployment.as_str(), resource.name.as_str());
        let names = [resource.key.own_id(), resource.name.as_str()];
        for name in names.into_iter().chain(resource.arn.as_deref()) {
            owners.entry(name).or_insert(owner);
        }
    }
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for deployment in accounts(deployments) {
        match services.aws.trail.changes(deployment, since, now).await {
            Ok(changes) => found.extend(changes),
            Err(failure) => failures.push((deployment.name.to_string(), failure)),
        }
    }
    found.sort_by_key(|change| std::cmp::Reverse(change.at));
    let attributed = found
        .into_iter()
        .filter(|change| {
            wanted.as_ref().is_none_or(|names| {
                change
                    .ids
                    .iter()
                    .any(|id| names.iter().any(|name| is_same(id, name)))
            })
        })
        .map(|change| {
            let owner = change.ids.iter().find_map(|id| owners.get(id.as_str()));
            Attributed {
                deployment: owner.map(|(deployment, _)| (*deployment).to_owned()),
                id: change.ids.first().cloned(),
                name: owner.map(|(_, name)| (*name).to_owned()),
                change,
            }
        })
        .collect();
    Ok((attributed, failures))
}

/// Returns whether an id of an event names a resource: by id, name or ARN, a secret's ARN also without its random suffix.
fn is_same(id: &str, name: &str) -> bool {
    id == name || (name.starts_with("arn:") && id.starts_with("arn:") && name.starts_with(id))
}

/// Returns the first deployment of each account and region.
fn accounts(deployments: &[Deployment]) -> Vec<&Deployment> {
    let mut first: Vec<&Deployment> = Vec::new();
    for deployment in deployments {
        let is_known = first.iter().any(|known| {
            (
                &known.profile,
                &known.region,
                &known.endpoint_url,
                &known.credentials,
            ) == (
                &deployment.profile,
                &deployment.region,
                &deployment.endpoint_url,
                &deployment.credentials,
            )
        });
        if !is_known {
            first.push(deployment);
        }
    }
    first
}

fn line(attributed: &Attributed) -> Value {
    let change = &attributed.change;
    json!({
        "at": change.at.iso(), "who": change.who, "action": change.action,
        "deployment": attributed.deployment, "kind": change.kind, "id": attributed.id, "name": attributed.name,
        "outcome": change.outcome, "request_id": change.request_id,
    })
}

fn table(changes: &[Attributed]) -> TextTable {
    let mut table = TextTable::new([
        "AT",
        "WHO",
        "ACTION",
        "DEPLOYMENT",
        "KIND",
        "NAME",
        "OUTCOME",
    ])
    .fit("WHO", ColumnFit::Middle)
    .fit("NAME", ColumnFit::Middle)
    .fit("OUTCOME", ColumnFit::Whole);
    let (now, zone) = (clock::now(), local());
    for attributed in changes {
        let change = &attributed.change;
        let tone = if change.outcome == "done" {
            Tone::Plain
        } else {
            Tone::Bad
        };
        let who = change
            .who
            .rsplit_once('/')
            .map_or(change.who.as_str(), |(before, session)| {
                before.rsplit_once('/').map_or(session, |(_, role)| role)
            });
        table.row(vec![
            Cell::new(&change.at.clock_or_date(now, &zone)).tone(Tone::Dim),
            Cell::new(who),
            Cell::new(&change.action),
            Cell::new(attributed.deployment.as_deref().unwrap_or("-")),
            Cell::new(change.kind),
            Cell::new(
                attributed
                    .name
                    .as_deref()
                    .or(attributed.id.as_deref())
                    .unwrap_or("-"),
            ),
            Cell::new(&change.outcome).tone(tone),
        ]);
    }
    table
}
