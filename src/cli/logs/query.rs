//! `logs query QUERY NAME...`: a query of CloudWatch Logs Insights, with an estimate before, and statistics after.

use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::{
    cli::{
        confirm,
        context::Context,
        outcome::{CliResult, usage},
        output, process, table,
    },
    logs::{
        SPANS_GROUP,
        insights::{self, MAX_GROUPS},
        own_spans_only,
    },
    model::{Failure, FailureKind, LogQueryResult, with_separators},
    net::clock,
    services::{Services, aws::logs::wait_for_stopped_queries},
};

use super::{
    attribution::Attribution,
    sources::{self, LogReadSource},
};

/// How to print the rows of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum QueryFormat {
    /// For people.
    Table,
    /// A line of JSON for each row, then the statistics.
    Json,
    /// For spreadsheets.
    Csv,
}

/// The query, and where to run it.
#[derive(Debug, Args)]
pub(super) struct QueryOptions {
    /// The query in the language of Logs Insights, for example 'filter @message like /timeout/ | stats count(*) by bin(5m)'
    query: String,
    /// A log group's full name or ARN, the id or name of a runtime or gateway, or a deployment
    #[arg(required = true)]
    names: Vec<String>,
    /// From: 15m, 2 hours ago, 09:30, 2026-11-21T09:30:00Z, or seconds or milliseconds since 1970
    #[arg(long, value_name = "TIME", default_value = "1h")]
    since: String,
    /// Until, in the same forms [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Rows at most
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Do not ask, however much the query may scan
    #[arg(long)]
    yes: bool,
    /// How to print
    #[arg(long, short, value_enum, value_name = "table|json|csv", hide_possible_values = true, default_value_t = QueryFormat::Table)]
    output: QueryFormat,
}

/// Runs `logs query`.
pub(super) fn run(context: &Context, options: &QueryOptions) -> CliResult {
    let (since, until) = super::window(&options.since, options.until.as_deref())?;
    let until = until.unwrap_or_else(clock::now);
    let deployments = context.deployments()?;
    let services = context.services();
    process::runtime()?.block_on(async {
        let resolved = sources::resolve(&services, &deployments, &options.names).await?;
        let [source] = resolved.sources.as_slice() else {
            return Err(usage(
                "running the query",
                "the log groups are in several accounts or regions; a query runs in one",
            )
            .hint("pick deployments with --deployment")
            .into());
        };
        if source.groups.len() > MAX_GROUPS {
            return Err(usage(
                "running the query",
                format!(
                    "{} log groups; a query reads at most {MAX_GROUPS}",
                    source.groups.len()
                ),
            )
            .into());
        }
        resolved.unread.tell();
        agree(&services, source, options.yes).await?;
        let text = with_own_spans(&options.query, &resolved.attribution, source);
        let mut interrupt = process::End::listen()?;
        let query = services.aws.logs.query(
            &source.deployment,
            &text,
            &source.groups,
            (since, until),
            options.limit,
            |partial| progress(&partial),
        );
        let result = tokio::select! {
            result = query => result,
            end = interrupt.wait() => {
                end?;
                // The query is stopped at the service when its future is dropped; that request needs a moment.
                let stopped = wait_for_stopped_queries().await;
                return Err(cancelled(stopped).into());
            }
        };
        print(
            &result.map_err(|failure| insights::with_position(failure, &text, &options.query))?,
            options.output,
        )?;
        resolved.unread.end()
    })
}

/// Returns what a query that the user stopped ends with.
fn cancelled(is_stopped_at_service: bool) -> Failure {
    let cause = if is_stopped_at_service {
        "cancelled, the query was stopped"
    } else {
        "cancelled, but CloudWatch Logs has not confirmed that the query was stopped; it may run on and be billed"
    };
    Failure::new(FailureKind::Cancelled, "running the query", cause)
}

