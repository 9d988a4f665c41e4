//! `logs query QUERY NAME...`: a query of CloudWatch Logs Insights, with an estimate before, and statistics after.

use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::{
    cli::{Outcome, Stop, confirm, context::Context, output, process, table, usage},
    model::{Failure, LogQueryResult, with_separators},
    services::Services,
};

use super::sources::{self, LogReadSource};

/// A query that may scan more than this asks before it runs.
const ASK_ABOVE_BYTES: u64 = 10_000_000_000;
/// Price of scanning a gigabyte in dollars (us-east-1).
const DOLLARS_PER_GB: f64 = 0.005;
/// Log groups in one query.
const MAX_GROUPS: usize = 50;

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
pub(super) fn run(context: &Context, options: &QueryOptions) -> Outcome {
    let (since, until) = super::window(&options.since, options.until.as_deref())?;
    let until = until.unwrap_or_else(crate::cli::now);
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
        agree(&services, source, options.yes).await?;
        let mut interrupt = process::End::listen()?;
        let query = services.aws.logs.query(
            &source.deployment,
            &options.query,
            &source.groups,
            (since, until),
            options.limit,
            progress,
        );
        let result = tokio::select! {
            result = query => result,
            end = interrupt.wait() => {
                end?;
                // The query is stopped at the service when its future is dropped; that request needs a moment.
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                return Err(Stop::Code(1));
            }
        };
        print(
            &result.map_err(|failure| with_position(failure, &options.query))?,
            options.output,
        )
    })
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
    if estimate.bytes <= ASK_ABOVE_BYTES {
        return Ok(());
    }
    let gigabytes = estimate.bytes as f64 / 1e9;
    let question = format!(
        "The query may scan up to {gigabytes:.1} GB ({:.2} dollars). Run it?",
        gigabytes * DOLLARS_PER_GB
    );
    if !std::io::stdin().is_terminal() {
        return Err(usage(
            "running the query",
            format!("it may scan up to {gigabytes:.1} GB, and there is no terminal to ask on"),
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

/// Adds the query with a caret under the position that the service names.
fn with_position(failure: Failure, query: &str) -> Failure {
    let position = failure.evidence.iter().find_map(|fact| {
        let (start, _) = fact.strip_prefix("position: ")?.split_once(" to ")?;
        start.parse::<usize>().ok()
    });
    match position.filter(|_| !query.contains('\n')) {
        Some(start) => failure
            .evidence(query.to_owned())
            .evidence(format!("{}^", " ".repeat(start.min(query.chars().count())))),
        None => failure,
    }
}

/// Fields of a row, without the pointer that the service adds to each.
fn fields(row: &[(String, String)]) -> impl Iterator<Item = &(String, String)> {
    row.iter().filter(|(name, _)| name != "@ptr")
}

/// A line for each row, then the statistics.
fn print_json(result: &LogQueryResult) -> std::io::Result<()> {
    for row in &result.rows {
        let members: Map<String, Value> = row
            .iter()
            .map(|(name, value)| {
                let value = crate::logs::redact(value);
                (name.clone(), Value::String(value.into_owned()))
            })
            .collect();
        output::json_line(&Value::Object(members))?;
    }
    output::json_line(&json!({
        "statistics": result.statistics,
        "query_id": result.query_id,
        "status": result.status,
    }))
}

fn print(result: &LogQueryResult, format: QueryFormat) -> Outcome {
    let mut columns: Vec<&str> = Vec::new();
    for (name, _) in result.rows.iter().flat_map(|row| fields(row)) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
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
                text.push_str(&csv_line(
                    columns
                        .iter()
                        .map(|column| crate::logs::redact(&cell(row, column)).into_owned()),
                ));
            }
            output::text(&text)?;
        }
        QueryFormat::Table => {
            let mut table = table::TextTable::new(columns.iter().copied());
            for row in &result.rows {
                table.row(
                    columns
                        .iter()
                        .map(|column| table::Cell::new(&crate::logs::redact(&cell(row, column))))
                        .collect(),
                );
            }
            if !columns.is_empty() {
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

/// A line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe in front.
fn csv_line(cells: impl Iterator<Item = String>) -> String {
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
    use crate::model::FailureKind;

    #[test]
    fn cells_of_csv_are_quoted_and_harmless() {
        assert_eq!(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(csv_cell("@timestamp"), "'@timestamp");
        assert_eq!(csv_cell("-1.5"), "-1.5");
    }

    #[test]
    fn a_malformed_query_is_shown_with_a_caret() {
        let failure =
            Failure::new(FailureKind::Usage, "q", "unexpected symbol").evidence("position: 7 to 9");
        let shown = with_position(failure, "fields !!");
        assert_eq!(shown.evidence[2], "       ^");
    }
}
