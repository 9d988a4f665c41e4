//! The audit file: a JSON line before each write (the intent) and one after it (the outcome), appended and synchronised to disk.
//!
//! The file is `audit.jsonl` in the state folder, readable by its owner alone. It never contains a value.

use std::io::{self, BufRead as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::{CallOutcome, Deployment, Failure, Moment, PastWrite};
use crate::net::clock;
use crate::rotation::labels::LabelChange;
use crate::services::aws::AwsClient;

/// How much of the end of the file is read for display.
const TAIL_BYTES: u64 = 512 * 1024;

/// The outcome of what the operator did not confirm: nothing was written.
pub const DECLINED: &str = "not-confirmed";

/// Which part of a write a line records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditPhase {
    /// It is about to be done.
    Intent,
    /// What became of it.
    Outcome,
}

/// One line of the audit file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Time in RFC 3339.
    pub at: String,
    /// Intent or outcome.
    pub record: AuditPhase,
    /// What is done: `targets.sync`, `secrets.rotate`, the name of a tool.
    pub action: String,
    /// ARN of the AWS identity; none where it is not known.
    pub who: Option<String>,
    /// The last part of the ARN, or the user of this machine.
    pub operator: String,
    /// The deployment.
    pub deployment: String,
    /// AWS account number; none where it is not known.
    pub account: Option<String>,
    /// AWS region.
    pub region: String,
    /// What is written to: a secret, a target, an endpoint.
    pub target: String,
    /// The secret, for rotations.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<String>,
    /// Id of the process that writes.
    pub process: u32,
    /// The version of a secret.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version_id: Option<String>,
    /// The staging label that is put, moved or taken off.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<LabelChange>,
    /// What exactly is written to, where the target holds several: a journal, a credential provider, one of two secrets.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub item: Option<String>,
    /// Request id of the answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
    /// `done`, `failed`, or the outcome of a rotation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<String>,
    /// Why it failed or ended so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
}

/// The record of one write.
#[derive(Clone, Debug)]
pub struct Audit {
    path: Option<PathBuf>,
    line: AuditLine,
}

/// Path of the audit file; none if this machine has no state folder.
pub fn default_path() -> Option<PathBuf> {
    crate::config::state_file("audit.jsonl")
}

impl Audit {
    /// Returns the record of a write of `action` to `target`. Nothing is written to disk yet.
    pub fn new(
        path: Option<PathBuf>,
        deployment: &Deployment,
        action: impl Into<String>,
        target: impl Into<String>,
    ) -> Self {
        Self {
            path,
            line: AuditLine {
                at: String::new(),
                record: AuditPhase::Intent,
                action: action.into(),
                who: None,
                operator: local_user(),
                deployment: deployment.name.to_string(),
                account: None,
                region: deployment.region.clone(),
                target: target.into(),
                secret: None,
                process: std::process::id(),
                version_id: None,
                label: None,
                item: None,
                request_id: None,
                outcome: None,
                why: None,
            },
        }
    }

    /// Returns the same record with the AWS identity that writes.
    #[must_use]
    pub fn by(mut self, arn: &str, account: &str) -> Self {
        self.line.operator = operator_of(arn);
        self.line.who = Some(arn.to_owned());
        self.line.account = Some(account.to_owned()).filter(|account| !account.is_empty());
        self
    }

    /// Returns who writes, in a word: the last part of the ARN, or the user of this machine.
    pub fn operator(&self) -> &str {
        &self.line.operator
    }

    /// Returns the same record of a rotation of this secret.
    #[must_use]
    pub fn of_secret(mut self, secret: &str) -> Self {
        self.line.secret = Some(secret.to_owned());
        self
    }

    /// Returns the record of one write of several that belong together: `secrets.rotate PutSecretValue`.
    #[must_use]
    pub fn part(&self, operation: &str) -> Self {
        let mut part = self.clone();
        part.line.action = format!("{} {operation}", self.line.action);
        part
    }

    /// Returns the same record of a move of a staging label.
    #[must_use]
    pub fn of_label(mut self, label: Option<LabelChange>) -> Self {
        self.line.label = label;
        self
    }

    /// Returns the same record of a write to one part of the target.
    #[must_use]
    pub fn of_item(mut self, item: Option<String>) -> Self {
        self.line.item = item;
        self
    }

    /// Records what is about to be done, before it is done.
    ///
    /// # Errors
    /// A sentence: the record could not be written.
    pub async fn intent(&self, version: Option<&str>, now: Moment) -> Result<(), String> {
        let mut line = self.line.clone();
        line.at = now.iso();
        line.version_id = version.map(str::to_owned);
        self.append(&line).await
    }

