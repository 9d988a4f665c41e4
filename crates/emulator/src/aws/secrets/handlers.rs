//! The operations of Secrets Manager over HTTP (awsJson 1.1). Labels are in `staging`, rotation in `rotation`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Payload, Secret, Version, lists, passwords, rotation, staging};
use crate::faults::{FaultKind, FaultPoint};
use crate::operation::{ApiError, OperationReply, OperationResult, Protocol};
use crate::pagination;
use crate::scenarios::{ACCOUNT, REGION};
pub(super) use crate::service::text;
use crate::service::{Operation, Service};
use crate::world::World;

/// The longest staging label.
const LONGEST_LABEL: usize = 256;

/// The operations of `secretsmanager`.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::write("CreateSecret", |world, call| create(world, call.input())),
    Operation::read("GetSecretValue", |world, call| {
        get_value(world, call.input())
    }),
    Operation::write("PutSecretValue", |world, call| {
        put_value(world, call.input())
    }),
    Operation::write("UpdateSecretVersionStage", |world, call| {
        update_stage(world, call.input())
    }),
    Operation::read("DescribeSecret", |world, call| {
        lists::describe_secret(world, call.input())
    }),
    Operation::read("ListSecretVersionIds", |world, call| {
        lists::list_versions(world, call.input())
    }),
    Operation::read("ListSecrets", |world, call| {
        lists::list(world, call.input())
    }),
    Operation::write("RotateSecret", |world, call| {
        rotation::rotate(world, call.input())
    }),
    Operation::write("CancelRotateSecret", |world, call| {
        cancel_rotation(world, call.input())
    }),
    Operation::read("GetRandomPassword", |_, call| {
        passwords::answer(call.input())
    }),
    Operation::write("TagResource", |world, call| tag(world, call.input())),
    Operation::write("UntagResource", |world, call| untag(world, call.input())),
    Operation::write("DeleteSecret", |world, call| delete(world, call.input())),
    Operation::write("RestoreSecret", |world, call| restore(world, call.input())),
];

fn cancel_rotation(world: &World, input: &Value) -> OperationResult {
    with_live_secret(world, input, |secret| {
        secret.rotation_enabled = Some(false);
        let pending = secret
            .staged(staging::PENDING)
            .map(|version| version.id.clone());
        Ok(with_version(identity(secret), pending.as_deref()))
    })
}

fn restore(world: &World, input: &Value) -> OperationResult {
    with_secret(world, input, |secret| {
        secret.deleted = None;
        Ok(identity(secret))
    })
}

fn required<'a>(input: &'a Value, member: &str) -> Result<&'a str, ApiError> {
    text(input, member)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| parameter(format!("You must provide {member}.")))
}

pub(super) fn parameter(message: impl Into<String>) -> ApiError {
    ApiError::bad("InvalidParameterException", message)
}

/// Epoch seconds with a fraction.
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}

pub(super) fn identity(secret: &Secret) -> Value {
    json!({"ARN": secret.arn, "Name": secret.name})
}

pub(super) fn with_version(mut value: Value, id: Option<&str>) -> Value {
    if let (Some(members), Some(id)) = (value.as_object_mut(), id) {
        members.insert("VersionId".into(), id.into());
    }
    value
}

/// Runs `act` on the secret that `SecretId` names: a name, an ARN, or an ARN without its suffix.
pub(super) fn with_secret(
    world: &World,
    input: &Value,
    act: impl FnOnce(&mut Secret) -> Result<Value, ApiError>,
) -> OperationResult {
    let id = required(input, "SecretId")?;
    world.secrets.with(|secrets| {
        let partial = format!("{id}-");
        let named = |secret: &Secret| {
            secret.name == id
                || secret.arn == id
                || (id.starts_with("arn:")
                    && secret
                        .arn
                        .strip_prefix(&partial)
                        .is_some_and(|suffix| suffix.len() == 6))
        };
        let secret = secrets.iter_mut().find(|secret| named(secret));
        let secret = secret.ok_or_else(|| {
            ApiError::bad(
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret.",
            )
        })?;
        act(secret).map(OperationReply::Json)
    })
}

/// Returns the same for operations that a secret marked for deletion refuses.
pub(super) fn with_live_secret(
    world: &World,
    input: &Value,
    act: impl FnOnce(&mut Secret) -> Result<Value, ApiError>,
) -> OperationResult {
    with_secret(world, input, |secret| {
        if secret.deleted.is_some() {
            return Err(ApiError::bad(
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
            ));
        }
        act(secret)
    })
}

/// Returns the request token, or a fresh one; 32 to 64 characters.
pub(super) fn request_token(world: &World, input: &Value) -> Result<String, ApiError> {
    match text(input, "ClientRequestToken") {
        None => Ok(world.seed.next_uuid()),
        Some(token) if (32..=64).contains(&token.len()) => Ok(token.to_owned()),
        Some(_) => Err(parameter(
            "ClientRequestToken must have 32 to 64 characters.",
        )),
    }
}

