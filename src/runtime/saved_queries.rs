//! The file of saved queries, in the user's folder for state: its owner's alone, written whole or
//! not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    config::{create_state_folder, state_file, write},
    model::{Failure, FailureKind},
    tools::saved::{self, Query, SavedQueriesError},
};

/// The longest file that is read.
const LONGEST: u64 = 8 << 20;

/// `agentcore-console/queries.json` in the folder for state; none where this machine has no such
/// folder.
pub(super) fn default_path() -> Option<PathBuf> {
    state_file("queries.json")
}

/// Returns the queries of the file; none where there is no file.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if the file cannot be read. The file is left as it is.
pub(super) fn read(path: Option<&Path>) -> Result<Vec<Query>, Failure> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    match text_of(path) {
        Ok(Some(text)) => saved::read(&text).map_err(|wrong| unreadable(path, wrong)),
        Ok(None) => Ok(Vec::new()),
        Err(error) => Err(failure("reading the saved queries", path, &error)),
    }
}

/// Changes the queries of the file and returns them. A damaged file is renamed first, never
/// overwritten.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if the file cannot be read or written.
pub(super) fn change(
    path: Option<&Path>,
    change: impl FnOnce(&mut Vec<Query>),
) -> Result<Vec<Query>, Failure> {
    let doing = "saving the queries";
    let path = path.ok_or_else(|| {
        Failure::new(
            FailureKind::Usage,
            doing,
            "this machine names no folder for state",
        )
    })?;
    let mut queries = match text_of(path) {
        Ok(None) => Vec::new(),
        Ok(Some(text)) => match saved::read(&text) {
            Ok(queries) => queries,
            Err(SavedQueriesError::Newer) => {
                return Err(unreadable(path, SavedQueriesError::Newer));
            }
            Err(SavedQueriesError::Damaged) => {
                fs::rename(path, aside(path)).map_err(|error| failure(doing, path, &error))?;
                Vec::new()
            }
        },
        Err(error) => return Err(failure(doing, path, &error)),
    };
    change(&mut queries);
    create_state_folder(path).map_err(|error| failure(doing, path, &error))?;
    write::save(path, &saved::text(&queries), |_| true)
        .map_err(|error| failure(doing, path, &error))?;
    Ok(queries)
}

/// Returns the text of the file, or `None` if there is no file. Bytes that are not UTF-8 are
/// replaced.
fn text_of(path: &Path) -> io::Result<Option<String>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(about) if about.len() > LONGEST => {
            return Err(io::Error::other("it is longer than 8 MB"));
        }
        Ok(_) => {}
    }
    fs::read(path).map(|bytes| Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Returns the name to which a damaged file is renamed.
fn aside(path: &Path) -> PathBuf {
    path.with_extension("damaged.json")
}

fn unreadable(path: &Path, wrong: SavedQueriesError) -> Failure {
    let failure = Failure::new(
        FailureKind::Usage,
        format!("reading {}", path.display()),
        wrong.to_string(),
    );
    match wrong {
        SavedQueriesError::Damaged => {
            failure.hint("mend it, or save a query: it is then set aside and a new one begins")
        }
        SavedQueriesError::Newer => failure.hint("it is left as it is: use that version"),
    }
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

    fn query(name: &str) -> Query {
        let arguments = json!({"query": "RETURN 1"})
            .as_object()
            .cloned()
            .unwrap_or_default();
        Query {
            name: name.into(),
            tool: "read-cypher".into(),
            arguments,
        }
    }

    #[test]
    fn queries_are_kept_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("queries.json");
        assert_eq!(read(Some(&path)).unwrap(), []);
        change(Some(&path), |queries| saved::put(queries, query("one"))).unwrap();
        let both = change(Some(&path), |queries| saved::put(queries, query("two"))).unwrap();
        assert_eq!(both, [query("one"), query("two")]);
        assert_eq!(
            change(Some(&path), |queries| queries
                .retain(|query| query.name != "one"))
            .unwrap(),
            [query("two")]
        );
        assert_eq!(read(Some(&path)).unwrap(), [query("two")]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing half written stays"
        );
    }

    #[test]
    fn a_damaged_file_is_said_and_set_aside_and_a_newer_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queries.json");
        fs::write(&path, b"\xff{half").unwrap();
        assert!(read(Some(&path)).unwrap_err().cause.contains("damaged"));
        assert_eq!(
            fs::read(&path).unwrap(),
            b"\xff{half",
            "reading changes nothing"
        );
        assert_eq!(
            change(Some(&path), |queries| saved::put(queries, query("one"))).unwrap(),
            [query("one")]
        );
        assert_eq!(fs::read(aside(&path)).unwrap(), b"\xff{half");
        fs::write(&path, "{\"version\":9}").unwrap();
        assert!(
            change(Some(&path), Vec::clear)
                .unwrap_err()
                .cause
                .contains("newer")
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"version\":9}");
        assert!(change(None, Vec::clear).is_err() && read(None).unwrap().is_empty());
    }
}
