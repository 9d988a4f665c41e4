//! The audit record: one JSON line before the first write and one after the end, appended and synced. No values, ever.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    model::{Deployment, Moment},
    rotation::{
        labels::VersionId,
        report::{RotationEnd, RotationKind},
    },
};

/// Where the record is kept.
#[derive(Clone, Debug)]
pub struct Audit {
    path: Option<PathBuf>,
    deployment: String,
    secret: String,
    operator: String,
    action: &'static str,
}

#[derive(Serialize)]
struct Line<'a> {
    at: String,
    record: &'static str,
    action: &'static str,
    operator: &'a str,
    deployment: &'a str,
    secret: &'a str,
    process: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// `agentcore-console/audit.jsonl` in the folder for state; none where this machine has no such folder.
pub fn default_path() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(folder.join("agentcore-console").join("audit.jsonl"))
}

impl Audit {
    /// Nothing is written yet.
    pub fn new(
        path: Option<PathBuf>,
        deployment: &Deployment,
        secret: &str,
        operator: &str,
        kind: RotationKind,
    ) -> Self {
        let action = match kind {
            RotationKind::Rotate => "secrets.rotate",
            RotationKind::Resume => "secrets.resume",
            RotationKind::Rollback => "secrets.rollback",
        };
        Self {
            path,
            deployment: deployment.name.to_string(),
            secret: secret.to_owned(),
            operator: operator.to_owned(),
            action,
        }
    }

    /// What is about to be done; on disk before it is done.
    ///
    /// # Errors
    /// A sentence: the record could not be written.
    pub async fn intent(&self, version: Option<&str>, now: i64) -> Result<(), String> {
        let line = self.line("intent", version, now);
        self.append(&line).await
    }

    /// What has become of it.
    ///
    /// # Errors
    /// A sentence: the record could not be written.
    pub async fn outcome(&self, ending: &RotationEnd, now: i64) -> Result<(), String> {
        let version = ending.version.as_ref().map(VersionId::as_str);
        let mut line = self.line("outcome", version, now);
        line.outcome = Some(ending.outcome.as_str());
        line.why = Some(ending.why.to_string());
        self.append(&line).await
    }

    fn line<'a>(&'a self, record: &'static str, version_id: Option<&'a str>, now: i64) -> Line<'a> {
        Line {
            at: Moment::from_millis(now).iso(),
            record,
            action: self.action,
            operator: &self.operator,
            deployment: &self.deployment,
            secret: &self.secret,
            process: std::process::id(),
            version_id,
            outcome: None,
            why: None,
        }
    }

    async fn append(&self, line: &Line<'_>) -> Result<(), String> {
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

/// One write of a whole line, then to the disk. The file is the user's alone, and no link is followed.
fn append(path: &Path, text: &str) -> std::io::Result<()> {
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
