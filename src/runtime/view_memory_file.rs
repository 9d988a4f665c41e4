//! The files of what a console remembers across runs: the view, and the fleet. Failures are logged only: they cost a convenience.

use std::{fs, path::Path};

use crate::{
    config::{create_state_folder, write},
    state::{FleetSnapshot, ViewMemory},
};

/// Name of the file of the view, in the state folder.
pub const VIEW_FILE: &str = "view.json";

/// Reads the view of the last run. A missing or unreadable file means that nothing is remembered.
pub fn read_view(path: &Path) -> ViewMemory {
    fs::read_to_string(path).map_or_else(|_| ViewMemory::default(), |text| ViewMemory::parse(&text))
}

/// Writes the view of this run, whole or not at all, with mode 0600.
pub fn write_view(path: &Path, memory: &ViewMemory) {
    save(path, &memory.to_text());
}

/// Reads the fleet of the last run, if it is the one of this place.
pub fn read_fleet(path: &Path, place: &str) -> Option<FleetSnapshot> {
    let snapshot = FleetSnapshot::parse(&fs::read_to_string(path).ok()?);
    (snapshot.place == place).then_some(snapshot)
}

/// Writes the fleet of this run, whole or not at all, with mode 0600.
pub fn write_fleet(path: &Path, fleet: &FleetSnapshot) {
    save(path, &fleet.to_text());
}

fn save(path: &Path, text: &str) {
    let written = create_state_folder(path).and_then(|()| write::save(path, text, |_| true));
    if let Err(error) = written {
        tracing::warn!(%error, path = %path.display(), "what was seen was not saved");
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

    #[cfg(unix)]
    #[test]
    fn a_fleet_is_read_again_at_its_own_place_only_and_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("fleet.json");
        let fleet = FleetSnapshot {
            place: "a.toml".to_owned(),
            at: 7,
            ..FleetSnapshot::default()
        };
        write_fleet(&path, &fleet);
        assert_eq!(read_fleet(&path, "a.toml"), Some(fleet));
        assert_eq!(read_fleet(&path, "b.toml"), None);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