    /// Records what became of it.
    ///
    /// # Errors
    /// A sentence: the record could not be written.
    pub async fn outcome(
        &self,
        outcome: &str,
        why: Option<String>,
        version: Option<&str>,
        request_id: Option<String>,
        now: Moment,
    ) -> Result<(), String> {
        let mut line = self.line.clone();
        line.at = now.iso();
        line.record = AuditPhase::Outcome;
        line.version_id = version.map(str::to_owned);
        line.outcome = Some(outcome.to_owned());
        line.why = why;
        line.request_id = request_id;
        self.append(&line).await
    }

    async fn append(&self, line: &AuditLine) -> Result<(), String> {
        let Some(path) = self.path.clone() else {
            return Ok(());
        };
        let mut text = serde_json::to_string(line).map_err(|error| error.to_string())?;
        text.push('\n');
        let shown = path.display().to_string();
        let written = tokio::task::spawn_blocking(move || append(&path, &text)).await;
        let failed = |why: String| format!("the audit record {shown} could not be written: {why}");
        written
            .map_err(|error| failed(error.to_string()))?
            .map_err(|error| failed(error.to_string()))
    }
}

/// Writes the audit records of writes, with the AWS identity that makes them.
#[derive(Clone)]
pub struct AuditFile {
    client: AwsClient,
}

impl AuditFile {
    pub(in crate::services) fn new(client: AwsClient) -> Self {
        Self { client }
    }

    /// Performs a write with an audit record before and after it. `request_id` takes the id out of a good answer.
    ///
    /// # Errors
    /// The failure of the write, or [`crate::model::FailureKind::Denied`] in read-only mode, which is no write and is not
    /// recorded. A write whose intent cannot be recorded is done all the same, and the failure to record it is logged.
    pub async fn audited<T>(
        &self,
        deployment: &Deployment,
        action: &str,
        target: &str,
        write: impl Future<Output = Result<T, Failure>>,
        request_id: impl Fn(&T) -> Option<String>,
    ) -> Result<T, Failure> {
        self.client
            .guard_write(deployment, &format!("{action} of {target}"))?;
        let audit = self.audit_of(deployment, action, target).await;
        report(audit.intent(None, clock::now()).await);
        let result = write.await;
        let (outcome, why, id) = match &result {
            Ok(answer) => ("done", None, request_id(answer)),
            Err(failure) => (
                "failed",
                Some(failure.to_string()),
                failure.request_id.clone(),
            ),
        };
        report(audit.outcome(outcome, why, None, id, clock::now()).await);
        result
    }

    /// Performs a tool call that writes, with an audit record before and after it. A tool that reports an error has failed.
    ///
    /// # Errors
    /// The failure of the call.
    pub async fn audited_call(
        &self,
        deployment: &Deployment,
        tool: &str,
        endpoint: &str,
        call: impl Future<Output = Result<CallOutcome, Failure>>,
    ) -> Result<CallOutcome, Failure> {
        let audit = self
            .audit_of(deployment, &format!("tools.call {tool}"), endpoint)
            .await;
        report(audit.intent(None, clock::now()).await);
        let result = call.await;
        let (outcome, why, id) = match &result {
            Ok(answer) if answer.is_error => (
                "failed",
                Some("the tool reported an error".to_owned()),
                answer.request_id.clone(),
            ),
            Ok(answer) => ("done", None, answer.request_id.clone()),
            Err(failure) => (
                "failed",
                Some(failure.to_string()),
                failure.request_id.clone(),
            ),
        };
        report(audit.outcome(outcome, why, None, id, clock::now()).await);
        result
    }

    /// Returns a record with the AWS identity as far as it is known.
    pub(crate) async fn audit_of(
        &self,
        deployment: &Deployment,
        action: &str,
        target: &str,
    ) -> Audit {
        let audit = Audit::new(default_path(), deployment, action, target);
        let asked = tokio::time::timeout(
            std::time::Duration::from_secs(3),
            self.client.known_identity(deployment),
        );
        match asked.await {
            Ok(Some(identity)) => audit.by(&identity.arn, &identity.account),
            Ok(None) | Err(_) => audit,
        }
    }
}

/// A record that could not be written is in the log file; the write itself goes on.
fn report(written: Result<(), String>) {
    if let Err(problem) = written {
        tracing::error!("{problem}");
    }
}

/// Returns the last lines of the audit file, the oldest first. Lines that are not understood are left out.
///
/// # Errors
/// The file exists and cannot be read.
pub fn read_tail(path: &Path) -> io::Result<Vec<AuditLine>> {
    let mut file = match std::fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    let start = length.saturating_sub(TAIL_BYTES);
    file.seek(io::SeekFrom::Start(start))?;
    let lines = io::BufReader::new(file).lines();
    // The first line may be cut.
    let skipped = usize::from(start > 0);
    Ok(lines
        .skip(skipped)
        .map_while(Result::ok)
        .filter_map(|line| serde_json::from_str(&line).ok())
        .collect())
}

