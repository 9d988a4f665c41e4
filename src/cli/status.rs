//! `status`: the fleet as a table or as JSON; once, again and again, or until it is as wished.

use std::{
    io::{self, IsTerminal as _},
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::{Value, json};

use crate::{
    kinds::{self, DeploymentHealth},
    model::{Deployment, Failure, Health, Kind, Moment, Resource, did_you_mean, show_duration},
    net::clock,
    services::Services,
};

use super::{
    context::Context,
    deployment_health,
    outcome::{CliError, CliResult, usage},
    output, process,
    table::{Cell, ColumnFit, TextTable, Tone},
    values::TableOrJson,
};
use crate::cli::find_resource::{self, Listing};

const EXAMPLES: &str = "Examples:
  agentcore-console status
  agentcore-console status target -d prod --wait READY --timeout 10m
  agentcore-console status -o json | jq '.resources[] | select(.reason)'";

/// What to list, and until when.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StatusOptions {
    /// Only this kind: gateway, target, runtime, endpoint, secret, provider, workload-identity, policy-engine, policy, rate-limit, version
    #[arg(value_parser = kind)]
    kind: Option<Kind>,
    /// How to print
    #[arg(long, short, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = TableOrJson::Table)]
    output: TableOrJson,
    /// List again and again, and print what changed
    #[arg(long, conflicts_with = "wait")]
    watch: bool,
    /// Wait until everything listed has this status; exit 1 when --timeout is over
    #[arg(long, value_name = "STATUS")]
    wait: Option<String>,
}

/// Returns the kind that a word names.
pub(crate) fn kind(word: &str) -> Result<Kind, String> {
    let known = Kind::ALL.map(Kind::as_str);
    Kind::parse(word).ok_or_else(|| {
        format!(
            "unknown kind \"{word}\"{}; known: {}",
            did_you_mean(word, known),
            known.join(", ")
        )
    })
}

/// Between two listings of `--wait` and `--watch`.
const PAUSE: Duration = Duration::from_secs(1);
/// How long `--wait` waits unless told otherwise.
const PATIENCE: Duration = Duration::from_mins(5);

/// While so much of the patience is left, a failure is told at once and not only at the end.
const WORTH_TELLING: Duration = Duration::from_secs(5);

/// Runs `status`.
pub(crate) fn run(context: &Context, options: &StatusOptions) -> CliResult {
    let deployments = context.deployments()?;
    let kinds = options
        .kind
        .map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind]);
    let services = if options.wait.is_some() {
        context.patient_services()
    } else {
        context.services()
    };
    let work = StatusContext {
        services,
        deployments,
        kinds,
        output: options.output,
        missing: context.missing().to_vec(),
    };
    process::runtime()?.block_on(async {
        match &options.wait {
            Some(status) => {
                work.wait(
                    &status.to_ascii_uppercase(),
                    context.global.timeout.unwrap_or(PATIENCE),
                )
                .await
            }
            None if options.watch => work.watch().await,
            None => work.once().await,
        }
    })
}

struct StatusContext {
    services: Services,
    deployments: Vec<Deployment>,
    kinds: Vec<Kind>,
    output: TableOrJson,
    /// What discovery could not read.
    missing: Vec<Failure>,
}

impl StatusContext {
    async fn list(&self) -> Listing {
        find_resource::list(&self.services, &self.deployments, &self.kinds).await
    }

    async fn once(&self) -> CliResult {
        let listing = self.list().await;
        self.print(&listing).await?;
        listing.tell_problems();
        listing
            .exit_code()
            .map_or(Ok(()), |code| Err(CliError::Code(code)))
    }

