//! AddUserPoolClientSecret, ListUserPoolClientSecrets, DeleteUserPoolClientSecret: an app client has one or two secrets,
//! and both are accepted while both exist.

use serde_json::{Value, json};

use super::handlers::{client, parameter};
use super::state::{Client, ClientSecret, secret_id};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::service::text;
use crate::world::World;

/// Maximum number of secrets of a client.
const MAX_SECRETS: usize = 2;

/// Adds the secret that the request gives, or a new one, whose value only this answer shows.
pub(super) fn add(world: &World, input: &Value) -> OperationResult {
    let client = confidential_client(world, input)?;
    let given = text(input, "ClientSecret");
    if let Some(value) = given {
        check_value(value)?;
    }
    let now = world.now();
    let secret = ClientSecret {
        id: secret_id(&client.id, now),
        value: given.map_or_else(
            || {
                let label = world.seed.next_uuid();
                world
                    .seed
                    .lower(&format!("generated client secret {label}"), 52)
            },
            str::to_owned,
        ),
        created: now,
    };
    let mut descriptor = described(&secret);
    if let (None, Some(members)) = (given, descriptor.as_object_mut()) {
        members.insert("ClientSecretValue".into(), secret.value.as_str().into());
    }
    let mut secrets = client.secrets.lock();
    if secrets.len() >= MAX_SECRETS {
        return Err(ApiError::bad(
            "LimitExceededException",
            "Client secrets cannot exceed limit of 2 secrets.",
        ));
    }
    secrets.push(secret);
    Ok(OperationReply::Json(
        json!({ "ClientSecretDescriptor": descriptor }),
    ))
}

/// Ids and dates, never a value.
pub(super) fn list(world: &World, input: &Value) -> OperationResult {
    let client = client(world, input)?;
    let secrets: Vec<Value> = client.secrets.lock().iter().map(described).collect();
    Ok(OperationReply::Json(json!({ "ClientSecrets": secrets })))
}

/// Deletes a secret; the last one stays.
pub(super) fn delete(world: &World, input: &Value) -> OperationResult {
    let client = confidential_client(world, input)?;
    let id = super::handlers::required(input, "ClientSecretId")?;
    let mut secrets = client.secrets.lock();
    let place = secrets.iter().position(|secret| secret.id == id);
    let place = place.ok_or_else(|| {
        ApiError::bad(
            "ResourceNotFoundException",
            format!("Client secret {id} does not exist."),
        )
    })?;
    if secrets.len() == 1 {
        return Err(parameter("Cannot delete the only client secret."));
    }
    secrets.remove(place);
    Ok(OperationReply::Json(json!({})))
}

fn described(secret: &ClientSecret) -> Value {
    json!({
        "ClientSecretId": secret.id,
        "ClientSecretCreateDate": secret.created.as_millisecond() as f64 / 1000.0,
    })
}

fn confidential_client<'a>(world: &'a World, input: &Value) -> Result<&'a Client, ApiError> {
    let client = client(world, input)?;
    if client.is_confidential {
        return Ok(client);
    }
    Err(parameter(format!(
        "User pool client {} is a public client and has no secrets.",
        client.id
    )))
}

/// 24 to 64 letters, digits, underscores and plus signs (service model).
fn check_value(value: &str) -> Result<(), ApiError> {
    let is_valid = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '+';
    if (24..=64).contains(&value.len()) && value.chars().all(is_valid) {
        return Ok(());
    }
    Err(parameter(
        "1 validation error detected: Value at 'clientSecret' failed to satisfy constraint: Member must have length \
         between 24 and 64 and satisfy regular expression pattern: [\\w+]+",
    ))
}
