//! `logs NAME...`: reads or follows log groups, merged in time, filtered, without credentials.

mod merge;
mod print;
mod sources;

use std::time::Duration;

use clap::Args;
use futures::{StreamExt as _, future::join_all, stream};
use regex::Regex;

use crate::{
    logs::Level,
    model::{Failure, LogQuery, Moment, did_you_mean},
};

use super::{Outcome, Stop, arguments::TextOrJson, context::Context, output, process, time, usage};
use crate::cli::group_failures;
use print::{Filter, Printer};
use sources::Source;

const EXAMPLES: &str = "Examples:
  agentcore-console logs prod --since 1h --level warn   all of a deployment
  agentcore-console logs my_runtime-Ab3dEfGh1j -f       follow one runtime
  agentcore-console logs prod --id 691bd2f0 -o json     one trace or session";

/// What to read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// A log group's full name, the id or name of a runtime or gateway, or a deployment: everything of it
    #[arg(required = true)]
    names: Vec<String>,
    /// Go on with what comes
    #[arg(long, short)]
    follow: bool,
    /// From: 15m ago, 09:30, 2026-11-21, or 2026-11-21T09:30:00Z
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
    /// How to print
    #[arg(long, short, value_enum, value_name = "text|json", hide_possible_values = true, default_value_t = TextOrJson::Text)]
    output: TextOrJson,
}

fn level(word: &str) -> Result<Level, String> {
    let known = Level::ALL.map(Level::as_str);
    Level::parse(word).ok_or_else(|| {
        format!(
            "unknown level \"{word}\"{}; known: {}",
            did_you_mean(word, known),
            known.join(", ")
        )
    })
}

/// Runs `logs`.
pub(crate) fn run(context: &Context, options: &Options) -> Outcome {
    let now = super::now();
    let since = moment("--since", &options.since, now)?;
    let until = options
        .until
        .as_deref()
        .map(|text| moment("--until", text, now))
        .transpose()?;
    if until.is_some_and(|until| until < since) {
        return Err(usage("reading logs", "--until lies before --since").into());
    }
    let grep = options.grep.as_deref().map(pattern).transpose()?;
    let deployments = context.deployments()?;
    let services = context.services();
    process::runtime()?.block_on(async {
        let sources = sources::resolve(&services, &deployments, &options.names).await?;
        let filter = Filter {
            grep,
            level: options.level,
            id: options.id.clone(),
        };
        let groups: Vec<&str> = sources
            .iter()
            .flat_map(|source| source.groups.iter().map(String::as_str))
            .collect();
        let mut printer = Printer::new(options.output, filter, &groups);
        let query = LogQuery {
            since: Some(since),
            until,
            ..LogQuery::default()
        };
        if options.follow {
            follow(&services, sources, query, &mut printer).await
        } else {
            read(&services, sources, &query, &mut printer).await
        }
    })
}

/// The pattern of `--grep`; where it is none, what is wrong and where, a line each.
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

fn moment(flag: &str, text: &str, now: Moment) -> Result<Moment, Failure> {
    time::moment(text, now, &jiff::tz::TimeZone::system()).ok_or_else(|| {
        usage(format!("reading {flag}"), format!("\"{text}\" is no time"))
            .hint("write 15m, 2h, 09:30, 2026-11-21, or 2026-11-21T09:30:00Z")
    })
}

/// Reads every group once, merged by time. One group that cannot be read does not take the others away.
async fn read(
    services: &crate::services::Services,
    sources: Vec<Source>,
    query: &LogQuery,
    printer: &mut Printer,
) -> Outcome {
    // In the order of the readers.
    let groups: Vec<String> = sources
        .iter()
        .flat_map(|source| source.groups.iter().cloned())
        .collect();
    let (readers, mut merged) = merge::channels(&sources);
    let reading = join_all(
        readers
            .into_iter()
            .map(|reader| reader.read(services, query)),
    );
    let printing = async {
        while let Some(next) = merged.next().await {
            printer.notices(&next.notices)?;
            printer.events(&next.events)?;
        }
        printer.finish()
    };
    let (answers, end): (Vec<Result<(), Failure>>, Outcome) = futures::join!(reading, printing);
    end?;
    let failures: Vec<(&str, &Failure)> = groups
        .iter()
        .zip(&answers)
        .filter_map(|(group, answer)| Some((group.as_str(), answer.as_ref().err()?)))
        .collect();
    group_failures::tell(failures.iter().copied());
    match failures.first() {
        Some((_, first)) if failures.len() == answers.len() => {
            Err(Stop::Code(first.kind.exit_code()))
        }
        _ => Ok(()),
    }
}

/// Follows all groups until asked to end, until `--until`, or until every tail has failed.
async fn follow(
    services: &crate::services::Services,
    sources: Vec<Source>,
    query: LogQuery,
    printer: &mut Printer,
) -> Outcome {
    let mut end = process::End::listen()?;
    let until = query.until;
    let tails = sources.into_iter().map(|source| {
        let query = LogQuery {
            groups: source.groups,
            until: None,
            ..query.clone()
        };
        services.tail_logs(&source.deployment, query)
    });
    let mut tails = stream::select_all(tails);
    let mut last: Option<Failure> = None;
    loop {
        let left = until.map(|until| {
            Duration::from_millis(u64::try_from(until.since(super::now())).unwrap_or(0))
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
            Some(Ok(mut batch)) => {
                batch
                    .events
                    .retain(|event| until.is_none_or(|until| event.timestamp <= until));
                batch
                    .events
                    .sort_by_key(|event| (event.timestamp, event.ingestion));
                printer.notices(&batch.notices)?;
                printer.events(&batch.events)?;
                printer.flush()?;
                last = None;
            }
            Some(Err(failure)) => {
                output::complain(&failure);
                last = Some(failure);
            }
            None => break,
        }
    }
    printer.finish()?;
    last.map_or(Ok(()), |failure| Err(Stop::Code(failure.kind.exit_code())))
}