fn payload(input: &Value) -> Result<Option<Payload>, ApiError> {
    match (text(input, "SecretString"), text(input, "SecretBinary")) {
        (Some(_), Some(_)) => Err(parameter(
            "You can't specify both a SecretString and a SecretBinary.",
        )),
        (Some(value), None) if value.len() > 65_536 => {
            Err(parameter("The secret value is longer than 65536 bytes."))
        }
        (Some(value), None) => Ok(Some(Payload::Text(value.to_owned()))),
        (None, Some(value)) => Ok(Some(Payload::Binary(value.to_owned()))),
        (None, None) => Ok(None),
    }
}

fn tags(input: &Value) -> Vec<(String, String)> {
    let list = input.get("Tags").and_then(Value::as_array);
    let read = |tag: &Value| {
        Some((
            text(tag, "Key")?.to_owned(),
            text(tag, "Value").unwrap_or_default().to_owned(),
        ))
    };
    list.into_iter().flatten().filter_map(read).collect()
}

fn create(world: &World, input: &Value) -> OperationResult {
    let name = required(input, "Name")?;
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "/_+=.@-!".contains(letter);
    if name.len() > 512 || !name.chars().all(fits) {
        return Err(ApiError::bad(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ));
    }
    let token = request_token(world, input)?;
    let value = payload(input)?;
    let now = world.now();
    world.secrets.with(|secrets| {
        if let Some(known) = secrets.iter().find(|secret| secret.name == name) {
            let again = value.is_some()
                && known
                    .version(&token)
                    .is_some_and(|version| version.value == value);
            if again {
                return Ok(OperationReply::Json(with_version(
                    identity(known),
                    Some(&token),
                )));
            }
            let text = format!("The operation failed because the secret {name} already exists.");
            return Err(ApiError::bad("ResourceExistsException", text));
        }
        let suffix = world
            .seed
            .mixed(&format!("created secret {name} {}", secrets.len()), 6);
        let version = value.map(|value| Version {
            id: token.clone(),
            value: Some(value),
            stages: vec![staging::CURRENT.into()],
            created: now,
            accessed: None,
        });
        let has_value = version.is_some();
        let secret = Secret {
            arn: format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-{suffix}"),
            name: name.to_owned(),
            description: text(input, "Description").map(str::to_owned),
            owner: None,
            created: now,
            changed: now,
            accessed: None,
            rotated: None,
            deleted: None,
            rotation_enabled: None,
            rotation_function: None,
            rotation_rules: None,
            tags: tags(input),
            versions: version.into_iter().collect(),
        };
        let answer = with_version(identity(&secret), has_value.then_some(token.as_str()));
        secrets.push(secret);
        Ok(OperationReply::Json(answer))
    })
}

fn get_value(world: &World, input: &Value) -> OperationResult {
    let now = world.now();
    let (id, stage) = (text(input, "VersionId"), text(input, "VersionStage"));
    let mut is_slow = false;
    let reply = with_live_secret(world, input, |secret| {
        let fault = take_fault(world, secret);
        let refusal = fault.and_then(|kind| {
            ApiError::of_fault(
                kind,
                Service::SecretsManager,
                "GetSecretValue",
                Protocol::AwsJson("application/x-amz-json-1.1"),
            )
        });
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        is_slow = fault == Some(FaultKind::Slow);
        secret.accessed = Some(now);
        let (arn, name) = (secret.arn.clone(), secret.name.clone());
        let version = find_version(secret, id, stage)?;
        version.accessed = Some(now);
        let mut answer = json!({"ARN": arn, "Name": name, "VersionId": version.id});
        let (member, value) = match version.value.as_ref() {
            Some(Payload::Text(value)) => ("SecretString", value.clone()),
            Some(Payload::Binary(value)) => ("SecretBinary", value.clone()),
            None => return Err(no_value(stage.unwrap_or(staging::CURRENT))),
        };
        let is_current = version.stages.iter().any(|label| label == staging::CURRENT);
        let value = if fault == Some(FaultKind::Stale) && is_current {
            super::state::stale(&value)
        } else {
            value
        };
        if let Some(members) = answer.as_object_mut() {
            members.insert(member.into(), value.into());
            members.insert("VersionStages".into(), json!(version.stages));
            members.insert("CreatedDate".into(), json!(seconds(version.created)));
        }
        Ok(answer)
    })?;
    Ok(if is_slow {
        OperationReply::Late(Box::new(reply))
    } else {
        reply
    })
}

