//! `doctor`: walks the chain of every picked deployment and names the hop that fails. Exit 0 if every chain works, 1 if a hop
//! failed.

use std::path::PathBuf;

use clap::Args;
use futures::future::join_all;

use crate::{
    doctor::{DoctorReport, DoctorVerdict, HopState},
    model::{Failure, FailureKind, sanitize},
    net::clock,
};

use super::{
    context::Context,
    doctor_bundle,
    outcome::{CliError, CliResult},
    output, process,
    table::{Cell, ColumnFit, TextTable, Tone, toned},
    values::TableOrJson,
};
use crate::cli::group_failures;

/// How to print.
#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    /// How to print: JSON is one object a deployment, one a line
    #[arg(long, short, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = TableOrJson::Table)]
    output: TableOrJson,
    /// Also write status, reports, the last log lines and calls, versions, changes and the configuration, without secrets, as JSON for a ticket, to a new file
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

/// Runs `doctor`.
pub(crate) fn run(context: &Context, options: &DoctorOptions) -> CliResult {
    if let Some(path) = &options.bundle {
        doctor_bundle::check(path)?;
    }
    let deployments = context.deployments()?;
    let (services, now) = (context.services(), clock::now());
    let runtime = process::runtime()?;
    let reports = runtime.block_on(join_all(
        deployments
            .iter()
            .map(|deployment| services.doctor.examine(deployment, now)),
    ));
    if let Some(path) = &options.bundle {
        runtime.block_on(doctor_bundle::write(
            path,
            &services,
            &deployments,
            &reports,
            now,
        ))?;
        output::note(&format!("written to {}", path.display()));
    }
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
    if options.output == TableOrJson::Table && reports.len() > 1 {
        sum_up(&reports);
    }
    if reports.iter().all(|report| report.healthy) {
        Ok(())
    } else {
        Err(CliError::Code(1))
    }
}

/// At the end of many reports: what is broken, each reason once.
fn sum_up(reports: &[DoctorReport]) {
    let broken: Vec<(&str, Failure)> = reports
        .iter()
        .filter_map(|report| {
            let verdict = report.break_cause()?;
            let cause = format!("{}: {}", verdict.hop, without_request(&verdict.evidence));
            let failure = Failure::new(FailureKind::Refused, report.deployment.as_str(), cause);
            Some((
                report.deployment.as_str(),
                failure.hint(verdict.fix.as_str()),
            ))
        })
        .collect();
    group_failures::tell(broken.iter().map(|(name, failure)| (*name, failure)));
}

/// Returns the evidence without the request's id, which is another one at every hop.
fn without_request(evidence: &str) -> &str {
    evidence
        .split_once(" (request ")
        .map_or(evidence, |(before, _)| before)
}

fn print(report: &DoctorReport) -> CliResult {
    print_headline(report)?;
    if let Some(verdict) = &report.verdict {
        print_verdict(verdict, if report.healthy { "warning" } else { "cause" })?;
    } else if let Some(consent) = report.consent() {
        output::text(&format!("  {}", consent.evidence))?;
    }
    let mut table =
        TextTable::new(["  HOP", "STATE", "MS", "EVIDENCE"]).fit("EVIDENCE", ColumnFit::Whole);
    for finding in &report.hops {
        let (word, tone) = look(finding.state);
        let elapsed = finding
            .elapsed_ms
            .map_or_else(String::new, |elapsed| elapsed.to_string());
        let is_cause = |verdict: &&DoctorVerdict| {
            without_request(&verdict.evidence) == without_request(&finding.evidence)
        };
        let evidence = match report.verdict.as_ref().filter(is_cause) {
            Some(verdict) if verdict.hop == finding.hop && report.healthy => {
                "the warning above".to_owned()
            }
            Some(verdict) if verdict.hop == finding.hop => "the cause".to_owned(),
            Some(verdict) => format!("the same as at {}", verdict.hop),
            None => finding.evidence.clone(),
        };
        table.row(vec![
            Cell::new(&format!("  {}", finding.hop)),
            Cell::new(word).tone(tone),
            Cell::new(&elapsed).right(),
            Cell::new(&evidence),
        ]);
    }
    Ok(table.print()?)
}

/// Prints the deployment, its state in a word, and how many hops are in which state.
fn print_headline(report: &DoctorReport) -> CliResult {
    let headline = match (
        report.healthy,
        report.count(HopState::Warning),
        &report.verdict,
    ) {
        _ if report.consent().is_some() => ("needs you", Tone::Attention),
        (true, 0, _) => ("well", Tone::Good),
        (true, ..) => ("works", Tone::Attention),
        (false, _, Some(_)) => ("broken", Tone::Bad),
        (false, _, None) => ("not proven", Tone::Attention),
    };
    let states = [
        (HopState::Ok, "ok"),
        (HopState::Warning, "with a warning"),
        (HopState::Failed, "failed"),
        (HopState::Unknown, "not judged"),
    ];
    let counts: Vec<String> = states
        .map(|(state, word)| (report.count(state), word))
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    Ok(output::text(&format!(
        "{}  {}  {}",
        sanitize(report.deployment.as_str()),
        toned(headline.0, headline.1),
        counts.join(", ")
    ))?)
}

/// Prints the cause or the warning, the fix and its source.
fn print_verdict(verdict: &DoctorVerdict, label: &str) -> CliResult {
    let mut block = TextTable::new(["LABEL", "TEXT"])
        .fit("TEXT", ColumnFit::Whole)
        .headless();
    let cause = format!("{}: {}", verdict.hop, verdict.evidence);
    for (label, text) in [
        (label, &cause),
        ("fix", &verdict.fix),
        ("source", &verdict.source),
    ] {
        block.row(vec![Cell::new(&format!("  {label}")), Cell::new(text)]);
    }
    Ok(block.print()?)
}

const fn look(state: HopState) -> (&'static str, Tone) {
    match state {
        HopState::Ok => ("ok", Tone::Good),
        HopState::Warning => ("warning", Tone::Attention),
        HopState::Failed => ("failed", Tone::Bad),
        HopState::Skipped => ("skipped", Tone::Dim),
        HopState::Unknown => ("unknown", Tone::Dim),
    }
}
