//! `logs patterns NAME...`: the lines of log groups as a few templates with their counts.

use std::{ops::ControlFlow, sync::Arc};

use clap::Args;
use futures::future::join_all;
use parking_lot::Mutex;
use serde_json::json;

use crate::{
    calls::CallRecord,
    cli::{
        context::Context, group_failures, outcome::CliResult, output, process, table,
        values::TableOrJson, zone::local,
    },
    logs::{
        Filter, ReadLine, RecordReader,
        pattern_book::{PatternBook, PatternSummary},
        source_word,
    },
    model::{Failure, LogEvent, LogQuery},
    net::clock,
    services::Services,
};

use super::{
    attribution::{Attribution, LineOwner},
    partial_result,
    sources::{self, LogReadSource},
};

/// What to read.
#[derive(Debug, Args)]
pub(super) struct PatternsOptions {
    /// A log group's full name or ARN, the id or name of a runtime or gateway, or a deployment
    #[arg(required = true)]
    names: Vec<String>,
    /// From: 15m, 2 hours ago, 09:30, 2026-11-21T09:30:00Z, or seconds or milliseconds since 1970
    #[arg(long, value_name = "TIME", default_value = "1h")]
    since: String,
    /// Until, in the same forms [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only lines that pass this filter, in the words of the console's filter: level>=warn, text, -text, /regex/, source=gateway,
    /// http.status_code>=500
    #[arg(long, value_name = "EXPRESSION", value_parser = super::filter, allow_hyphen_values = true)]
    filter: Option<Filter>,
    /// How to print
    #[arg(long, short, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = TableOrJson::Table)]
    output: TableOrJson,
}

/// Runs `logs patterns`.
pub(super) fn run(context: &Context, options: &PatternsOptions) -> CliResult {
    let (since, until) = super::window(&options.since, options.until.as_deref())?;
    let deployments = context.deployments()?;
    let services = context.services();
    process::runtime()?.block_on(async {
        let resolved = sources::resolve(&services, &deployments, &options.names).await?;
        resolved.unread.tell();
        let query = LogQuery {
            since: Some(since),
            until,
            ..LogQuery::default()
        };
        let mining = Mutex::new(Mining {
            book: PatternBook::default(),
            reader: RecordReader::default(),
            attribution: resolved.attribution,
            filter: options.filter.clone(),
        });
        let reading = read(&services, &resolved.sources, &query, &mining);
        let failures = super::with_throttling_told(&services, reading).await;
        let total = resolved
            .sources
            .iter()
            .map(|source| source.groups.len())
            .sum();
        let mining = mining.into_inner();
        print(&mining.book.summaries(), options.output)?;
        group_failures::tell(
            failures
                .iter()
                .map(|(group, failure)| (group.as_str(), failure)),
        );
        partial_result(&failures.iter().map(|(_, failure)| failure), total)?;
        resolved.unread.end()
    })
}

/// The state of the miner while several groups are read.
struct Mining {
    book: PatternBook,
    reader: RecordReader,
    attribution: Attribution,
    filter: Option<Filter>,
}

impl Mining {
    fn push(&mut self, event: &LogEvent) {
        let record = self.reader.read(event.clone());
        let read = ReadLine::new(record.text());
        if self.attribution.owner(record.group(), &read) == LineOwner::Stranger {
            return;
        }
        let is_wanted = self.filter.as_ref().is_none_or(|filter| {
            filter.passes_line(
                record.timestamp(),
                record.group(),
                record.text(),
                record.line(),
            )
        });
        if !is_wanted {
            return;
        }
        let call = CallRecord::of_line(&record, &Arc::from(""));
        self.book.push(
            source_word(record.group()),
            call.pattern_text(),
            call.level,
            record.timestamp(),
        );
    }
}

async fn read(
    services: &Services,
    sources: &[LogReadSource],
    query: &LogQuery,
    mining: &Mutex<Mining>,
) -> Vec<(String, Failure)> {
    let reads = sources.iter().flat_map(|source| {
        source.groups.iter().map(move |group| async move {
            let query = LogQuery {
                groups: vec![group.clone()],
                ..query.clone()
            };
            let read = services
                .aws
                .logs
                .filter(&source.deployment, &query, |batch| {
                    let mut mining = mining.lock();
                    batch.events.iter().for_each(|event| mining.push(event));
                    ControlFlow::Continue(())
                })
                .await;
            read.err().map(|failure| (group.clone(), failure))
        })
    });
    join_all(reads).await.into_iter().flatten().collect()
}

fn print(patterns: &[PatternSummary], format: TableOrJson) -> CliResult {
    match format {
        TableOrJson::Json => {
            for pattern in patterns {
                output::json_line(&json!({
                    "count": pattern.count,
                    "pattern": pattern.text,
                    "level": pattern.level,
                    "first_at": pattern.first_at.iso(),
                    "last_at": pattern.last_at.iso(),
                }))?;
            }
        }
        TableOrJson::Table => {
            let mut table =
                table::TextTable::new(["COUNT", "SOURCE", "LEVEL", "FIRST", "LAST", "PATTERN"]);
            let (now, zone) = (clock::now(), local());
            for pattern in patterns {
                let level = pattern.level.map_or("", crate::logs::Level::as_str);
                let tone = if pattern.is_lambda_frame() {
                    table::Tone::Dim
                } else {
                    table::Tone::Plain
                };
                table.row(vec![
                    table::Cell::new(&pattern.count.to_string()).right(),
                    table::Cell::new(pattern.source),
                    table::Cell::new(level),
                    table::Cell::new(&pattern.first_at.clock_or_date(now, &zone)),
                    table::Cell::new(&pattern.last_at.clock_or_date(now, &zone)),
                    table::Cell::new(&pattern.shown()).tone(tone),
                ]);
            }
            if patterns.is_empty() {
                output::note("note: no line of this window matches");
            } else {
                table.print()?;
            }
        }
    }
    Ok(())
}
