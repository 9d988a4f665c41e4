//! `calls`: the tool calls found in logs and spans, one row each.

use std::time::Duration;

use clap::Args;

use crate::{
    calls::{LoggedCall, LoggedOutcome, arrival_gap, call_passes, join},
    model::{Deployment, Failure, FailureKind, Kind, Moment, pluralize},
    net::clock,
    services::{
        Services,
        calls::{CallSource, UnreadGroup},
    },
};

use super::{
    context::Context,
    find_resource::{self, Listing},
    group_failures,
    logs::{attribution::Attribution, partial_result, window, with_throttling_told},
    outcome::{CliError, CliResult},
    output, process,
    table::{Cell, TextTable, Tone},
    values::TableOrJson,
    zone::local,
};
use crate::{
    calls::LEAST_OF_ID,
    logs::{SPANS_GROUP, group_name},
};

/// Logs are read from this much before the window on, in milliseconds, so that calls at its beginning are whole.
const MARGIN_MS: i64 = 60_000;

const EXAMPLES: &str = "Examples:
  agentcore-console calls --since 1h --errors           what failed, and at which hop
  agentcore-console calls -d prod --slower-than 500ms   what was slow
  agentcore-console trace last -d prod                  the last call over every hop";

/// Which calls.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CallsOptions {
    /// From: 15m, 2 hours ago, 09:30, 2026-11-21T09:30:00Z, or seconds or milliseconds since 1970
    #[arg(long, value_name = "TIME", default_value = "15m")]
    since: String,
    /// Only calls that are not ok
    #[arg(long)]
    errors: bool,
    /// Only calls that took longer than this: 500ms, 1s
    #[arg(long, value_name = "TIME", value_parser = length)]
    slower_than: Option<Duration>,
    /// Only calls for which all words hold, as in the view of calls: a text of the tool, outcome, hop, message, statement or an id;
    /// -text for calls without it; >500 for slower than 500 ms
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    filter: Option<String>,
    /// How to print
    #[arg(long, short, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = TableOrJson::Table)]
    output: TableOrJson,
}

fn length(text: &str) -> Result<Duration, String> {
    crate::model::parse_duration(text)
        .ok_or_else(|| "write a length of time: 500ms, 1s, 2m".to_owned())
}

/// Runs `calls`.
pub(crate) fn run(context: &Context, options: &CallsOptions) -> CliResult {
    let (since, _) = window(&options.since, None)?;
    let deployments = context.deployments()?;
    let services = context.services();
    let found = process::runtime()?.block_on(find_calls(&services, &deployments, since));
    let shown: Vec<&LoggedCall> = found
        .calls
        .iter()
        .filter(|call| !options.errors || call.outcome != LoggedOutcome::Ok)
        .filter(|call| {
            let filter = options.filter.as_deref();
            filter.is_none_or(|filter| call_passes(call, filter))
        })
        .filter(|call| {
            options.slower_than.is_none_or(|least| {
                call.duration_ms
                    .is_some_and(|length| i128::from(length) > least.as_millis() as i128)
            })
        })
        .collect();
    match options.output {
        TableOrJson::Json => {
            for call in shown {
                output::json_line(&call.json())?;
            }
        }
        TableOrJson::Table => {
            if shown.is_empty() {
                output::note(&nothing_shown(found.calls.len()));
            } else {
                table(&shown)?;
            }
            tell_arrivals(&shown, found.read_at);
        }
    }
    found.report()
}

/// Returns why no call is shown, although so many were found in the window.
fn nothing_shown(found: usize) -> String {
    if found == 0 {
        "note: no call in this window; --since 24h looks further back".to_owned()
    } else {
        format!(
            "note: none of the {} of this window matches",
            pluralize(found, "call")
        )
    }
}

/// Says how many of the calls may be incomplete because their last lines had not arrived when they were read.
fn tell_arrivals(calls: &[&LoggedCall], read_at: Moment) {
    let young = calls
        .iter()
        .filter(|call| arrival_gap(call, read_at).is_some())
        .count();
    if young > 0 {
        output::note(&format!(
            "note: lines of {} of the last seconds may still arrive",
            pluralize(young, "call")
        ));
    }
}

/// The calls of deployments, and what could not be read.
pub(super) struct FoundCalls {
    pub(super) calls: Vec<LoggedCall>,
    pub(super) unread: Vec<UnreadGroup>,
    sources: usize,
    /// When the reading began: what arrived later is missing.
    pub(super) read_at: Moment,
}

