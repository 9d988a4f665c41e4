//! The file of what is typed into forms, in the user's folder for state: its owner's alone, written whole or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    config::{create_state_folder, state_file, write},
    model::{Failure, FailureKind},
    tools::drafts::{self, FormDraft},
};

/// Returns `agentcore-console/drafts.json` in the folder for state, or `None` if this machine has no such folder.
pub(super) fn default_path() -> Option<PathBuf> {
    state_file("drafts.json")
}

/// Reads the drafts of the file. A missing or damaged file has none.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if the file cannot be read.
pub(super) fn read(path: Option<&Path>) -> Result<Vec<FormDraft>, Failure> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    match fs::read(path) {
        Ok(bytes) => Ok(drafts::read(&String::from_utf8_lossy(&bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failure("reading what was typed into forms", path, &error)),
    }
}

/// Puts drafts into the place of older ones of the same endpoint and tool.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if the file cannot be read or written.
pub(super) fn keep(path: Option<&Path>, newer: Vec<FormDraft>) -> Result<(), Failure> {
    let Some(file) = path else { return Ok(()) };
    let mut all = read(path)?;
    drafts::merge(&mut all, newer);
    let written =
        create_state_folder(file).and_then(|()| write::save(file, &drafts::text(&all), |_| true));
    written.map_err(|error| failure("keeping what is typed into forms", file, &error))
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
    use serde_json::json;

    use super::*;
    use crate::model::{McpEndpoint, McpTarget};

    #[test]
    fn drafts_are_kept_for_their_owner_alone_and_newer_ones_replace_older() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("drafts.json");
        let draft = |tool: &str, text: &str| FormDraft {
            endpoint: McpEndpoint {
                deployment: "prod".into(),
                target: McpTarget::Default,
            },
            tool: tool.to_owned(),
            form: json!({"fields": {"query": text}}),
        };
        assert_eq!(read(Some(&path)).unwrap(), []);
        keep(Some(&path), vec![draft("one", "a"), draft("two", "b")]).unwrap();
        keep(Some(&path), vec![draft("one", "c")]).unwrap();
        assert_eq!(
            read(Some(&path)).unwrap(),
            [draft("two", "b"), draft("one", "c")]
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600);
        }
        fs::write(&path, "{half").unwrap();
        assert!(read(Some(&path)).unwrap().is_empty());
    }
}
