//! `logs NAME...`: reads or follows log groups, merged in time, filtered, without credentials.

pub(super) mod attribution;
mod columns;
mod merge;
mod patterns;
mod print;
mod query;
pub(super) mod sources;

use std::time::Duration;

use clap::{Args, Subcommand};
use futures::{
    FutureExt as _, StreamExt as _,
    future::{join_all, try_join},
    stream,
};
use regex::Regex;

use crate::{
    config::state_file,
    logs::{Filter, Level},
    model::{Failure, LogQuery, Moment, TailStatus, did_you_mean},
    net::clock,
    runtime::{VIEW_FILE, read_view},
    state::NamedText,
};

use super::{
    context::Context,
    outcome::{CliError, CliResult, usage},
    output, process,
};
use crate::cli::group_failures;
use columns::LogsFormat;
use print::{PrintFilter, Printer};
use sources::LogReadSource;

const EXAMPLES: &str = "Examples:
  agentcore-console logs prod --since 1h --level warn   all of a deployment
  agentcore-console logs my_runtime-Ab3dEfGh1j -f       follow one runtime
  agentcore-console logs prod --id 691bd2f0 -o json     one trace or session
  agentcore-console logs prod --filter 'source=spans http.status_code>=500 -health'
  agentcore-console logs prod --filter source=spans --fields name,http.status_code,durationNano
  agentcore-console logs patterns prod                  thousands of lines as a few templates
  agentcore-console logs query 'filter @message like /timeout/' prod    CloudWatch Logs Insights";

/// What to read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct LogsOptions {
    #[command(subcommand)]
    command: Option<LogsCommand>,
    /// A log group's full name, the id or name of a runtime or gateway, or a deployment: everything of it
    #[arg(required = true)]
    names: Vec<String>,
    /// Go on with what comes
    #[arg(long, short)]
    follow: bool,
    /// From: 15m, 2 hours ago, 09:30, 2026-11-21T09:30:00Z, or seconds or milliseconds since 1970
    #[arg(long, value_name = "TIME", default_value = "15m")]
    since: String,
    /// Until, in the same forms [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only lines that match this regular expression
    #[arg(long, value_name = "REGEX")]
    grep: Option<String>,
    /// Only lines of this level and above: trace, debug, info, warn, error, fatal
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<Level>,
    /// Only lines with this trace, span, session or request id
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only lines that pass this filter, in the words of the console's filter: level>=warn, text, -text, /regex/, trace=ID,
    /// session=ID, request=ID, source=gateway, http.status_code>=500, .body.isError=true, pattern="… <*> ms"
    #[arg(long, value_name = "EXPRESSION", value_parser = filter, allow_hyphen_values = true)]
    filter: Option<Filter>,
    /// Fields of JSON lines as columns of a table or of CSV: http.status_code,tool.name; level, message, stream, deployment and the
    /// ids are fields of every line
    #[arg(long, value_name = "FIELD,...", value_delimiter = ',')]
    fields: Vec<String>,
    /// How to print [default: text; table with --fields]
    #[arg(
        long,
        short,
        value_enum,
        value_name = "text|json|table|csv",
        hide_possible_values = true
    )]
    output: Option<LogsFormat>,
}

impl LogsOptions {
    /// Returns how to print.
    fn format(&self) -> Result<LogsFormat, Failure> {
        match self.output {
            None if self.fields.is_empty() => Ok(LogsFormat::Text),
            None => Ok(LogsFormat::Table),
            Some(LogsFormat::Text | LogsFormat::Json) if !self.fields.is_empty() => Err(usage(
                "reading --fields",
                "fields are columns of a table or of CSV",
            )
            .hint("-o table or -o csv; -o json has the whole line in `message`")),
            Some(format) => Ok(format),
        }
    }
}

/// Reads `--filter`.
pub(super) fn filter(text: &str) -> Result<Filter, String> {
    let filter = Filter::parse(&kept_filter(text)?)?;
    match filter.call_id() {
        Some(id) => Err(format!(
            "call= finds the lines of a call in the console; here `agentcore-console trace {id}` shows them"
        )),
        None => Ok(filter),
    }
}

/// Returns the filter that the console keeps under a name where `text` is one, otherwise the text itself.
fn kept_filter(text: &str) -> Result<String, String> {
    let is_of_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let name = text.trim().strip_prefix('@');
    let Some(name) = name.filter(|name| !name.is_empty() && name.chars().all(is_of_name)) else {
        return Ok(text.to_owned());
    };
    let kept = state_file(VIEW_FILE).map(|path| read_view(&path).logs.named_filters);
    let kept = kept.unwrap_or_default();
    let found = kept.iter().find(|kept| kept.name == name);
    found
        .map(|kept| kept.text.clone())
        .ok_or_else(|| NamedText::unknown(name, &kept))
}

/// The commands below `logs`.
#[derive(Debug, Subcommand)]
enum LogsCommand {
    /// Run a query of CloudWatch Logs Insights
    Query(query::QueryOptions),
    /// Show the lines as a few patterns with their counts
    Patterns(patterns::PatternsOptions),
}