/// Returns the query as it is sent: of the group of spans, which an account's deployments share, it reads those of the deployments that
/// were named. What was added is said on stderr.
fn with_own_spans(query: &str, attribution: &Attribution, source: &LogReadSource) -> String {
    let Some(owners) = attribution.owners_of_spans(&source.groups) else {
        return query.to_owned();
    };
    if owners.is_empty() {
        output::note(&format!(
            "note: of {SPANS_GROUP}, the spans of the whole account are read: no gateway or runtime of these names is known"
        ));
        return query.to_owned();
    }
    output::note(&format!(
        "note: of {SPANS_GROUP}, only spans of {} are read; the name {SPANS_GROUP} reads those of the whole account",
        owners.join(", ")
    ));
    own_spans_only(query, &owners)
}

/// Asks before a query that may scan more than ten gigabytes.
async fn agree(services: &Services, source: &LogReadSource, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let estimate = services
        .aws
        .logs
        .estimate_scan(&source.deployment, &source.groups)
        .await;
    let Some(question) = insights::question(&estimate) else {
        return Ok(());
    };
    if !std::io::stdin().is_terminal() {
        let scan = insights::scan_words(estimate.bytes);
        let more = if estimate.is_unknown {
            "more than"
        } else {
            "up to"
        };
        return Err(usage(
            "running the query",
            format!("it may scan {more} {scan}, and there is no terminal to ask on"),
        )
        .hint("--yes runs it; a shorter --since scans less than this upper bound"));
    }
    confirm::confirm(yes, "running the query", &question)
}

fn progress(partial: &LogQueryResult) {
    if std::io::stderr().is_terminal() {
        output::note(&format!(
            "-- {}: {} events scanned, {} rows so far",
            partial.status,
            with_separators(partial.statistics.records_scanned as u64),
            partial.rows.len()
        ));
    }
}

/// Returns a line for each row, then the statistics.
fn print_json(result: &LogQueryResult) -> std::io::Result<()> {
    for row in &result.rows {
        let members: Map<String, Value> = row
            .iter()
            .map(|(name, value)| (name.clone(), Value::String(value.clone())))
            .collect();
        output::json_line(&Value::Object(members))?;
    }
    output::json_line(&json!({
        "statistics": result.statistics,
        "query_id": result.query_id,
        "status": result.status,
    }))
}

fn print(result: &LogQueryResult, format: QueryFormat) -> CliResult {
    let columns = insights::column_names(result.rows.iter().map(Vec::as_slice));
    let cell = |row: &[(String, String)], column: &str| {
        row.iter()
            .find(|(name, _)| name == column)
            .map_or("", |(_, value)| value.as_str())
            .to_owned()
    };
    match format {
        QueryFormat::Json => print_json(result)?,
        QueryFormat::Csv => {
            let mut text = csv_line(columns.iter().map(|column| (*column).to_owned()));
            for row in &result.rows {
                text.push_str(&csv_line(columns.iter().map(|column| cell(row, column))));
            }
            output::text(&text)?;
        }
        QueryFormat::Table => {
            let mut table = table::TextTable::new(columns.iter().copied());
            for row in &result.rows {
                table.row(
                    columns
                        .iter()
                        .map(|column| table::Cell::new(&cell(row, column)))
                        .collect(),
                );
            }
            if columns.is_empty() {
                output::note("note: the query found nothing in this window");
            } else {
                table.print()?;
            }
        }
    }
    if format != QueryFormat::Json {
        let statistics = &result.statistics;
        output::note(&format!(
            "-- {} of {} events matched, {} bytes scanned",
            with_separators(statistics.records_matched as u64),
            with_separators(statistics.records_scanned as u64),
            with_separators(statistics.bytes_scanned as u64)
        ));
    }
    Ok(())
}

/// Returns a line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe in front.
pub(super) fn csv_line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| csv_cell(&cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn csv_cell(text: &str) -> String {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_csv_are_quoted_and_harmless() {
        assert_eq!(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(csv_cell("@timestamp"), "'@timestamp");
        assert_eq!(csv_cell("-1.5"), "-1.5");
    }
}
