//! Where secret words of the configuration come from: read when they are needed, never kept.

use std::path::PathBuf;

use crate::model::{Failure, FailureKind, SecretSource, SecretText};

/// Reads a secret word. `what` names it in messages.
///
/// # Errors
/// [`FailureKind::Usage`] where the environment variable or file is missing or empty, or the user pool would have to be asked.
pub(crate) async fn read(
    doing: &str,
    what: &str,
    source: &SecretSource,
) -> Result<SecretText, Failure> {
    match source {
        SecretSource::Inline(text) => Ok(text.clone()),
        SecretSource::Environment(name) => match std::env::var(name) {
            Ok(value) if !value.is_empty() => Ok(SecretText::new(value)),
            _ => Err(Failure::new(
                FailureKind::Usage,
                doing,
                format!("{what} is to come from the environment variable {name}, which is not set"),
            )
            .hint(format!("export {name} before starting"))),
        },
        SecretSource::File(path) => {
            let text = tokio::fs::read_to_string(at_home(path))
                .await
                .map(SecretText::new)
                .map_err(|error| {
                    Failure::new(
                        FailureKind::Usage,
                        doing,
                        format!(
                            "{what} is to come from the file {path}, which cannot be read: {error}"
                        ),
                    )
                })?;
            match text
                .reveal()
                .lines()
                .next()
                .map(str::trim_end)
                .filter(|line| !line.is_empty())
            {
                Some(line) => Ok(SecretText::from(line)),
                None => Err(Failure::new(
                    FailureKind::Usage,
                    doing,
                    format!("{what} is to come from the file {path}, whose first line is empty"),
                )),
            }
        }
        SecretSource::UserPoolClient => Err(Failure::new(
            FailureKind::Usage,
            doing,
            format!("{what} cannot come from a user pool"),
        )
        .hint("use an environment variable, a file, or the text itself")),
    }
}

/// `~/` is the home folder, as in every other configuration of people.
fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
