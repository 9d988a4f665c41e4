//! Where secret values of the configuration come from. They are read when they are needed and never kept.

use std::{path::PathBuf, time::Duration};

use serde_json::Value;

use super::keyring::{Keyring, KeyringEntry};
use crate::model::{Failure, FailureKind, SecretSource, SecretText};

/// Time limit for a command that prints a secret.
const COMMAND: Duration = Duration::from_secs(15);
/// Longest file or command output that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// Reads a secret value. `what` names it in messages.
///
/// A byte order mark, line ends and quotes around a value of the environment, a file or a command are taken off.
///
/// # Errors
/// [`FailureKind::Usage`] if the source has no value, or is one that only AWS can answer.
pub(crate) async fn read(
    doing: &str,
    what: &str,
    source: &SecretSource,
) -> Result<SecretText, Failure> {
    let value = match source {
        SecretSource::Inline(text) => return Ok(text.clone()),
        SecretSource::Environment(name) => of_environment(name),
        SecretSource::File { path, key } => of_file(path, key.as_deref()).await,
        SecretSource::Command(command) => run(command)
            .await
            .map_err(|why| (format!("the command `{command}`, which {why}"), None)),
        SecretSource::Keyring { service, account } => of_keyring(service, account).await,
        SecretSource::UserPoolClient => Err((
            "a user pool, which has none".to_owned(),
            Some("use an environment variable, a file, a command, or the text itself".to_owned()),
        )),
        SecretSource::SecretsManager { id, .. } => Err((
            format!("the secret {id}, which cannot be read here"),
            Some("use an environment variable, a file or a command".to_owned()),
        )),
    };
    value.map_err(|(why, hint)| {
        let cause = format!("{what} is to come from {why}");
        let failure = Failure::new(FailureKind::Usage, doing, cause);
        Failure { hint, ..failure }
    })
}

/// A value, or where it was to come from and what is wrong there, with a hint.
type SourcedSecret = Result<SecretText, (String, Option<String>)>;

fn of_environment(name: &str) -> SourcedSecret {
    let value = std::env::var(name).ok().as_deref().and_then(clean);
    value.ok_or_else(|| {
        let why = format!("the environment variable {name}, which is not set or is empty");
        (why, Some(format!("export {name} before starting")))
    })
}

async fn of_file(path: &str, key: Option<&str>) -> SourcedSecret {
    let text = read_file(path)
        .await
        .map_err(|why| (format!("the file {path}, which {why}"), None))?;
    match key {
        Some(key) => member(text.reveal(), key).ok_or_else(|| {
            (
                format!("{key} of the file {path}, which has no such text"),
                None,
            )
        }),
        None => first_line_or_pem(text.reveal())
            .ok_or_else(|| (format!("the file {path}, whose first line is empty"), None)),
    }
}

async fn of_keyring(service: &str, account: &str) -> SourcedSecret {
    let place = format!("the keyring's entry {service} / {account}");
    let Some(keyring) = Keyring::system() else {
        let why = format!("{place}, and this system has no keyring that is known here");
        return Err((why, None));
    };
    let entry = KeyringEntry {
        service: service.to_owned(),
        account: account.to_owned(),
    };
    match keyring.read(&entry).await {
        Ok(Some(text)) => first_line_or_pem(text.reveal())
            .ok_or_else(|| (format!("{place}, whose first line is empty"), None)),
        Ok(None) => Err((format!("{place}, which does not exist"), None)),
        Err(why) => Err((format!("{place}; {} {why}", keyring.program()), None)),
    }
}

/// Returns a value without what surrounds it by accident; `None` if nothing is left.
pub(crate) fn clean(text: &str) -> Option<SecretText> {
    let text = text
        .trim_start_matches('\u{feff}')
        .trim_matches(['\r', '\n']);
    let unquoted = ['"', '\''].into_iter().find_map(|quote| {
        let inner = text.trim().strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    });
    let text = unquoted.unwrap_or(text);
    (!text.trim().is_empty()).then(|| SecretText::from(text))
}

/// Returns a bearer token without the word `Bearer` in front of it.
pub(crate) fn without_scheme(token: &SecretText) -> SecretText {
    let text = token.reveal().trim();
    let text = clean(text).unwrap_or_else(|| SecretText::from(text));
    match text.reveal().split_once(char::is_whitespace) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => {
            clean(rest.trim()).unwrap_or_else(|| SecretText::from(rest.trim()))
        }
        Some(_) | None => text,
    }
}

async fn read_file(path: &str) -> Result<SecretText, String> {
    let path = at_home(path);
    let metadata = tokio::fs::metadata(&path).await;
    if metadata.is_ok_and(|metadata| metadata.len() > LONGEST) {
        return Err(format!("is longer than {} MB", LONGEST >> 20));
    }
    tokio::fs::read_to_string(path)
        .await
        .map(SecretText::new)
        .map_err(|error| format!("cannot be read: {error}"))
}

