//! The operator at the command line: steps as lines, questions on the terminal, `--yes` without a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use serde_json::json;
use tokio::sync::oneshot;

use crate::{
    cli::{
        output,
        table::{Tone, toned},
        values::TableOrJson,
    },
    model::sanitize,
    rotation::{
        plan::RotationPlan,
        report::{RotationQuestion, RotationReport, StepState},
    },
    services::rotation::{Operator, secret_name},
};

use super::{ChangeFlags, CommonFlags};

/// A terminal or a pipe.
pub(super) struct TerminalOperator {
    common: CommonFlags,
    secret: String,
    keep_connections: bool,
    keep_readers: bool,
    zone: jiff::tz::TimeZone,
    /// What the outcome line repeats.
    pub(super) warnings: Vec<String>,
}

impl TerminalOperator {
    pub(super) fn new(common: CommonFlags, secret: &str, flags: &ChangeFlags) -> Self {
        Self {
            common,
            secret: secret_name(secret).to_owned(),
            keep_connections: flags.keep_connections,
            keep_readers: flags.keep_readers,
            zone: crate::cli::zone::local(),
            warnings: Vec::new(),
        }
    }

    fn line(&self, report: &RotationReport) -> String {
        let (glyph, tone) = match report.state {
            StepState::Done => ("●", Tone::Good),
            StepState::Warning => ("▲", Tone::Attention),
            StepState::Failed => ("✖", Tone::Bad),
            StepState::Started | StepState::Running | StepState::Waiting => ("◐", Tone::Dim),
        };
        let at = report.at.clock(&self.zone);
        format!(
            "{} {at}  {:<10} {}",
            toned(glyph, tone),
            report.step.as_str(),
            sanitize(&report.sentence())
        )
    }
}

impl Operator for TerminalOperator {
    fn on_report(&mut self, report: RotationReport) {
        self.warnings.extend(report.warnings());
        let written = match (self.common.output, report.state.has_ended()) {
            (TableOrJson::Json, true) => output::json_line(&json!({
                "step": report.step.as_str(), "state": report.state.as_str(), "at": report.at.iso(),
                "evidence": report.sentence(),
            })),
            (TableOrJson::Table, true) => output::text(&self.line(&report)),
            // What a step waits for is told at once, beside the data.
            (_, false) if report.state == StepState::Waiting => {
                output::note(&format!("{}: {}", report.step.as_str(), report.sentence()));
                Ok(())
            }
            (_, false) => Ok(()),
        };
        // Whoever read us may have gone; the rotation goes on to its end all the same.
        drop(written);
    }

    fn warn(&mut self, sentence: String) {
        output::note(&format!("warning: {sentence}"));
        self.warnings.push(sentence);
    }

    fn plan(&mut self, plan: RotationPlan) {
        if self.common.dry_run && self.common.output == TableOrJson::Json {
            drop(output::json_line(&json!({ "plan": plan })));
            return;
        }
        for line in plan.lines() {
            if self.common.dry_run {
                drop(output::text(&sanitize(&line)));
            } else if !self.common.yes {
                output::note(&line);
            }
        }
    }

    async fn ask(&mut self, question: RotationQuestion) -> bool {
        let declined = match &question {
            RotationQuestion::CloseConnections(_) => self.keep_connections,
            RotationQuestion::RefreshReaders(_) => self.keep_readers,
            RotationQuestion::Proceed
            | RotationQuestion::GoOn(..)
            | RotationQuestion::FinishForeign(_)
            | RotationQuestion::ReleaseForeign(_) => false,
        };
        if declined {
            return false;
        }
        if self.common.yes || self.common.dry_run {
            return true;
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return false;
        }
        if question == RotationQuestion::Proceed {
            return typed(format!("Type {} to go on: ", self.secret))
                .await
                .trim()
                == self.secret;
        }
        let answer = typed(format!("{question} [y/N] ")).await;
        ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())
    }
}

/// Returns a line of the terminal, read on a thread of its own: a signal must be heard while nobody types.
pub(in crate::cli) async fn typed(prompt: String) -> String {
    let (send, receive) = oneshot::channel();
    std::thread::spawn(move || {
        let mut answer = String::new();
        // Not locked while the answer is awaited: a signal must be able to say something.
        let asked =
            write!(io::stderr(), "{}", sanitize(&prompt)).and_then(|()| io::stderr().flush());
        if asked.is_ok() {
            let _ = io::stdin().lock().read_line(&mut answer);
        }
        // The receiver is gone where a signal was faster.
        let _ = send.send(answer);
    });
    receive.await.unwrap_or_default()
}
