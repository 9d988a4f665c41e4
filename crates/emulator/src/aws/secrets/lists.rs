//! DescribeSecret, ListSecrets and ListSecretVersionIds.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::Secret;
use super::handlers::{identity, parameter, seconds, text, with_secret};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::pagination;
use crate::scenarios::REGION;
use crate::world::World;

/// Number of entries of a page if the request does not say.
const PAGE: usize = 2;

/// DescribeSecret.
pub(super) fn describe_secret(world: &World, input: &Value) -> OperationResult {
    with_secret(world, input, |secret| Ok(describe(secret)))
}

/// Returns the answer of DescribeSecret.
fn describe(secret: &Secret) -> Value {
    let mut value = entry(secret);
    let labelled = secret
        .versions
        .iter()
        .filter(|version| !version.stages.is_empty());
    let stages: Map<String, Value> = labelled
        .map(|version| (version.id.clone(), json!(version.stages)))
        .collect();
    if let Some(members) = value.as_object_mut() {
        members.remove("SecretVersionsToStages");
        members.insert("VersionIdsToStages".into(), stages.into());
    }
    value
}

/// Returns an entry of ListSecrets.
fn entry(secret: &Secret) -> Value {
    let tags: Vec<Value> = secret
        .tags
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    // Secrets Manager tells the day of the last access only.
    let day = |time: Timestamp| (time.as_second() / 86_400 * 86_400) as f64;
    let labelled = secret
        .versions
        .iter()
        .filter(|version| !version.stages.is_empty());
    let stages: Map<String, Value> = labelled
        .map(|version| (version.id.clone(), json!(version.stages)))
        .collect();
    let next = (secret.rotation_enabled == Some(true))
        .then(|| secret.rotated.unwrap_or(secret.created))
        .and_then(|last| last.checked_add(SignedDuration::from_hours(30 * 24)).ok());
    let mut value = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "Description": secret.description,
        "RotationEnabled": secret.rotation_enabled,
        "RotationLambdaARN": secret.rotation_function,
        "RotationRules": secret.rotation_rules,
        "LastRotatedDate": secret.rotated.map(seconds),
        "LastChangedDate": seconds(secret.changed),
        "LastAccessedDate": secret.accessed.map(day),
        "DeletedDate": secret.deleted.map(seconds),
        "NextRotationDate": next.map(seconds),
        "Tags": tags,
        "SecretVersionsToStages": stages,
        "OwningService": secret.owner,
        "CreatedDate": seconds(secret.created),
        "PrimaryRegion": REGION,
    });
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

fn page_size(input: &Value) -> Result<usize, ApiError> {
    match input.get("MaxResults") {
        None => Ok(PAGE),
        given => pagination::number(given)
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=100).contains(size))
            .ok_or_else(|| parameter("MaxResults must be between 1 and 100.")),
    }
}

fn paged(
    list: &str,
    entries: Vec<Value>,
    input: &Value,
) -> Result<(Value, Option<String>), ApiError> {
    let page = pagination::cut(list, entries, page_size(input)?, text(input, "NextToken"))
        .map_err(|_| {
            ApiError::bad(
                "InvalidNextTokenException",
                "The NextToken value is invalid.",
            )
        })?;
    Ok((Value::Array(page.entries), page.next))
}

/// ListSecretVersionIds.
pub(super) fn list_versions(world: &World, input: &Value) -> OperationResult {
    let deprecated = input
        .get("IncludeDeprecated")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    with_secret(world, input, |secret| {
        let shown = secret.versions.iter().filter(|version| {
            version.value.is_some() && (deprecated || !version.stages.is_empty())
        });
        let entries = shown.map(
            |version| json!({"VersionId": version.id, "VersionStages": version.stages, "CreatedDate": seconds(version.created)}),
        );
        let (versions, next) = paged(&secret.arn, entries.collect(), input)?;
        let mut answer = identity(secret);
        if let Some(members) = answer.as_object_mut() {
            members.insert("Versions".into(), versions);
            if let Some(next) = next {
                members.insert("NextToken".into(), next.into());
            }
        }
        Ok(answer)
    })
}

/// ListSecrets.
pub(super) fn list(world: &World, input: &Value) -> OperationResult {
    let filters = input
        .get("Filters")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let deleted = input
        .get("IncludePlannedDeletion")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let mut found = world.secrets.with(|secrets| {
        let shown = secrets
            .iter()
            .filter(|secret| deleted || secret.deleted.is_none());
        shown
            .filter(|secret| filters.iter().all(|filter| passes(secret, filter)))
            .cloned()
            .collect::<Vec<_>>()
    });
    if text(input, "SortOrder") == Some("desc") {
        found.reverse();
    }
    let (entries, next) = paged("ListSecrets", found.iter().map(entry).collect(), input)?;
    let mut answer = json!({"SecretList": entries});
    if let (Some(next), Some(members)) = (next, answer.as_object_mut()) {
        members.insert("NextToken".into(), next.into());
    }
    Ok(OperationReply::Json(answer))
}

/// Returns one filter: any of its values; `!` in front negates; names and tag keys by prefix.
fn passes(secret: &Secret, filter: &Value) -> bool {
    let key = text(filter, "Key").unwrap_or("all");
    let values = filter
        .get("Values")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    values
        .iter()
        .filter_map(Value::as_str)
        .any(|value| match value.strip_prefix('!') {
            Some(unwanted) => !matches(secret, key, unwanted),
            None => matches(secret, key, value),
        })
}

fn matches(secret: &Secret, key: &str, value: &str) -> bool {
    let starts = |text: &str| text.to_lowercase().starts_with(&value.to_lowercase());
    match key {
        "name" => secret.name.starts_with(value),
        "description" => secret
            .description
            .as_deref()
            .is_some_and(|text| text.to_lowercase().split(' ').any(starts)),
        "tag-key" => secret.tags.iter().any(|(name, _)| name.starts_with(value)),
        "tag-value" => secret.tags.iter().any(|(_, tag)| tag.starts_with(value)),
        "primary-region" => REGION.starts_with(value),
        "owning-service" => secret
            .owner
            .as_deref()
            .is_some_and(|owner| owner.starts_with(value)),
        _ => {
            let described = secret.description.as_deref().unwrap_or_default();
            let words = secret
                .name
                .split(['/', '-', '_', ' '])
                .chain(described.split(' '));
            words
                .chain(
                    secret
                        .tags
                        .iter()
                        .flat_map(|(key, value)| [key.as_str(), value.as_str()]),
                )
                .any(starts)
        }
    }
}