/// Returns the text at a key of a JSON document (`client_info.client_secret`), or of a file of `KEY=value` lines.
pub(crate) fn member(text: &str, key: &str) -> Option<SecretText> {
    if let Ok(document) = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) {
        let mut value = document.get(key);
        if value.is_none() {
            value = key.split('.').try_fold(&document, |value, part| {
                let item = part
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| value.get(index));
                item.or_else(|| value.get(part))
            });
        }
        return clean(value?.as_str()?);
    }
    text.lines().find_map(|line| {
        let line = line.trim_start_matches('\u{feff}').trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=')?;
        (name.trim() == key).then(|| clean(value.trim()))?
    })
}

async fn run(command: &str) -> Result<SecretText, String> {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    run_program(&[shell.to_owned(), flag.to_owned(), command.to_owned()]).await
}

fn program(arguments: &[String]) -> &str {
    arguments.first().map_or("", String::as_str)
}

/// Runs a program and returns the first line that it prints. The error says what went wrong, without its output.
async fn run_program(arguments: &[String]) -> Result<SecretText, String> {
    let mut command = tokio::process::Command::new(program(arguments));
    command
        .args(arguments.iter().skip(1))
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(COMMAND, command.output())
        .await
        .map_err(|_| format!("did not end within {} s", COMMAND.as_secs()))?
        .map_err(|error| format!("could not be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("failed ({})", output.status));
    }
    let text = SecretText::new(String::from_utf8_lossy(&output.stdout).into_owned());
    first_line_or_pem(text.reveal()).ok_or_else(|| "printed nothing".to_owned())
}

/// Returns the first line of a text; the whole text if it is a key in PEM.
fn first_line_or_pem(text: &str) -> Option<SecretText> {
    if text
        .trim_start_matches('\u{feff}')
        .starts_with("-----BEGIN ")
    {
        return clean(text);
    }
    text.lines().next().and_then(clean)
}

/// Returns a path in which `~/` stands for the home folder.
fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_) | None, _) => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> Option<String> {
        clean(text).map(|text| text.reveal().to_owned())
    }

    #[test]
    fn byte_order_marks_line_ends_and_quotes_are_taken_off() {
        for text in [
            "s3cret",
            "\u{feff}s3cret",
            "s3cret\r\n",
            "\"s3cret\"",
            "'s3cret'\n",
            "\u{feff}\"s3cret\"\r\n",
        ] {
            assert_eq!(cleaned(text).as_deref(), Some("s3cret"), "{text:?}");
        }
        assert_eq!(cleaned("a\"b").as_deref(), Some("a\"b"));
        assert_eq!(cleaned("\"a\"b\"").as_deref(), Some("\"a\"b\""));
        assert_eq!(cleaned("\r\n"), None);
        assert_eq!(cleaned("\"\""), None);
    }

    #[test]
    fn the_word_bearer_is_taken_off() {
        for text in [
            "eyJ.a.b",
            "Bearer eyJ.a.b",
            "bearer  eyJ.a.b ",
            "\"Bearer eyJ.a.b\"",
            "Bearer 'eyJ.a.b'\n",
        ] {
            assert_eq!(
                without_scheme(&SecretText::from(text)).reveal(),
                "eyJ.a.b",
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_key_in_pem_is_taken_whole() {
        let pem = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n";
        let taken = first_line_or_pem(pem).map(|text| text.reveal().to_owned());
        assert_eq!(taken.as_deref(), Some(pem.trim_end()));
        let line = first_line_or_pem("abc\nrest").map(|text| text.reveal().to_owned());
        assert_eq!(line.as_deref(), Some("abc"));
    }

    #[test]
    fn members_of_json_and_of_env_files_are_found() {
        let json = r#"{"client_info": {"client_secret": "abc"}, "list": [{"k": "d"}]}"#;
        let of = |text: &str, key: &str| member(text, key).map(|text| text.reveal().to_owned());
        assert_eq!(
            of(json, "client_info.client_secret").as_deref(),
            Some("abc")
        );
        assert_eq!(of(json, "list.0.k").as_deref(), Some("d"));
        assert_eq!(of(json, "client_info"), None);
        let env = "# comment\nexport CLIENT_SECRET=\"abc\"\nOTHER=x\n";
        assert_eq!(of(env, "CLIENT_SECRET").as_deref(), Some("abc"));
        assert_eq!(of(env, "NONE"), None);
    }

    #[tokio::test]
    async fn a_command_gives_its_first_line_and_never_its_output_in_errors() {
        let source = |command: &str| SecretSource::Command(command.to_owned());
        let value = read("signing in", "the token", &source("printf 'abc\\nrest'")).await;
        assert_eq!(value.unwrap().reveal(), "abc");
        let failure = read("signing in", "the token", &source("echo canary; exit 3"))
            .await
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert!(failure.cause.contains("exit status: 3"), "{failure}");
    }
}
