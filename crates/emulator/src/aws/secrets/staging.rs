//! The rules of staging labels, as Secrets Manager enforces them. Pure: secrets in, secrets or a refusal out. A refusal
//! leaves the secret as it was.

use jiff::Timestamp;

use super::{Payload, Secret, Version};
use crate::operation::ApiError;

/// How many labels a version may carry.
const MOST_LABELS: usize = 20;
/// Above this many versions, unlabelled ones older than a day are purged.
const MOST_VERSIONS: usize = 100;

pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PENDING: &str = "AWSPENDING";
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";

impl Secret {
    fn version_mut(&mut self, id: &str) -> Option<&mut Version> {
        self.versions.iter_mut().find(|version| version.id == id)
    }

    pub(super) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// Puts a label on a version and takes it from every other; AWSPREVIOUS follows AWSCURRENT.
    fn label(&mut self, id: &str, stage: &str) {
        let before = self.staged(stage).map(|version| version.id.clone());
        if before.as_deref() == Some(id) {
            return;
        }
        for version in &mut self.versions {
            version.stages.retain(|label| label != stage);
        }
        if let Some(version) = self.version_mut(id) {
            version.stages.push(stage.to_owned());
        }
        if let (CURRENT, Some(before)) = (stage, before) {
            self.label(&before, PREVIOUS);
        }
    }
}

/// PutSecretValue: rule 1 (labels move), rule 3 (a version never changes its value). Gives the version's labels.
pub(super) fn put(
    secret: &mut Secret,
    id: &str,
    value: Payload,
    stages: &[String],
    now: Timestamp,
) -> Result<Vec<String>, ApiError> {
    match secret.version(id).map(|version| &version.value) {
        Some(Some(known)) if *known == value => {
            return Ok(secret
                .version(id)
                .map(|version| version.stages.clone())
                .unwrap_or_default());
        }
        Some(Some(_)) => {
            return Err(ApiError::bad(
                "ResourceExistsException",
                "You can't use ClientRequestToken because that value is already in use for a version of this secret \
                 with another value: versions are immutable.",
            ));
        }
        // Announced by a rotation, still empty.
        Some(None) | None => {}
    }
    let mut next = secret.clone();
    match next.version_mut(id) {
        Some(announced) => announced.value = Some(value),
        None => next.versions.push(Version {
            id: id.to_owned(),
            value: Some(value),
            stages: Vec::new(),
            created: now,
            accessed: None,
        }),
    }
    for stage in stages {
        next.label(id, stage);
    }
    let labels = labels_within_limit(&next, id)?;
    next.changed = now;
    purge(&mut next, now);
    *secret = next;
    Ok(labels)
}

/// Returns the labels of the version that a request labels.
fn labels_within_limit(secret: &Secret, id: &str) -> Result<Vec<String>, ApiError> {
    let labels = secret
        .version(id)
        .map(|version| version.stages.clone())
        .unwrap_or_default();
    if labels.len() > MOST_LABELS {
        return Err(ApiError::bad(
            "LimitExceededException",
            "A version can have at most 20 staging labels.",
        ));
    }
    Ok(labels)
}

fn purge(secret: &mut Secret, now: Timestamp) {
    let mut surplus = secret.versions.len().saturating_sub(MOST_VERSIONS);
    secret.versions.retain(|version| {
        let old = now.duration_since(version.created) > jiff::SignedDuration::from_hours(24);
        let goes = surplus > 0 && version.stages.is_empty() && old;
        surplus -= usize::from(goes);
        !goes
    });
}

/// UpdateSecretVersionStage: a compare-and-swap on one label (rule 2).
pub(super) fn update_stage(
    secret: &mut Secret,
    stage: &str,
    remove_from: Option<&str>,
    move_to: Option<&str>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let refuse = |text: String| Err(ApiError::bad("InvalidParameterException", text));
    for id in [remove_from, move_to].into_iter().flatten() {
        if secret.version(id).is_none() {
            let text = format!("Secrets Manager can't find the specified secret version: {id}.");
            return Err(ApiError::bad("ResourceNotFoundException", text));
        }
    }
    let holder = secret.staged(stage).map(|version| version.id.clone());
    let mut next = secret.clone();
    match (remove_from, move_to) {
        (None, None) => {
            return refuse(
                "You must specify RemoveFromVersionId, MoveToVersionId, or both.".into(),
            );
        }
        (Some(from), _) if holder.as_deref() != Some(from) => {
            return refuse(format!(
                "The parameter RemoveFromVersionId is not valid: staging label {stage} isn't attached to version {from}."
            ));
        }
        (None, Some(to)) => {
            if let Some(holder) = holder.filter(|holder| holder != to) {
                return refuse(format!(
                    "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to \
                     version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
                ));
            }
            next.label(to, stage);
        }
        (Some(from), None) => {
            if stage == CURRENT {
                return refuse(format!(
                    "You can only move staging label {CURRENT} to a different secret version. It can't be completely removed."
                ));
            }
            if let Some(version) = next.version_mut(from) {
                version.stages.retain(|label| label != stage);
            }
        }
        (Some(_), Some(to)) => next.label(to, stage),
    }
    if let Some(to) = move_to {
        labels_within_limit(&next, to)?;
    }
    next.changed = now;
    *secret = next;
    Ok(())
}

