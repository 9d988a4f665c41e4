//! The file of the call history, in the user's folder for state: appended line by line, with mode 0600.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    config::{create_state_folder, state_file, write},
    model::{Failure, FailureKind},
    tools::history::{self, HistoryEntry},
};

/// A file of at least this many bytes is rewritten, without what was dropped and changed, when it is read.
const COMPACTED: u64 = 8 << 20;

/// Returns `agentcore-console/history.jsonl` in the folder for state, or `None` if this machine has no such folder.
pub(super) fn default_path() -> Option<PathBuf> {
    state_file("history.jsonl")
}

/// Reads the calls that this machine keeps, the newest first.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if their file cannot be read.
pub fn read_kept() -> Result<Vec<HistoryEntry>, Failure> {
    read(default_path().as_deref())
}

/// Adds a call to those that this machine keeps.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if their file cannot be written.
pub fn keep(entry: &HistoryEntry) -> Result<(), Failure> {
    append(default_path().as_deref(), &entry.to_line())
}

/// Reads the calls of the file, the newest first. A missing file has none.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if the file cannot be read.
pub(super) fn read(path: Option<&Path>) -> Result<Vec<HistoryEntry>, Failure> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failure("reading the call history", path, &error)),
    };
    let entries = history::read(&String::from_utf8_lossy(&bytes));
    if bytes.len() as u64 >= COMPACTED
        && let Err(error) = write::save(path, &history::text(&entries), |_| true)
    {
        tracing::warn!(%error, "the call history was not compacted");
    }
    Ok(entries)
}

/// Appends a line: a call, or a change of one.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if the file cannot be written.
pub(super) fn append(path: Option<&Path>, line: &str) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let doing = "keeping the call history";
    create_state_folder(path).map_err(|error| failure(doing, path, &error))?;
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // One write, so that lines of two consoles do not mix.
    options
        .open(path)
        .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
        .map_err(|error| failure(doing, path, &error))
}

fn failure(doing: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        FailureKind::Usage,
        doing,
        format!("{}: {error}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::{
        model::{McpEndpoint, McpTarget, Moment},
        tools::history::{HistoryChange, HistoryOutcome},
    };

    #[test]
    fn calls_are_appended_for_their_owner_alone_and_read_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("history.jsonl");
        assert_eq!(read(Some(&path)).unwrap(), []);
        let entry = |at: i64| {
            let endpoint = McpEndpoint {
                deployment: "prod".into(),
                target: McpTarget::Default,
            };
            HistoryEntry::new(
                (endpoint, "echo".to_owned()),
                &Map::new(),
                Moment::from_millis(at),
                HistoryOutcome::Answered,
            )
        };
        append(Some(&path), &entry(1).to_line()).unwrap();
        append(Some(&path), &entry(2).to_line()).unwrap();
        append(Some(&path), &HistoryChange::Pin(true).to_line(&entry(1).id)).unwrap();
        let entries = read(Some(&path)).unwrap();
        let shown: Vec<(i64, bool)> = entries
            .iter()
            .map(|entry| (entry.at.millis(), entry.is_pinned))
            .collect();
        assert_eq!(shown, [(2, false), (1, true)]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600);
        }
        assert!(read(None).unwrap().is_empty() && append(None, "x").is_ok());
    }
}