    async fn watch(&self) -> CliResult {
        let mut last: Option<(Value, usize)> = None;
        loop {
            let listing = self.list().await;
            let now = (resources_json(&listing), listing.problems.len());
            if last.as_ref() != Some(&now) {
                if last.is_some() && self.output == TableOrJson::Table {
                    output::text("")?;
                }
                self.print(&listing).await?;
                listing.tell_problems();
                last = Some(now);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn wait(&self, status: &str, patience: Duration) -> CliResult {
        let end = Instant::now() + patience;
        let (mut listing, mut told) = (self.list().await, false);
        check_status(status, &listing)?;
        loop {
            let waiting = waiting_for(status, &listing);
            if waiting.is_empty() && listing.problems.is_empty() {
                self.print(&listing).await?;
                return Ok(());
            }
            let hopeless = listing
                .problems
                .iter()
                .find(|problem| !problem.failure.kind.is_transient());
            if let Some(problem) = hopeless {
                listing.tell_problems();
                return Err(CliError::Code(problem.failure.kind.exit_code()));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.print(&listing).await?;
                if !told {
                    listing.tell_problems();
                }
                return Err(given_up(status, &listing, &waiting, patience));
            }
            // Whoever sits there is not left in the dark until the end.
            if !told
                && left > WORTH_TELLING
                && !listing.problems.is_empty()
                && io::stderr().is_terminal()
            {
                listing.tell_problems();
                output::note(&format!(
                    "asking again, for at most {}",
                    show_duration(left)
                ));
                told = true;
            }
            tokio::time::sleep(PAUSE.min(left)).await;
            listing = self.list().await;
        }
    }

    async fn print(&self, listing: &Listing) -> CliResult {
        match self.output {
            TableOrJson::Json => output::json_line(&self.json(listing).await)?,
            // Headings over nothing would only hide why.
            TableOrJson::Table if listing.resources.is_empty() && !listing.problems.is_empty() => {}
            TableOrJson::Table => {
                // Who asks for one kind asks for its resources.
                if self.kinds.len() == Kind::ALL.len() {
                    self.health_table(listing).await.print()?;
                    output::text("")?;
                }
                table(&listing.resources).print()?;
            }
        }
        Ok(())
    }

    async fn health_table(&self, listing: &Listing) -> TextTable {
        let facts = deployment_health::facts(&self.services, &self.deployments, listing).await;
        let now = clock::now();
        let mut table = TextTable::new(["DEPLOYMENT", "HEALTH", "HOP", "AGE", "EVIDENCE"])
            .fit("EVIDENCE", ColumnFit::Whole);
        for deployment in &self.deployments {
            let facts = facts.get(&deployment.name);
            let verdict = deployment_health::verdict(deployment, listing, facts, now);
            let age = verdict.at.map_or_else(String::new, |at| at.age(now));
            table.row(vec![
                Cell::new(&deployment.name_and_title()),
                Cell::new(verdict.health.as_str()).tone(health_tone(verdict.health)),
                Cell::new(verdict.hop.unwrap_or("-")),
                Cell::new(&age),
                Cell::new(&verdict.evidence),
            ]);
        }
        table
    }

    async fn json(&self, listing: &Listing) -> Value {
        // Health is of the whole deployment, whatever kind is printed.
        let whole = if self.kinds.len() < Kind::ALL.len() {
            find_resource::list(&self.services, &self.deployments, &Kind::ALL).await
        } else {
            Listing::default()
        };
        let known = if self.kinds.len() < Kind::ALL.len() {
            &whole
        } else {
            listing
        };
        let facts = deployment_health::facts(&self.services, &self.deployments, known).await;
        let now = clock::now();
        let deployments: Vec<Value> = self
            .deployments
            .iter()
            .map(|deployment| {
                let facts = facts.get(&deployment.name);
                let verdict = deployment_health::verdict(deployment, known, facts, now);
                deployment_health::json(deployment, &verdict, facts)
            })
            .collect();
        let missing = self.missing.iter();
        let problems: Vec<Value> = missing
            .map(|failure| find_resource::problem_json(None, None, failure))
            .chain(listing.lacking().map(find_resource::ListingProblem::json))
            .collect();
        json!({ "deployments": deployments, "resources": resources_json(listing), "problems": problems })
    }
}

fn resources_json(listing: &Listing) -> Value {
    listing.resources.iter().map(resource).collect()
}

/// Returns what has kept `--wait` waiting: a status, or that nobody answered.
fn given_up(
    status: &str,
    listing: &Listing,
    waiting: &[&Resource],
    patience: Duration,
) -> CliError {
    let after = show_duration(patience);
    if waiting.is_empty()
        && let Some(problem) = listing.problems.first()
    {
        output::note(&format!(
            "error: after {after} it is not known whether all are {status}"
        ));
        return CliError::Code(problem.failure.kind.exit_code());
    }
    let names: Vec<String> = waiting
        .iter()
        .map(|resource| {
            format!(
                "{} {} is {}",
                resource.key.kind, resource.key.id, resource.status
            )
        })
        .collect();
    output::note(&format!(
        "error: not all are {status} after {after}: {}",
        names.join(", ")
    ));
    CliError::Code(1)
}

/// A secret is enabled and a policy active, never ready: neither keeps anybody waiting for READY. An old version stays what it is.
fn waiting_for<'a>(status: &str, listing: &'a Listing) -> Vec<&'a Resource> {
    let has_only_versions = listing
        .resources
        .iter()
        .all(|resource| resource.key.kind == Kind::Version);
    let concerned = |resource: &&Resource| match resource.key.kind {
        Kind::Secret => SECRET.contains(&status),
        Kind::Version => has_only_versions,
        kind => status != "READY" || kinds::spec(kind).good_status == "READY",
    };
    listing
        .resources
        .iter()
        .filter(concerned)
        .filter(|resource| resource.status != status)
        .collect()
}

const SECRET: [&str; 3] = ["ENABLED", "ROTATING", "DELETED"];
const KNOWN: [&str; 13] = [
    "READY",
    "CREATING",
    "UPDATING",
    "DELETING",
    "FAILED",
    "CREATE_FAILED",
    "UPDATE_FAILED",
    "UPDATE_UNSUCCESSFUL",
    "SYNCHRONIZING",
    "SYNCHRONIZE_UNSUCCESSFUL",
    "CREATE_PENDING_AUTH",
    "UPDATE_PENDING_AUTH",
    "SYNCHRONIZE_PENDING_AUTH",
];

/// Refuses a word that is neither known nor seen anywhere: it would be waited for in vain.
fn check_status(status: &str, listing: &Listing) -> Result<(), Failure> {
    let known = || KNOWN.iter().chain(&SECRET).copied().chain(["ACTIVE"]);
    if known().any(|word| word == status)
        || listing
            .resources
            .iter()
            .any(|resource| resource.status == status)
    {
        return Ok(());
    }
    let hint = did_you_mean(status, known());
    Err(
        usage("waiting", format!("unknown status \"{status}\"{hint}"))
            .hint(format!("known: {}", known().collect::<Vec<_>>().join(", "))),
    )
}

fn resource(each: &Resource) -> Value {
    json!({
        "deployment": each.key.deployment, "kind": each.key.kind, "id": each.key.own_id(), "owner": owner(each), "arn": each.arn, "name": each.name,
        "status": each.status, "reason": each.reason, "updated_at": each.updated.map(Moment::iso),
    })
}

/// Returns the gateway of a target, the runtime of an endpoint: what its id is unique within.
pub(crate) fn owner(each: &Resource) -> Option<&str> {
    Some(each.key.owner_id()).filter(|owner| *owner != each.key.own_id())
}

fn table(resources: &[Resource]) -> TextTable {
    let now = clock::now();
    let mut table = TextTable::new([
        "DEPLOYMENT",
        "KIND",
        "NAME",
        "ID",
        "STATUS",
        "AGE",
        "REASON",
    ])
    .fit("NAME", ColumnFit::Middle)
    .fit("ID", ColumnFit::Extra)
    .fit("REASON", ColumnFit::Whole);
    for resource in resources {
        let age = resource
            .updated
            .or(resource.created)
            .map_or_else(String::new, |at| at.age(now));
        table.row(vec![
            Cell::new(resource.key.deployment.as_str()),
            Cell::new(resource.key.kind.as_str()),
            Cell::new(&resource.name),
            Cell::new(&resource.key.id).tone(Tone::Dim),
            Cell::new(kinds::shown_status(resource)).tone(tone(resource)),
            Cell::new(&age).right(),
            Cell::new(resource.reason.as_deref().unwrap_or("")),
        ]);
    }
    table
}

/// Returns how a resource looks.
const fn health_tone(health: DeploymentHealth) -> Tone {
    match health {
        DeploymentHealth::Proven => Tone::Good,
        DeploymentHealth::Ready | DeploymentHealth::Unknown => Tone::Plain,
        DeploymentHealth::Changing | DeploymentHealth::NeedsPerson => Tone::Attention,
        DeploymentHealth::Failing | DeploymentHealth::Broken => Tone::Bad,
    }
}

fn tone(each: &Resource) -> Tone {
    match kinds::health(each) {
        Health::Healthy => Tone::Good,
        Health::Unknown => Tone::Plain,
        Health::Changing | Health::NeedsPerson => Tone::Attention,
        Health::Degraded | Health::Failed => Tone::Bad,
    }
}
