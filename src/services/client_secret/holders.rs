//! Copies of a client secret in this console's reach: configurations, variables, files.

use std::fs;
use std::io;
use std::path::Path;

use crate::{
    client_secret::effect::SecretChoice,
    config::write::save,
    model::{Deployment, SecretSource, SecretText, SignIn},
    services::client_secret::ClientSecrets,
};

/// Copies of a value.
#[derive(Debug, Default)]
pub(super) struct SecretHolders {
    /// Files that hold it inline and can be updated.
    pub(super) inline: Vec<String>,
    /// Other places, a sentence for each.
    pub(super) others: Vec<String>,
    /// The names of those places.
    pub(super) places: Vec<String>,
}

/// Finds what the configured deployments with this client hold.
pub(super) async fn find(
    services: &ClientSecrets,
    deployments: &[Deployment],
    configuration: Option<&Path>,
    held: &SecretText,
    wanted: SecretChoice,
) -> SecretHolders {
    let mut holders = SecretHolders::default();
    if let Some(path) = configuration
        && fs::read_to_string(path).is_ok_and(|text| holds(&text, held))
    {
        holders.inline.push(path.display().to_string());
    }
    for deployment in deployments {
        let SignIn::M2m { client_secret, .. } = &deployment.sign_in else {
            continue;
        };
        let Some(place) = place_of(client_secret) else {
            continue;
        };
        let doing = "looking for copies of the client secret";
        let value = services
            .sign_ins
            .secret_value_of(deployment, doing, "the client secret", client_secret)
            .await;
        if value.is_ok_and(|value| value == *held) {
            let sentence = format!(
                "{place} (deployment {}) still holds the {} secret: give it the {} one, then run `client-secret resume`",
                deployment.name,
                wanted.other().as_str(),
                wanted.as_str()
            );
            if !holders.others.contains(&sentence) {
                holders.places.push(place);
                holders.others.push(sentence);
            }
        }
    }
    holders
}

/// Returns where a source keeps its value; none for the configuration itself and for Cognito.
pub(super) fn place_of(source: &SecretSource) -> Option<String> {
    match source {
        SecretSource::Inline(_) | SecretSource::UserPoolClient => None,
        SecretSource::Environment(name) => Some(format!("environment variable {name}")),
        SecretSource::File { path, .. } => Some(format!("file {path}")),
        SecretSource::Command(command) => Some(format!("what the command `{command}` prints")),
        SecretSource::Keyring { service, account } => {
            Some(format!("keyring entry {service} / {account}"))
        }
        SecretSource::SecretsManager { id, .. } => Some(format!("secret {id} in Secrets Manager")),
    }
}

/// Quoted as TOML writes it. A client secret consists of letters, digits, `_` and `+`, so no escape can hide it.
fn quoted(value: &SecretText) -> [String; 2] {
    [
        format!("\"{}\"", value.reveal()),
        format!("'{}'", value.reveal()),
    ]
}

fn holds(text: &str, value: &SecretText) -> bool {
    !value.is_empty() && quoted(value).iter().any(|literal| text.contains(literal))
}

/// Replaces the value wherever the file holds it; everything else stays as it is. The file is replaced whole or not at all.
///
/// # Errors
/// The file cannot be read or written, or no longer holds the old value.
pub(super) fn replace(path: &Path, old: &SecretText, new: &SecretText) -> io::Result<()> {
    // A link stays a link.
    let path = fs::canonicalize(path)?;
    let before = fs::read_to_string(&path)?;
    if !holds(&before, old) {
        return Err(io::Error::other("it no longer holds the old secret"));
    }
    let mut after = before.clone();
    for (from, to) in quoted(old).iter().zip(quoted(new)) {
        after = after.replace(from, &to);
    }
    save(&path, &after, |now| now == before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_replaced_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let (old, new) = (SecretText::from("old123"), SecretText::from("new456"));
        let text = "# old123 in a comment\n[deployments.a.sign_in]\nclient_secret = \"old123\" # inline\nscope = 'x'\n";
        fs::write(&path, text).unwrap();
        replace(&path, &old, &new).unwrap();
        let after = fs::read_to_string(&path).unwrap();
        assert_eq!(after, text.replace("\"old123\"", "\"new456\""));
        assert!(replace(&path, &old, &new).is_err(), "it is replaced once");
    }
}
