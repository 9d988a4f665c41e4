//! Exports a text to a file in the current folder or at a path of the user, with mode 0600.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::model::{Failure, FailureKind};

/// Writes the text to `stem-N.extension`, the first such name that is free, and returns the name.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if the folder cannot be written to.
pub(super) fn write(stem: &str, extension: &str, text: &str) -> Result<String, Failure> {
    let stem: String = stem
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() || character == '-' || character == '_' {
                character
            } else {
                '-'
            }
        })
        .collect();
    for number in 1..1_000 {
        let name = format!("{stem}-{number}.{extension}");
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        match options.open(&name) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())
                    .map_err(|error| failure(&name, &error))?;
                return Ok(name);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failure(&name, &error)),
        }
    }
    Err(Failure::new(
        FailureKind::Usage,
        format!("writing {stem}"),
        "a thousand such files are here already",
    ))
}

/// Appends a line to a file that exists.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if the file is gone or cannot be written.
pub(super) fn append(path: &str, line: &str) -> Result<(), Failure> {
    // One write, so that lines of two calls do not mix.
    fs::OpenOptions::new()
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
        .map_err(|error| failure(path, &error))
}

/// Returns whether a file is at the path. A path with a star names none: its number is chosen to be free.
pub(super) fn exists(path: &str) -> bool {
    !path.contains('*') && expanded(path).symlink_metadata().is_ok()
}

/// Writes the text to a file at `path`, and returns the whole path. `~/` stands for the home folder, a star in the name for the first
/// number that is free. A file that is there already is left as it is, unless it is to be replaced.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if the file exists already or cannot be written.
pub(super) fn write_to(path: &str, text: &str, replaces: bool) -> Result<String, Failure> {
    let written = if path.contains('*') {
        write_numbered(path, text)
    } else if replaces {
        replace(&expanded(path), text)
    } else {
        create(&expanded(path), text)
    };
    written.map_err(|error| failure(path, &error))
}

/// Writes the text under the first number that is free.
fn write_numbered(path: &str, text: &str) -> io::Result<String> {
    for number in 1..1_000 {
        match create(&expanded(&path.replacen('*', &number.to_string(), 1)), text) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            written => return written,
        }
    }
    let words = "a thousand such files are here already";
    Err(io::Error::new(io::ErrorKind::AlreadyExists, words))
}

/// Writes the text to a file of another name first, so that the old one stays whole until the new one is.
fn replace(path: &Path, text: &str) -> io::Result<String> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let fresh = path.with_file_name(name);
    create(&fresh, text)
        .and_then(|_| fs::rename(&fresh, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&fresh);
        })?;
    Ok(shown(path))
}

fn create(path: &Path, text: &str) -> io::Result<String> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())?;
    Ok(shown(path))
}

fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_) | None, _) => path.into(),
    }
}

/// Returns the whole path, so that the file is found from any folder.
fn shown(path: &Path) -> String {
    std::path::absolute(path).map_or_else(
        |_| path.display().to_string(),
        |path| path.display().to_string(),
    )
}

fn failure(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(
        FailureKind::Usage,
        format!("writing {name}"),
        error.to_string(),
    )
    .hint("start the console in a folder that you may write to")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_numbered_kept_or_replaced_as_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let read = |name: &str| fs::read_to_string(path(name)).unwrap();
        let first = write_to(&path("rows-*.csv"), "1", false).unwrap();
        assert!(first.ends_with("rows-1.csv"), "{first}");
        assert!(write_to(&path("rows-*.csv"), "2", false).is_ok());
        assert_eq!(
            (read("rows-1.csv"), read("rows-2.csv")),
            ("1".into(), "2".into())
        );
        assert!(!exists(&path("rows-*.csv")) && exists(&path("rows-1.csv")));
        let refused = write_to(&path("rows-1.csv"), "3", false);
        assert!(refused.is_err() && read("rows-1.csv") == "1");
        assert!(write_to(&path("rows-1.csv"), "3", true).is_ok());
        assert_eq!(read("rows-1.csv"), "3");
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            2,
            "nothing is left over"
        );
    }

    #[test]
    fn a_folder_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results");
        fs::create_dir(&path).unwrap();
        assert!(write_to(&path.display().to_string(), "text", true).is_err());
        assert!(path.is_dir() && fs::read_dir(folder.path()).unwrap().count() == 1);
    }
}
