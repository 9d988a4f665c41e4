//! Version ids and staging labels of a secret: what Secrets Manager's `VersionIdsToStages` says, as plain data.
//!
//! Knows the names of the labels that this program sets itself. Holds no values and no clock.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The version that readers get when they name none.
pub const CURRENT: &str = "AWSCURRENT";
/// The version that a rotation is about to make current: lock and write-ahead record in one.
pub const PENDING: &str = "AWSPENDING";
/// The version that was current before; Secrets Manager moves it by itself.
pub const PREVIOUS: &str = "AWSPREVIOUS";

const PREPARED_PREFIX: &str = "console.rot.";
const SENT_PREFIX: &str = "console.sent.";
/// Ends the operator's name in the label of a version that is taken because the database accepts it already.
pub const ADOPTING: &str = "+drift";
/// Ends the operator's name in the label of a version that was made for the other one of two users.
pub const TURN: &str = "+turn";
/// Ends the operator's name in the label of a pending client secret that is being rolled back.
pub const UNDO: &str = "+undo";
/// Secrets Manager allows 256 characters; names of people are cut well below that.
const OPERATOR_LENGTH: usize = 64;
/// Stands between the operator's name, which never contains it, and the version.
const VERSION_SEPARATOR: char = '~';
/// How many characters of the version's id are part of a label.
const VERSION_LENGTH: usize = 8;

/// A staging label that is put on a version, moved or taken off: for the audit record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelChange {
    /// The label.
    pub name: String,
    /// The version that has it afterwards; none where it is taken off.
    pub to: Option<String>,
    /// The version that loses it; none where no version had it.
    pub from: Option<String>,
}

impl LabelChange {
    /// Returns the move of this label between two versions.
    pub fn new(name: &str, to: Option<&VersionId>, from: Option<&VersionId>) -> Self {
        Self {
            name: name.to_owned(),
            to: to.map(ToString::to_string),
            from: from.map(ToString::to_string),
        }
    }
}

/// The id of one version of a secret (the `ClientRequestToken` it was stored with).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionId(Arc<str>);

impl VersionId {
    /// Takes the id as Secrets Manager spells it.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// Returns the whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first characters, enough to tell versions apart in a sentence.
    pub fn short(&self) -> String {
        let mut characters = self.0.chars();
        let head: String = characters.by_ref().take(8).collect();
        if characters.next().is_some() {
            format!("{head}…")
        } else {
            head
        }
    }
}

impl fmt::Debug for VersionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Who prepared a version and when, read from its label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Author {
    /// The operator's name as it stands in the label.
    pub operator: String,
    /// Seconds since 1970.
    pub unix_seconds: i64,
}

/// Returns the label of a version that was stored but perhaps never claimed: `console.rot.<operator>~<version>.<unixtime>`.
///
/// `marks` stand behind the name, however long that is: [`TURN`], [`ADOPTING`]. The version's first characters keep two processes
/// apart that rotate under one name in the same second, as jobs with a fixed role session name do: `PutSecretValue` would take an
/// equal label off the other's version.
pub fn prepared_label(
    operator: &str,
    marks: &str,
    version: &VersionId,
    unix_seconds: i64,
) -> String {
    label(PREPARED_PREFIX, operator, marks, version, unix_seconds)
}

/// Returns the label of a version whose password may have been sent to the database: `console.sent.<operator>~<version>.<unixtime>`.
pub fn sent_label(operator: &str, marks: &str, version: &VersionId, unix_seconds: i64) -> String {
    label(SENT_PREFIX, operator, marks, version, unix_seconds)
}

fn label(
    prefix: &str,
    operator: &str,
    marks: &str,
    version: &VersionId,
    unix_seconds: i64,
) -> String {
    let version: String = version
        .as_str()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(VERSION_LENGTH)
        .collect();
    format!(
        "{prefix}{}{marks}{VERSION_SEPARATOR}{version}.{unix_seconds}",
        label_safe(operator)
    )
}

