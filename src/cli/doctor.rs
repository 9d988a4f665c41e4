//! `doctor`: walks the chain of every picked deployment and names the hop that fails. Exit 0 all well, 1 a hop failed.

use clap::Args;
use futures::future::join_all;

use crate::{
    doctor::{Report, State},
    model::sanitize,
};

use super::{
    Outcome, Stop,
    arguments::TableOrJson,
    context::Context,
    output, process,
    table::{Cell, Fit, Table, Tone, toned},
};

/// How to print.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How to print: JSON is one object a deployment, one a line
    #[arg(long, short, value_enum, default_value_t = TableOrJson::Table)]
    output: TableOrJson,
}

/// Runs `doctor`.
pub(crate) fn run(context: &Context, options: &Options) -> Outcome {
    let deployments = context.deployments()?;
    let (services, now) = (context.services(), super::now());
    let runtime = process::runtime()?;
    let reports = runtime.block_on(join_all(deployments.iter().map(|deployment| services.examine(deployment, now))));
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    for (at, report) in reports.iter().enumerate() {
        match options.output {
            TableOrJson::Json => output::json_line(report)?,
            TableOrJson::Table => {
                if at > 0 {
                    output::text("")?;
                }
                print(report)?;
            }
        }
    }
    if reports.iter().all(|report| report.healthy) { Ok(()) } else { Err(Stop::Code(1)) }
}

fn print(report: &Report) -> Outcome {
    let failed = report.count(State::Failed);
    let headline = if report.healthy { ("well", Tone::Good) } else { ("broken", Tone::Bad) };
    let counts = format!("{} ok, {failed} failed, {} not judged", report.count(State::Ok), report.count(State::Unknown));
    output::text(&format!("{}  {}  {counts}", sanitize(report.deployment.as_str()), toned(headline.0, headline.1)))?;
    if let Some(verdict) = &report.verdict {
        for line in [
            format!("  cause   {}: {}", verdict.hop, verdict.evidence),
            format!("  fix     {}", verdict.fix),
            format!("  source  {}", verdict.source),
        ] {
            output::text(&sanitize(&line))?;
        }
    }
    let mut table = Table::new(["  HOP", "STATE", "MS", "EVIDENCE"]).fit("EVIDENCE", Fit::Whole);
    for finding in &report.hops {
        let (word, tone) = look(finding.state);
        let elapsed = finding.elapsed_ms.map_or_else(String::new, |elapsed| elapsed.to_string());
        table.row(vec![
            Cell::new(&format!("  {}", finding.hop)),
            Cell::new(word).tone(tone),
            Cell::new(&elapsed).right(),
            Cell::new(&finding.evidence),
        ]);
    }
    Ok(table.print()?)
}

const fn look(state: State) -> (&'static str, Tone) {
    match state {
        State::Ok => ("ok", Tone::Good),
        State::Warning => ("warning", Tone::Attention),
        State::Failed => ("failed", Tone::Bad),
        State::Skipped => ("skipped", Tone::Dim),
        State::Unknown => ("unknown", Tone::Dim),
    }
}
