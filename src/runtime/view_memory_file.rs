//! The file of the view that a console remembers across runs. Failures are logged only: they cost a convenience.

use std::{fs, path::Path};

use crate::{
    config::{create_state_folder, write},
    state::ViewMemory,
};

/// Reads the view of the last run. A missing or unreadable file means that nothing is remembered.
pub fn read_view(path: &Path) -> ViewMemory {
    fs::read_to_string(path).map_or_else(|_| ViewMemory::default(), |text| ViewMemory::parse(&text))
}

/// Writes the view of this run, whole or not at all, with mode 0600.
pub fn write_view(path: &Path, memory: &ViewMemory) {
    let written =
        create_state_folder(path).and_then(|()| write::save(path, &memory.to_text(), |_| true));
    if let Err(error) = written {
        tracing::warn!(%error, "the view was not saved");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_written_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("view.json");
        assert_eq!(read_view(&path), ViewMemory::default());
        let memory = ViewMemory {
            screen: "Doctor".to_owned(),
            ..ViewMemory::default()
        };
        write_view(&path, &memory);
        assert_eq!(read_view(&path), memory);
    }
}