/// Keeps what is harmless in a label and in every place where labels are shown; a dot separates the parts of a label.
fn label_safe(operator: &str) -> String {
    let safe: String = operator
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() || "_-@=+".contains(character) {
                character
            } else {
                '-'
            }
        })
        .take(OPERATOR_LENGTH)
        .collect();
    if safe.is_empty() {
        "unknown".to_owned()
    } else {
        safe
    }
}

fn author_of(label: &str, prefix: &str) -> Option<Author> {
    let (operator, time) = label.strip_prefix(prefix)?.rsplit_once('.')?;
    let operator = operator
        .rsplit_once(VERSION_SEPARATOR)
        .map_or(operator, |(operator, _)| operator);
    Some(Author {
        operator: operator.to_owned(),
        unix_seconds: time.parse().ok()?,
    })
}

/// Is this a label that this program sets?
pub fn is_ours(label: &str) -> bool {
    label.starts_with(PREPARED_PREFIX) || label.starts_with(SENT_PREFIX)
}

/// Which labels sit on which versions, as one read of the secret showed it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(Vec<(VersionId, Vec<Arc<str>>)>);

impl Labels {
    /// Orders versions and labels, so that equal states compare equal.
    pub fn new(versions: impl IntoIterator<Item = (VersionId, Vec<Arc<str>>)>) -> Self {
        let mut versions: Vec<_> = versions.into_iter().collect();
        for (_, labels) in &mut versions {
            labels.sort();
        }
        versions.sort();
        Self(versions)
    }

    /// Returns the version that carries a label.
    pub fn holder(&self, label: &str) -> Option<&VersionId> {
        self.0
            .iter()
            .find(|(_, labels)| labels.iter().any(|known| &**known == label))
            .map(|(version, _)| version)
    }

    /// Returns all labels of one version.
    pub fn of(&self, version: &VersionId) -> &[Arc<str>] {
        self.0
            .iter()
            .find(|(one, _)| one == version)
            .map_or(&[], |(_, labels)| labels)
    }

    /// Returns all versions with their labels.
    pub fn versions(&self) -> impl Iterator<Item = (&VersionId, &[Arc<str>])> {
        self.0
            .iter()
            .map(|(version, labels)| (version, labels.as_slice()))
    }

    /// Returns who prepared this version with this program, if anybody did.
    pub fn author(&self, version: &VersionId) -> Option<Author> {
        self.of(version)
            .iter()
            .find_map(|label| author_of(label, PREPARED_PREFIX))
    }

    /// Has this version's password perhaps been sent to the database?
    pub fn was_sent(&self, version: &VersionId) -> bool {
        self.of(version)
            .iter()
            .any(|label| label.starts_with(SENT_PREFIX))
    }

    /// Returns the label that says that the rotation of this version is rolled back; none while it is not.
    pub fn undo_mark(&self, version: &VersionId) -> Option<&Arc<str>> {
        self.of(version).iter().find(|label| {
            author_of(label, PREPARED_PREFIX).is_some_and(|author| author.operator.ends_with(UNDO))
        })
    }

    /// Returns whether the rotation of this version is being rolled back.
    pub fn is_undone(&self, version: &VersionId) -> bool {
        self.undo_mark(version).is_some()
    }

    /// Returns the labels that this program has put on a version.
    pub fn ours_on(&self, version: &VersionId) -> impl Iterator<Item = &Arc<str>> {
        self.of(version).iter().filter(|label| is_ours(label))
    }

    /// Returns the labels of ours on a version that a finished rotation may take off: not those of somebody who, since `unix_seconds`, has
    /// begun to make this very version current again.
    pub fn finished_on(
        &self,
        version: &VersionId,
        unix_seconds: i64,
    ) -> impl Iterator<Item = &Arc<str>> {
        self.ours_on(version).filter(move |label| {
            let author = author_of(label, PREPARED_PREFIX);
            !author.is_some_and(|author| {
                author.operator.ends_with(ADOPTING) && author.unix_seconds >= unix_seconds
            })
        })
    }