impl FoundCalls {
    /// Names what could not be read.
    ///
    /// # Errors
    /// The exit code of partial data.
    pub(super) fn report(&self) -> CliResult {
        group_failures::tell(
            self.unread
                .iter()
                .map(|unread| (unread.group.as_str(), &unread.failure)),
        );
        partial_result(
            &self.unread.iter().map(|unread| &unread.failure),
            self.sources,
        )
    }
}

/// Reads the logs of the deployments and joins the calls that began since a time.
pub(super) async fn find_calls(
    services: &Services,
    deployments: &[Deployment],
    since: Moment,
) -> FoundCalls {
    let listing = find_resource::list(
        services,
        deployments,
        &[Kind::Gateway, Kind::Runtime, Kind::Target, Kind::Endpoint],
    )
    .await;
    find_listed_calls(services, deployments, &listing, since).await
}

/// Returns the same where gateways, targets, runtimes and endpoints are listed already.
pub(super) async fn find_listed_calls(
    services: &Services,
    deployments: &[Deployment],
    listing: &Listing,
    since: Moment,
) -> FoundCalls {
    let mut attribution = Attribution::of(deployments);
    attribution.learn(&listing.resources);
    let mut sources: Vec<CallSource> = Vec::new();
    for deployment in deployments {
        let own = listing
            .resources
            .iter()
            .filter(|resource| resource.key.deployment == deployment.name)
            .flat_map(|resource| &resource.log_groups);
        let mut groups: Vec<String> = Vec::new();
        for group in deployment
            .log_groups
            .iter()
            .map(|group| group_name(group))
            .chain(own.map(String::as_str))
            .chain([SPANS_GROUP])
        {
            if !groups.iter().any(|known| known == group) {
                groups.push(group.to_owned());
            }
        }
        sources.push(CallSource {
            deployment: deployment.clone(),
            groups,
            owner_ids: attribution.ids(&deployment.name),
        });
    }
    let until = clock::now();
    let reading = services
        .calls
        .call_logs(&sources, since.plus(-MARGIN_MS), until);
    let logs = with_throttling_told(services, reading).await;
    let mut unread = logs.unread;
    unread.extend(listing.lacking().map(|problem| UnreadGroup {
        deployment: problem.deployment.clone(),
        group: format!("{} of {}", problem.kind.as_str(), problem.deployment),
        failure: problem.failure.clone(),
    }));
    let mut calls = join(logs.records);
    calls.retain(|call| call.at >= since);
    FoundCalls {
        calls,
        unread,
        sources: logs.groups,
        read_at: until,
    }
}

/// Returns the failure of an id that no call has; of `last`, that there is no call.
pub(super) fn no_such_call(id: &str) -> CliError {
    let cause = if id == "last" {
        "there is no call in this window".to_owned()
    } else if id.chars().count() < LEAST_OF_ID {
        format!(
            "no call has the id {id} in this window, and the beginning of an id needs {LEAST_OF_ID} characters at least"
        )
    } else {
        format!("no call has the id {id} in this window")
    };
    Failure::new(FailureKind::NotFound, "looking for the call", cause)
    .hint("--since 24h looks further back; `calls` lists what there is; lines of the last seconds may still arrive")
    .into()
}

fn table(calls: &[&LoggedCall]) -> std::io::Result<()> {
    let mut table = TextTable::new([
        "TIME",
        "DEPLOYMENT",
        "TOOL",
        "OUTCOME",
        "HOP",
        "MS",
        "ID",
        "MESSAGE",
    ]);
    let (now, zone) = (clock::now(), local());
    for call in calls {
        let tone = match call.outcome {
            LoggedOutcome::Ok => Tone::Good,
            LoggedOutcome::Unknown => Tone::Dim,
            LoggedOutcome::Consent | LoggedOutcome::Throttled => Tone::Attention,
            LoggedOutcome::Error | LoggedOutcome::Denied => Tone::Bad,
        };
        let id = call
            .trace_id
            .as_ref()
            .or_else(|| call.request_ids.first())
            .map_or("", |id| id.get(..8).unwrap_or(id));
        let duration = call
            .duration_ms
            .map_or_else(|| "-".to_owned(), |length| length.to_string());
        table.row(vec![
            Cell::new(&call.at.clock_or_date(now, &zone)).tone(Tone::Dim),
            Cell::new(&call.deployment),
            Cell::new(call.tool.as_deref().unwrap_or("-")),
            Cell::new(call.outcome.as_str()).tone(tone),
            Cell::new(call.hop.unwrap_or("-")),
            Cell::new(&duration).right(),
            Cell::new(id).tone(Tone::Dim),
            Cell::new(call.message.as_deref().unwrap_or("")),
        ]);
    }
    table.print()
}
