//! Exports a text to a new file in the current folder, with mode 0600.

use std::{fs, io::Write as _};

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

/// Writes the text to a new file at `path`; `~/` stands for the home folder. Returns the path.
///
/// # Errors
/// Returns [`FailureKind::Usage`] if the file exists already or cannot be written.
pub(super) fn write_to(path: &str, text: &str) -> Result<String, Failure> {
    let expanded = match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_) | None, _) => path.into(),
    };
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options
        .open(&expanded)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(expanded.display().to_string()),
        Err(error) => Err(failure(path, &error)),
    }
}

fn failure(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(
        FailureKind::Usage,
        format!("writing {name}"),
        error.to_string(),
    )
    .hint("start the console in a folder that you may write to")
}
