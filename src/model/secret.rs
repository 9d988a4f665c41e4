//! Secrets: values that never show themselves, and what may be said about them.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::moment::Moment;

/// A secret value. Its Debug, Display and Serialize are `***`; memory is wiped when it is dropped.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SecretText(String);

impl SecretText {
    /// Takes the text over.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the value itself: only for the call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl fmt::Display for SecretText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl Serialize for SecretText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// One version of a secret, without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretVersion {
    /// Version id (the ClientRequestToken it was put with).
    pub version_id: String,
    /// Staging labels on it.
    pub stages: Vec<String>,
    /// When it was put; `None` where the service does not say (a version without a value).
    pub created_at: Option<Moment>,
}

/// What DescribeSecret says of the service's own rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RotationState {
    /// Whether a rotation schedule is on; `None`: never configured.
    pub enabled: Option<bool>,
    /// The rotation function.
    pub lambda_arn: Option<String>,
    /// Days between rotations, where a fixed number is set.
    pub every_days: Option<i64>,
    /// The schedule expression, where one is set.
    pub schedule: Option<String>,
    /// The last finished rotation.
    pub last_rotated: Option<Moment>,
    /// The next scheduled rotation.
    pub next_rotation: Option<Moment>,
    /// Version that holds AWSPENDING while it is not also AWSCURRENT: a rotation in progress or stuck.
    pub pending_version: Option<String>,
}

/// A secret with its versions, without any value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretDetail {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// KMS key, where it is not the account's default.
    pub kms_key: Option<String>,
    /// Versions with their stages, newest first.
    pub versions: Vec<SecretVersion>,
    /// The service's own rotation.
    pub rotation: RotationState,
    /// Last change of value or metadata.
    pub last_changed: Option<Moment>,
    /// Set when it is scheduled for deletion.
    pub deleted: Option<Moment>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl SecretDetail {
    /// Returns the version that carries the label.
    pub fn version_with(&self, stage: &str) -> Option<&SecretVersion> {
        self.versions
            .iter()
            .find(|version| version.stages.iter().any(|label| label == stage))
    }
}

/// Whose password a secret holds, without the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretUser {
    /// The user at Neo4j.
    pub name: String,
    /// Where; none where nothing names it.
    pub address: Option<String>,
}

/// What a rotation needs to know of a secret, again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretStages {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Labels by version id.
    pub stages: BTreeMap<String, Vec<String>>,
    /// The service's own rotation is on and has a function.
    pub managed: bool,
    /// It is scheduled for deletion.
    pub deleted: bool,
}

/// Which version of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum VersionRef {
    /// The one that carries this staging label.
    Stage(String),
    /// The one with this id.
    Id(String),
}

/// The value of one version. Its Debug shows no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretValue {
    /// Version id.
    pub version_id: String,
    /// Staging labels on it.
    pub stages: Vec<String>,
    /// The content.
    pub content: SecretContent,
    /// When it was put.
    pub created: Option<Moment>,
}

/// What a secret holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretContent {
    /// Text, usually JSON.
    Text(SecretText),
    /// Bytes, which this console neither shows nor rotates.
    Binary,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_itself() {
        let secret = SecretText::from("canary-7f3c");
        let shown = format!(
            "{secret} {secret:?} {}",
            serde_json::to_string(&secret).unwrap()
        );
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(secret.reveal(), "canary-7f3c");
    }
}