/// Rule 5: whether a rotation is under way or stuck.
pub(super) fn is_rotation_pending(secret: &Secret) -> bool {
    let id = |stage| secret.staged(stage).map(|version| &version.id);
    id(PENDING).is_some() && id(PENDING) != id(CURRENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn secret() -> Secret {
        let version = |id: &str, stage: &str| Version {
            id: id.into(),
            value: Some(Payload::Text(id.into())),
            stages: vec![stage.into()],
            created: NOW,
            accessed: None,
        };
        Secret {
            arn: String::new(),
            name: String::new(),
            description: None,
            owner: None,
            created: NOW,
            changed: NOW,
            accessed: None,
            rotated: None,
            deleted: None,
            rotation_enabled: None,
            rotation_function: None,
            rotation_rules: None,
            tags: Vec::new(),
            versions: vec![version("one", CURRENT), version("two", PENDING)],
        }
    }

    fn labels(secret: &Secret) -> Vec<(&str, Vec<&str>)> {
        secret
            .versions
            .iter()
            .map(|v| (v.id.as_str(), v.stages.iter().map(String::as_str).collect()))
            .collect()
    }

    #[test]
    fn putting_without_stages_moves_current_and_previous() {
        let mut secret = secret();
        put(
            &mut secret,
            "three",
            Payload::Text("x".into()),
            &[CURRENT.into()],
            NOW,
        )
        .unwrap();
        assert_eq!(
            labels(&secret),
            [
                ("one", vec![PREVIOUS]),
                ("two", vec![PENDING]),
                ("three", vec![CURRENT])
            ]
        );
    }

    #[test]
    fn a_version_never_changes_its_value() {
        let mut secret = secret();
        let again = put(
            &mut secret,
            "two",
            Payload::Text("two".into()),
            &[CURRENT.into()],
            NOW,
        )
        .unwrap();
        assert_eq!(again, [PENDING], "the same request again changes nothing");
        let error = put(&mut secret, "two", Payload::Text("other".into()), &[], NOW).unwrap_err();
        assert_eq!(error.code, "ResourceExistsException");
    }

    #[test]
    fn putting_steals_a_label() {
        let mut secret = secret();
        put(
            &mut secret,
            "three",
            Payload::Text("x".into()),
            &[PENDING.into()],
            NOW,
        )
        .unwrap();
        assert_eq!(
            labels(&secret),
            [
                ("one", vec![CURRENT]),
                ("two", vec![]),
                ("three", vec![PENDING])
            ]
        );
    }

    #[test]
    fn moving_a_label_is_a_compare_and_swap() {
        let mut secret = secret();
        let code = |outcome: Result<(), ApiError>| outcome.unwrap_err().code.into_owned();
        assert_eq!(
            code(update_stage(&mut secret, CURRENT, None, Some("two"), NOW)),
            "InvalidParameterException"
        );
        assert_eq!(
            code(update_stage(
                &mut secret,
                CURRENT,
                Some("two"),
                Some("two"),
                NOW
            )),
            "InvalidParameterException"
        );
        assert_eq!(
            code(update_stage(&mut secret, CURRENT, Some("one"), None, NOW)),
            "InvalidParameterException"
        );
        assert_eq!(
            code(update_stage(&mut secret, CURRENT, None, Some("nine"), NOW)),
            "ResourceNotFoundException"
        );
        assert_eq!(
            code(update_stage(&mut secret, CURRENT, None, None, NOW)),
            "InvalidParameterException"
        );
        assert!(is_rotation_pending(&secret));
        update_stage(&mut secret, CURRENT, Some("one"), Some("two"), NOW).unwrap();
        assert_eq!(
            labels(&secret),
            [("one", vec![PREVIOUS]), ("two", vec![PENDING, CURRENT])]
        );
        assert!(
            !is_rotation_pending(&secret),
            "pending on the current version is a finished rotation"
        );
        update_stage(&mut secret, PENDING, Some("two"), None, NOW).unwrap();
        update_stage(&mut secret, "mine", None, Some("one"), NOW).unwrap();
        assert_eq!(
            labels(&secret),
            [("one", vec![PREVIOUS, "mine"]), ("two", vec![CURRENT])]
        );
    }

    #[test]
    fn a_version_has_at_most_20_labels_and_a_refusal_changes_nothing() {
        let mut secret = secret();
        let label = |number: usize| format!("label-{number}");
        let all: Vec<String> = (1..=MOST_LABELS).map(label).collect();
        // AWSPENDING and nineteen more.
        for number in 1..MOST_LABELS {
            update_stage(&mut secret, &label(number), None, Some("two"), NOW).unwrap();
        }
        let full = format!("{secret:?}");
        let later = Timestamp::from_second(5).unwrap();
        let error = update_stage(&mut secret, "one-more", None, Some("two"), later).unwrap_err();
        assert_eq!(error.code, "LimitExceededException");
        let error =
            update_stage(&mut secret, CURRENT, Some("one"), Some("two"), later).unwrap_err();
        assert_eq!(error.code, "LimitExceededException");
        secret.versions.push(Version {
            id: "empty".into(),
            value: None,
            stages: vec!["mine".into()],
            created: NOW,
            accessed: None,
        });
        let error = put(&mut secret, "empty", Payload::Text("x".into()), &all, later).unwrap_err();
        assert_eq!(error.code, "LimitExceededException");
        assert!(
            secret
                .versions
                .pop()
                .is_some_and(|version| version.value.is_none() && version.stages == ["mine"])
        );
        assert_eq!(
            format!("{secret:?}"),
            full,
            "labels, versions and the time of the last change are as they were"
        );
        update_stage(&mut secret, "label-1", Some("two"), Some("two"), later).unwrap();
        put(&mut secret, "three", Payload::Text("x".into()), &all, later).unwrap();
        assert_eq!(
            labels(&secret),
            [
                ("one", vec![CURRENT]),
                ("two", vec![PENDING]),
                ("three", all.iter().map(String::as_str).collect())
            ]
        );
    }
}
