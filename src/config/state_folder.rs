//! The folder in which the console keeps files across runs: saved queries, the audit trail, the last view.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Returns the path of a file in the state folder, `$XDG_STATE_HOME/agentcore-console` where there is one, or `None` if this
/// machine has no such folder.
pub fn state_file(name: &str) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(folder.join("agentcore-console").join(name))
}

/// Creates the folder of a state file, with mode 0700.
///
/// # Errors
/// Returns the error of the file system.
pub fn create_state_folder(file: &Path) -> io::Result<()> {
    let Some(folder) = file.parent() else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
