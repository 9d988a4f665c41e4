//! The report of `secrets rotate --all` for an auditor: who rotated what, when, and what proved each step. No value is in it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::CommonFlags;
use crate::{
    cli::{
        outcome::{CliError, CliResult},
        output,
        values::TableOrJson,
    },
    config::write,
    model::{Failure, FailureKind, sanitize},
    rotation::report::RotationOutcome,
};

/// The report of all rotations.
#[derive(Debug, Serialize)]
pub(super) struct EvidenceReport {
    /// This program and its version.
    pub(super) program: &'static str,
    pub(super) deployment: String,
    pub(super) account: Option<String>,
    pub(super) region: String,
    pub(super) who: Option<String>,
    pub(super) began_at: String,
    pub(super) ended_at: String,
    /// `rotated`, `stopped`, `dry-run`, or `nothing-to-do` for a deployment without secrets.
    pub(super) outcome: &'static str,
    pub(super) rotations: Vec<RotationRecord>,
    /// What was not begun, because something before it was in doubt.
    pub(super) not_begun: Vec<String>,
}

/// The evidence of one rotation.
#[derive(Debug, Serialize)]
pub(super) struct RotationRecord {
    /// `neo4j-password` or `client-secret`.
    pub(super) kind: &'static str,
    pub(super) id: String,
    /// Whose credentials they are, and what was there before.
    #[serde(flatten)]
    pub(super) subject: RotatedSubject,
    pub(super) outcome: String,
    /// Whether the operator did not confirm it.
    #[serde(skip)]
    pub(super) is_declined: bool,
    pub(super) reason: String,
    pub(super) version_id: Option<String>,
    pub(super) began_at: String,
    pub(super) ended_at: String,
    /// What was proven, in the order of the steps.
    pub(super) proven: Vec<ProofRecord>,
    pub(super) steps: Vec<StepRecord>,
    pub(super) warnings: Vec<String>,
}

/// Whose credentials were rotated, as the plan found out.
#[derive(Debug, Default, Serialize)]
pub(super) struct RotatedSubject {
    /// User at Neo4j.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
    /// Address of Neo4j.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    /// The version that was current before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous_version_id: Option<String>,
    /// App client at Cognito.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_id: Option<String>,
    /// Its user pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_pool_id: Option<String>,
    /// Id of the secret that was added at Cognito.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_id: Option<String>,
    /// Id of the one before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous_secret_id: Option<String>,
    /// The secret of Secrets Manager whose versions are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) journal: Option<String>,
}

/// What was proven, by what, and when.
#[derive(Debug, Serialize)]
pub(super) struct ProofRecord {
    pub(super) what: &'static str,
    pub(super) how: String,
    pub(super) at: String,
}

/// What one step has shown.
#[derive(Debug, Serialize)]
pub(super) struct StepRecord {
    pub(super) step: &'static str,
    pub(super) state: &'static str,
    pub(super) at: String,
    pub(super) evidence: Vec<String>,
}

/// Outcome, reason and version of a rotation that could not begin.
pub(super) fn failed(failure: &Failure) -> (String, String, Option<String>) {
    (
        RotationOutcome::Failed.as_str().to_owned(),
        failure.to_string(),
        None,
    )
}

impl RotationRecord {
    /// Returns whether the next rotation must not begin: this one did not end well, or something was not proven.
    pub(super) fn is_doubtful(&self, is_rehearsal: bool) -> bool {
        let good = if is_rehearsal {
            RotationOutcome::NothingToDo
        } else {
            RotationOutcome::Rotated
        };
        self.outcome != good.as_str() || (!is_rehearsal && !self.warnings.is_empty())
    }

    /// Returns the record in a line.
    fn line(&self) -> String {
        let (kind, id, reason) = (self.kind, &self.id, &self.reason);
        if self.is_declined {
            return format!("{kind} {id}: {reason}");
        }
        let warned = super::change::with_warnings(&self.warnings);
        format!("{kind} {id}: {}{warned}, {reason}", self.outcome)
    }
}

/// Prints the report, or writes it to a file of mode 0600.
pub(super) fn deliver(
    evidence: &EvidenceReport,
    path: Option<&Path>,
    common: CommonFlags,
) -> CliResult {
    let is_good = evidence.outcome != "stopped";
    let value = serde_json::to_value(evidence).map_err(std::io::Error::other)?;
    if common.output == TableOrJson::Json {
        output::json_line(&value)?;
    } else {
        for record in &evidence.rotations {
            output::text(&sanitize(&record.line()))?;
            for warning in &record.warnings {
                output::text(&sanitize(&format!("  ▲ {warning}")))?;
            }
        }
        for id in &evidence.not_begun {
            output::text(&sanitize(&format!("not begun: {id}")))?;
        }
    }
    if path.is_some() || (common.output != TableOrJson::Json && !common.dry_run) {
        let path = path.map_or_else(|| default_path(evidence), Path::to_owned);
        let text = format!("{value:#}\n");
        write::save(&path, &text, |_| false).map_err(|error| {
            let doing = format!("writing {}", path.display());
            Failure::new(FailureKind::Usage, doing, error.to_string())
        })?;
        output::note(&format!("the evidence is in {}", path.display()));
    }
    if is_good {
        Ok(())
    } else {
        Err(CliError::Code(1))
    }
}

/// Returns a file in the current folder that names the deployment and the time.
fn default_path(evidence: &EvidenceReport) -> PathBuf {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
            .collect()
    };
    let time = evidence.began_at.split('.').next().unwrap_or_default();
    PathBuf::from(format!(
        "rotation-{}-{}.json",
        plain(&evidence.deployment),
        plain(time)
    ))
}