/// Returns the fault of the hop `secret` that hits this reading of a deployment's own secret; counts it.
fn take_fault(world: &World, secret: &Secret) -> Option<FaultKind> {
    let owner = world
        .deployments
        .iter()
        .find(|known| known.secret_arn.as_deref() == Some(&secret.arn))?;
    world.faults.take_hop(owner.name, FaultPoint::Secret)
}

fn no_value(stage: &str) -> ApiError {
    let text =
        format!("Secrets Manager can't find the specified secret value for staging label: {stage}");
    ApiError::bad("ResourceNotFoundException", text)
}

fn find_version<'a>(
    secret: &'a mut Secret,
    id: Option<&str>,
    stage: Option<&str>,
) -> Result<&'a mut Version, ApiError> {
    let has = |version: &Version, stage: &str| version.stages.iter().any(|label| label == stage);
    match (id, stage) {
        (Some(id), stage) => {
            let version = secret
                .versions
                .iter_mut()
                .find(|version| version.id == id)
                .ok_or_else(|| {
                    let text = format!(
                        "Secrets Manager can't find the specified secret value for VersionId: {id}"
                    );
                    ApiError::bad("ResourceNotFoundException", text)
                })?;
            if stage.is_some_and(|stage| !has(version, stage)) {
                let text =
                    "You provided a VersionStage that is not associated to the provided VersionId.";
                return Err(ApiError::bad("InvalidRequestException", text));
            }
            Ok(version)
        }
        (None, stage) => {
            let stage = stage.unwrap_or(staging::CURRENT);
            secret
                .versions
                .iter_mut()
                .find(|version| has(version, stage))
                .ok_or_else(|| no_value(stage))
        }
    }
}

fn put_value(world: &World, input: &Value) -> OperationResult {
    let token = request_token(world, input)?;
    let value = payload(input)?
        .ok_or_else(|| parameter("You must provide either SecretString or SecretBinary."))?;
    let stages: Vec<String> = match input.get("VersionStages").and_then(Value::as_array) {
        None => vec![staging::CURRENT.into()],
        Some(list) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    };
    if stages.is_empty()
        || stages.len() > 20
        || stages
            .iter()
            .any(|stage| stage.is_empty() || stage.len() > LONGEST_LABEL)
    {
        return Err(parameter(
            "VersionStages must have 1 to 20 labels of 1 to 256 characters.",
        ));
    }
    let now = world.now();
    with_live_secret(world, input, |secret| {
        let labels = staging::put(secret, &token, value, &stages, now)?;
        let mut answer = with_version(identity(secret), Some(&token));
        if let Some(members) = answer.as_object_mut() {
            members.insert("VersionStages".into(), json!(labels));
        }
        Ok(answer)
    })
}

fn update_stage(world: &World, input: &Value) -> OperationResult {
    let stage = required(input, "VersionStage")?;
    if stage.len() > LONGEST_LABEL {
        return Err(parameter("VersionStage must have 1 to 256 characters."));
    }
    let (from, to) = (
        text(input, "RemoveFromVersionId"),
        text(input, "MoveToVersionId"),
    );
    let now = world.now();
    with_live_secret(world, input, |secret| {
        staging::update_stage(secret, stage, from, to, now)?;
        Ok(identity(secret))
    })
}

fn tag(world: &World, input: &Value) -> OperationResult {
    let added = tags(input);
    with_live_secret(world, input, |secret| {
        for (key, value) in added {
            secret.tags.retain(|(known, _)| *known != key);
            secret.tags.push((key, value));
        }
        Ok(json!({}))
    })
}

fn untag(world: &World, input: &Value) -> OperationResult {
    let keys = input
        .get("TagKeys")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    with_live_secret(world, input, |secret| {
        secret
            .tags
            .retain(|(known, _)| !keys.iter().any(|key| key == known));
        Ok(json!({}))
    })
}

fn delete(world: &World, input: &Value) -> OperationResult {
    let force = input
        .get("ForceDeleteWithoutRecovery")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let days = pagination::number(input.get("RecoveryWindowInDays"));
    if force && days.is_some() {
        return Err(parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    let days = days.unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(parameter(
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        ));
    }
    let now = world.now();
    let when = if force {
        Ok(now)
    } else {
        now.checked_add(SignedDuration::from_hours(days * 24))
    };
    let when = when.map_err(|_| parameter("The deletion date cannot be expressed."))?;
    let answer = with_live_secret(world, input, |secret| {
        secret.deleted = Some(when);
        let mut answer = identity(secret);
        if let Some(members) = answer.as_object_mut() {
            members.insert("DeletionDate".into(), json!(seconds(when)));
        }
        Ok(answer)
    })?;
    if let (true, OperationReply::Json(gone)) = (force, &answer) {
        world.secrets.with(|secrets| {
            secrets.retain(|secret| Some(secret.arn.as_str()) != text(gone, "ARN"));
        });
    }
    Ok(answer)
}