fn level(word: &str) -> Result<Level, String> {
    let known = Level::ALL.map(Level::as_str);
    Level::parse_typed(word).ok_or_else(|| {
        format!(
            "unknown level \"{word}\"{}; known: {}",
            did_you_mean(word, known),
            known.join(", ")
        )
    })
}

/// Runs `logs`.
pub(crate) fn run(context: &Context, options: &LogsOptions) -> CliResult {
    match &options.command {
        Some(LogsCommand::Query(options)) => return query::run(context, options),
        Some(LogsCommand::Patterns(options)) => return patterns::run(context, options),
        None => {}
    }
    let (since, until) = window(&options.since, options.until.as_deref())?;
    let format = options.format()?;
    let grep = options.grep.as_deref().map(pattern).transpose()?;
    let deployments = context.deployments()?;
    let services = context.services();
    process::runtime()?.block_on(async {
        let resolved = sources::resolve(&services, &deployments, &options.names).await?;
        let (sources, unread) = (resolved.sources, resolved.unread);
        unread.tell();
        let filter = PrintFilter {
            grep,
            level: options.level,
            id: options.id.clone(),
            expression: options.filter.clone(),
        };
        let groups: Vec<&str> = sources
            .iter()
            .flat_map(|source| source.groups.iter().map(String::as_str))
            .collect();
        let mut printer = Printer::new(format, filter, &groups, resolved.attribution)
            .with_fields(&options.fields);
        let query = LogQuery {
            since: Some(since),
            until,
            ..LogQuery::default()
        };
        if options.follow {
            follow(&services, sources, query, &mut printer).await?;
        } else {
            let reading = read(&services, sources, &query, &mut printer);
            with_throttling_told(&services, reading).await?;
        }
        unread.end()
    })
}

/// Returns the pattern of `--grep`; where it is none, what is wrong and where, a line each.
fn pattern(text: &str) -> Result<Regex, Failure> {
    Regex::new(text).map_err(|error| {
        let told = error.to_string();
        let mut lines = told
            .lines()
            .filter(|line| !line.starts_with("regex parse error"));
        let cause = told
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        let picture = lines.by_ref().filter(|line| !line.starts_with("error: "));
        picture.fold(usage("reading --grep", cause), Failure::evidence)
    })
}

/// Returns the window of `--since` and `--until`.
///
/// # Errors
/// Usage, for a time that cannot be read or a window that ends before it begins.
pub(super) fn window(
    since: &str,
    until: Option<&str>,
) -> Result<(Moment, Option<Moment>), Failure> {
    let now = clock::now();
    let since = moment("--since", since, now)?;
    let until = until.map(|text| moment("--until", text, now)).transpose()?;
    if until.is_some_and(|until| until < since) {
        return Err(usage("reading logs", "--until lies before --since"));
    }
    Ok((since, until))
}

fn moment(flag: &str, text: &str, now: Moment) -> Result<Moment, Failure> {
    crate::model::parse_time(text, now, &crate::cli::zone::local()).ok_or_else(|| {
        usage(format!("reading {flag}"), format!("\"{text}\" is no time"))
            .hint("write 15m, 2 hours ago, 09:30, 2026-11-21, 2026-11-21T09:30:00Z, or seconds or milliseconds since 1970")
    })
}

/// Reads every group once, merged by time. One group that cannot be read does not take the others away.
async fn read(
    services: &crate::services::Services,
    sources: Vec<LogReadSource>,
    query: &LogQuery,
    printer: &mut Printer,
) -> CliResult {
    // In the order of the readers.
    let groups: Vec<String> = sources
        .iter()
        .flat_map(|source| source.groups.iter().cloned())
        .collect();
    let (readers, mut merged) = merge::channels(&sources);
    let reading = join_all(
        readers
            .into_iter()
            .map(|reader| reader.spawn(services, query).end()),
    );
    let printing = async {
        while let Some(next) = merged.next().await {
            printer.notices(&next.notices)?;
            printer.events(&next.events)?;
        }
        printer.flush()
    };
    // A reader of stdout that is gone ends the readings too.
    let (answers, ()) = try_join(reading.map(Ok), printing).await?;
    if answers.iter().all(Result::is_ok) {
        printer.finish()?;
    }
    let failures: Vec<(&str, &Failure)> = groups
        .iter()
        .zip(&answers)
        .filter_map(|(group, answer)| Some((group.as_str(), answer.as_ref().err()?)))
        .collect();
    group_failures::tell(failures.iter().copied());
    partial_result(&failures.iter().map(|(_, failure)| *failure), answers.len())
}