    /// Versions with a label of ours but no stage of Secrets Manager: newest first by the time in the label.
    pub fn leftovers(&self) -> Vec<&VersionId> {
        let mut found: Vec<(i64, &VersionId)> = self
            .versions()
            .filter(|(_, labels)| {
                labels.iter().any(|label| is_ours(label))
                    && labels.iter().all(|label| is_ours(label))
            })
            .map(|(version, labels)| (newest(labels), version))
            .collect();
        found.sort_by(|left, right| right.cmp(left));
        found.into_iter().map(|(_, version)| version).collect()
    }

    /// Versions that were prepared before `unix_seconds` and never claimed nor sent: only their label is in the way.
    pub fn orphans(&self, unix_seconds: i64) -> Vec<(VersionId, Arc<str>)> {
        let mut found = Vec::new();
        for version in self.leftovers() {
            if self.was_sent(version) {
                continue;
            }
            for label in self.ours_on(version) {
                if author_of(label, PREPARED_PREFIX)
                    .is_some_and(|author| author.unix_seconds < unix_seconds)
                {
                    found.push((version.clone(), label.clone()));
                }
            }
        }
        found
    }
}

fn newest(labels: &[Arc<str>]) -> i64 {
    labels
        .iter()
        .filter_map(|label| {
            author_of(label, PREPARED_PREFIX).or_else(|| author_of(label, SENT_PREFIX))
        })
        .map(|author| author.unix_seconds)
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(versions: &[(&str, &[&str])]) -> Labels {
        Labels::new(versions.iter().map(|(version, labels)| {
            (
                VersionId::new(*version),
                labels.iter().map(|label| Arc::from(*label)).collect(),
            )
        }))
    }

    #[test]
    fn a_label_names_operator_version_and_time_and_nothing_else() {
        let version = VersionId::new("6f1d2c3b-0000-4000-8000-000000000000");
        let label = prepared_label("Ana María/ops.eu\n", "", &version, 1_795_269_901);
        assert_eq!(label, "console.rot.Ana-Mar-a-ops-eu-~6f1d2c3b.1795269901");
        let author = Some(Author {
            operator: "Ana-Mar-a-ops-eu-".into(),
            unix_seconds: 1_795_269_901,
        });
        assert_eq!(author_of(&label, PREPARED_PREFIX), author);
        let older = "console.rot.Ana-Mar-a-ops-eu-.1795269901";
        assert_eq!(
            author_of(older, PREPARED_PREFIX),
            author,
            "labels of earlier releases name no version"
        );
        assert_eq!(
            prepared_label("", "", &version, 1),
            "console.rot.unknown~6f1d2c3b.1"
        );
        let long = "x".repeat(1_000);
        assert!(prepared_label(&long, "", &version, i64::MAX).len() < 256);
        let turn = author_of(&prepared_label(&long, TURN, &version, 1), PREPARED_PREFIX);
        assert!(
            turn.unwrap().operator.ends_with("x+turn"),
            "a long name hides no mark"
        );
    }

    #[test]
    fn orphans_are_only_those_never_claimed_and_never_sent() {
        let seen = labels(&[
            ("a", &["AWSCURRENT", "console.rot.ana.5"]),
            ("b", &["AWSPENDING", "console.rot.ana.6"]),
            ("c", &["console.rot.ana.7"]),
            ("d", &["console.rot.ana.8", "console.sent.ana.8"]),
            ("e", &["console.rot.ana.90"]),
            ("f", &["theirs"]),
            ("g", &["console.rot.ana.4", "theirs"]),
        ]);
        let orphans: Vec<_> = seen
            .orphans(50)
            .into_iter()
            .map(|(version, _)| version.to_string())
            .collect();
        assert_eq!(orphans, ["c"]);
        let leftovers: Vec<_> = seen
            .leftovers()
            .into_iter()
            .map(VersionId::as_str)
            .collect();
        assert_eq!(leftovers, ["e", "d", "c"]);
    }

    #[test]
    fn equal_reads_compare_equal_whatever_their_order() {
        assert_eq!(
            labels(&[("a", &["x", "y"]), ("b", &["z"])]),
            labels(&[("b", &["z"]), ("a", &["y", "x"])])
        );
    }
}