/// The writes that ended in earlier runs, the oldest first. A file that cannot be read counts as empty.
pub fn past_writes(path: &Path) -> Vec<PastWrite> {
    let lines = read_tail(path).unwrap_or_else(|error| {
        tracing::warn!(%error, "the audit file cannot be read");
        Vec::new()
    });
    let write = |line: AuditLine| {
        let at: jiff::Timestamp = line.at.parse().ok()?;
        let outcome = line
            .outcome
            .filter(|_| line.record == AuditPhase::Outcome)?;
        let has_failed = matches!(outcome.as_str(), "failed" | "refused" | "in-doubt");
        let is_declined = outcome == DECLINED;
        let label = line
            .label
            .map_or_else(String::new, |label| format!(" {}", label.name));
        Some(PastWrite {
            at: Moment::from_millis(at.as_millisecond()),
            what: format!(
                "{}{label} {} of {}",
                line.action, line.target, line.deployment
            ),
            operator: line.operator,
            is_declined,
            result: match line.why {
                Some(why) if is_declined => Ok(why),
                why if has_failed => Err(why.unwrap_or(outcome)),
                _ => Ok(outcome),
            },
            request_id: line.request_id,
        })
    };
    lines.into_iter().filter_map(write).collect()
}

/// Returns the last part of an ARN: a user's name, a role's session.
pub(crate) fn operator_of(arn: &str) -> String {
    arn.rsplit(['/', ':'])
        .next()
        .filter(|name| !name.is_empty())
        .map_or_else(local_user, str::to_owned)
}

pub(crate) fn local_user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    named("USER")
        .or_else(|| named("USERNAME"))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Returns one write of a whole line, then to the disk. The file is the user's alone, and no link is followed.
fn append(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let no_follow = rustix::fs::OFlags::NOFOLLOW.bits();
        options
            .mode(0o600)
            .custom_flags(i32::try_from(no_follow).unwrap_or_default());
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::tests::deployment;

    #[tokio::test]
    async fn a_record_has_an_intent_and_an_outcome_and_can_be_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("audit.jsonl");
        assert!(read_tail(&path).unwrap().is_empty());
        let audit = Audit::new(Some(path.clone()), &deployment(), "targets.sync", "t-1").by(
            "arn:aws:sts::123456789012:assumed-role/ops/ana",
            "123456789012",
        );
        let now = Moment::from_millis(0);
        audit.intent(None, now).await.unwrap();
        let outcome = audit.outcome("done", None, None, Some("r-1".into()), now);
        outcome.await.unwrap();
        let lines = read_tail(&path).unwrap();
        let phases: Vec<AuditPhase> = lines.iter().map(|line| line.record).collect();
        assert_eq!(phases, [AuditPhase::Intent, AuditPhase::Outcome]);
        let last = lines.last().unwrap();
        assert_eq!(last.operator, "ana");
        assert_eq!(last.account.as_deref(), Some("123456789012"));
        assert_eq!(last.request_id.as_deref(), Some("r-1"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let link = folder.path().join("link.jsonl");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            let audit = Audit::new(Some(link), &deployment(), "targets.sync", "t-1");
            let refused = audit.intent(None, now).await.unwrap_err();
            assert!(refused.contains("could not be written"), "{refused}");
        }
    }

    #[test]
    fn operators_are_named_by_the_last_part_of_their_arn() {
        let arn = "arn:aws:sts::123456789012:assumed-role/ops/ana";
        assert_eq!(operator_of(arn), "ana");
        assert_eq!(operator_of("arn:aws:iam::123456789012:root"), "root");
    }

    #[tokio::test]
    async fn what_was_not_confirmed_is_no_write_and_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::new(Some(path.clone()), &deployment(), "secrets.rotate", "s-1");
        let why = crate::rotation::report::NOT_CONFIRMED;
        let declined = audit.outcome(DECLINED, Some(why.into()), None, None, clock::now());
        declined.await.unwrap();
        let [write] = past_writes(&path).try_into().unwrap();
        assert!(write.is_declined);
        assert_eq!(write.result, Ok(why.to_owned()));
    }

    #[tokio::test]
    async fn what_ended_in_earlier_runs_is_read_for_the_activity() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        assert!(past_writes(&path).is_empty());
        let audit = Audit::new(Some(path.clone()), &deployment(), "targets.sync", "t-1")
            .by("arn:aws:iam::1:user/ana", "1");
        let now = Moment::from_millis(1_795_269_600_000);
        audit.intent(None, now).await.unwrap();
        let refused = audit.outcome("failed", Some("no".into()), None, Some("r-1".into()), now);
        refused.await.unwrap();
        let expected = PastWrite {
            is_declined: false,
            at: now,
            what: "targets.sync t-1 of d".into(),
            operator: "ana".into(),
            result: Err("no".into()),
            request_id: Some("r-1".into()),
        };
        assert_eq!(past_writes(&path), [expected]);
    }
}