/// Returns the end of a command whose sources failed in part: nothing read ends as the first failure does; partial data exits 5, or 4
/// where all of the rest was refused.
pub(super) fn partial_result<'a>(
    failures: &(impl Iterator<Item = &'a Failure> + Clone),
    sources: usize,
) -> CliResult {
    let Some(first) = failures.clone().next() else {
        return Ok(());
    };
    if failures.clone().count() == sources {
        return Err(CliError::Code(group_failures::unread_lines_code(first)));
    }
    let codes = failures.clone().map(group_failures::unread_lines_code);
    group_failures::combined_code(&codes.collect::<Vec<u8>>())
        .map_or(Ok(()), |code| Err(CliError::Code(code)))
}

/// Does work that reads log events. That CloudWatch Logs throttles it is said once on stderr, while the requests are repeated.
pub(super) async fn with_throttling_told<T>(
    services: &crate::services::Services,
    work: impl Future<Output = T>,
) -> T {
    let telling = async {
        services.aws.logs.throttled().await;
        output::note(
            "note: AWS throttles logs:FilterLogEvents; the requests are repeated, for a minute or so at most",
        );
        std::future::pending::<T>().await
    };
    tokio::select! {
        done = work => done,
        never = telling => never,
    }
}

/// Follows all groups until asked to end, until `--until`, or until every tail has failed.
async fn follow(
    services: &crate::services::Services,
    sources: Vec<LogReadSource>,
    query: LogQuery,
    printer: &mut Printer,
) -> CliResult {
    let mut end = process::End::listen()?;
    let until = query.until;
    let tails = sources.into_iter().map(|source| {
        let query = LogQuery {
            groups: source.groups,
            until: None,
            ..query.clone()
        };
        services.aws.logs.tail_events(&source.deployment, query)
    });
    let tails = tails
        .enumerate()
        .map(|(index, tail)| tail.map(move |item| (index, item)).boxed());
    let mut tails = stream::select_all(tails);
    let mut last: Option<Failure> = None;
    let mut statuses: Vec<TailStatus> = Vec::new();
    loop {
        let left = until.map(|until| {
            Duration::from_millis(u64::try_from(until.since(clock::now())).unwrap_or(0))
        });
        let over = async {
            match left {
                Some(left) => tokio::time::sleep(left).await,
                None => std::future::pending().await,
            }
        };
        let next = tokio::select! {
            result = end.wait() => { result?; break }
            () = over => break,
            next = tails.next() => next,
        };
        match next {
            Some((index, Ok(mut batch))) => {
                record_status(&mut statuses, index, batch.status);
                batch
                    .events
                    .retain(|event| until.is_none_or(|until| event.timestamp <= until));
                batch
                    .events
                    .sort_by_key(|event| (event.timestamp, event.ingestion));
                printer.batch(&batch)?;
                last = None;
            }
            Some((index, Err(failure))) => {
                output::complain(&failure);
                record_failure(&mut statuses, index);
                last = Some(failure);
            }
            None => break,
        }
    }
    end_follow(printer, &statuses, last)
}

/// Keeps the newest status of each tail.
fn record_status(statuses: &mut Vec<TailStatus>, index: usize, status: Option<TailStatus>) {
    if statuses.len() <= index {
        statuses.resize(index + 1, TailStatus::default());
    }
    if let (Some(known), Some(new)) = (statuses.get_mut(index), status) {
        *known = new;
    }
}

/// Counts the window that a tail which ended by a failure has not read, where none is counted yet.
fn record_failure(statuses: &mut Vec<TailStatus>, index: usize) {
    record_status(statuses, index, None);
    if let Some(status) = statuses.get_mut(index) {
        status.open_gaps = status.open_gaps.max(1);
    }
}

/// Returns the exit code of a tail with open gaps: 4 if all of them were refused by AWS, otherwise 5.
fn gap_code(statuses: &[TailStatus]) -> Option<u8> {
    let open: usize = statuses.iter().map(|status| status.open_gaps).sum();
    let refused: usize = statuses.iter().map(|status| status.refused_gaps).sum();
    (open > 0).then_some(if refused == open { 4 } else { 5 })
}

/// Prints the counts; lines that could not be read make the command fail.
fn end_follow(printer: &mut Printer, statuses: &[TailStatus], last: Option<Failure>) -> CliResult {
    let late = statuses.iter().map(|status| status.late).sum();
    let open_gaps: usize = statuses.iter().map(|status| status.open_gaps).sum();
    printer.end(late, open_gaps)?;
    match last {
        Some(failure) => Err(CliError::Code(failure.kind.exit_code())),
        None => gap_code(statuses).map_or(Ok(()), |code| Err(CliError::Code(code))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failed_tail_has_not_read_is_an_open_gap() {
        let mut statuses = Vec::new();
        record_failure(&mut statuses, 1);
        let open: Vec<usize> = statuses.iter().map(|status| status.open_gaps).collect();
        assert_eq!(open, [0, 1]);
        let two = TailStatus {
            open_gaps: 2,
            ..TailStatus::default()
        };
        record_status(&mut statuses, 0, Some(two));
        record_failure(&mut statuses, 0);
        assert_eq!(statuses[0].open_gaps, 2);
        assert_eq!(gap_code(&statuses), Some(5));
    }
}
