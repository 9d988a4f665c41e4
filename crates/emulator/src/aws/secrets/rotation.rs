//! RotateSecret and the rotation function behind it: create, set, test, finish, as AWS's single-user template does it,
//! against the Neo4j that the secret names. Its lines are in the function's log group.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::handlers::{identity, request_token, text, with_live_secret, with_version};
use super::state::ROTATION_FUNCTION;
use super::{Payload, Secret, Version, passwords, staging};
use crate::aws::control::shapes::lambda_arn;
use crate::mcp::database::{DatabaseError, DatabaseStatement, bolt};
use crate::operation::{ApiError, OperationResult};
use crate::scenarios::DatabaseLogin;
use crate::world::{SharedWorld, World};

/// How long a step of the function takes at least: an invocation is not instant.
const STEP: Duration = Duration::from_millis(300);
const NEO4J_TIMEOUT: Duration = Duration::from_secs(10);

/// RotateSecret: announces the new version and starts the function.
pub(super) fn rotate(world: &SharedWorld, input: &Value) -> OperationResult {
    let token = request_token(world, input)?;
    let immediately = input
        .get("RotateImmediately")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    let now = world.now();
    let outcome = with_live_secret(world, input, |secret| {
        let function = text(input, "RotationLambdaARN")
            .map(str::to_owned)
            .or_else(|| secret.rotation_function.clone());
        let function = function.ok_or_else(|| {
            request("No Lambda rotation function ARN is associated with this secret.")
        })?;
        if function != lambda_arn(ROTATION_FUNCTION) {
            return Err(ApiError::bad(
                "AccessDeniedException",
                "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants \
                 access to the principal secretsmanager.amazonaws.com.",
            ));
        }
        let again = secret
            .staged(staging::PENDING)
            .is_some_and(|version| version.id == token);
        if staging::is_rotation_pending(secret) && !again {
            return Err(request(
                "A previous rotation isn't complete. That rotation will be reattempted.",
            ));
        }
        secret.rotation_enabled = Some(true);
        secret.rotation_function = Some(function);
        if let Some(rules) = input.get("RotationRules").filter(|rules| rules.is_object()) {
            secret.rotation_rules = Some(rules.clone());
        }
        if immediately {
            announce(secret, &token, now);
        }
        Ok(with_version(identity(secret), Some(&token)))
    })?;
    if let crate::operation::OperationReply::Json(answer) = &outcome {
        let arn = text(answer, "ARN").unwrap_or_default().to_owned();
        let world = Arc::clone(world);
        tokio::spawn(async move { run(&world, &arn, &token, immediately).await });
    }
    Ok(outcome)
}

fn request(message: &str) -> ApiError {
    ApiError::bad("InvalidRequestException", message)
}

/// The version is there before it has a value, labelled AWSPENDING.
fn announce(secret: &mut Secret, token: &str, now: jiff::Timestamp) {
    if secret.version(token).is_none() {
        for version in &mut secret.versions {
            version.stages.retain(|stage| stage != staging::PENDING);
        }
        secret.versions.push(Version {
            id: token.to_owned(),
            value: None,
            stages: vec![staging::PENDING.into()],
            created: now,
            accessed: None,
        });
    }
}

async fn run(world: &World, arn: &str, token: &str, immediately: bool) {
    let steps: &[&str] = if immediately {
        &["createSecret", "setSecret", "testSecret", "finishSecret"]
    } else {
        &["testSecret"]
    };
    for step in steps {
        tokio::time::sleep(STEP).await;
        world.log_lambda(
            ROTATION_FUNCTION,
            &format!("[INFO] {step}: start for secret {arn}, version {token}"),
        );
        let outcome = match *step {
            "createSecret" => create(world, arn, token),
            "setSecret" => set(world, arn, token).await,
            "testSecret" => test(world, arn, if immediately { Some(token) } else { None }).await,
            _ => finish(world, arn, token),
        };
        match outcome {
            Ok(done) => world.log_lambda(ROTATION_FUNCTION, &format!("[INFO] {step}: {done}")),
            Err(problem) => {
                // AWSPENDING stays: a later RotateSecret is refused until somebody has looked.
                return world.log_lambda(
                    ROTATION_FUNCTION,
                    &format!("[ERROR] ValueError: {step}: {problem}"),
                );
            }
        }
    }
}

/// Returns the JSON of a version, by stage or id.
fn read(
    world: &World,
    arn: &str,
    pick: impl FnOnce(&Secret) -> Option<&Version>,
) -> Result<Value, String> {
    world.secrets.with(|secrets| {
        let secret = secrets
            .iter()
            .find(|secret| secret.arn == arn)
            .ok_or("the secret is gone")?;
        match pick(secret).and_then(|version| version.value.as_ref()) {
            Some(Payload::Text(text)) => {
                serde_json::from_str(text).map_err(|_| "the secret is no JSON".to_owned())
            }
            _ => Err("the version has no text value".to_owned()),
        }
    })
}

/// Returns a member of the secret under either spelling: `password` or `NEO4J_PASSWORD`.
fn member<'a>(secret: &'a Value, name: &str) -> Option<&'a str> {
    text(secret, name).or_else(|| text(secret, &format!("NEO4J_{}", name.to_uppercase())))
}

fn create(world: &World, arn: &str, token: &str) -> Result<&'static str, String> {
    if read(world, arn, |secret| secret.version(token)).is_ok() {
        return Ok("the pending value is there already");
    }
    let mut next = read(world, arn, |secret| secret.staged(staging::CURRENT))?;
    let password = passwords::fresh().map_err(|error| error.message)?;
    let name = if next.get("password").is_some() {
        "password"
    } else {
        "NEO4J_PASSWORD"
    };
    *next.get_mut(name).ok_or("the secret has no password")? = password.into();
    let now = world.now();
    world.secrets.with(|secrets| {
        let secret = secrets
            .iter_mut()
            .find(|secret| secret.arn == arn)
            .ok_or("the secret is gone")?;
        let pending = [staging::PENDING.to_owned()];
        staging::put(
            secret,
            token,
            Payload::Text(next.to_string()),
            &pending,
            now,
        )
        .map_err(|error| error.message)
    })?;
    Ok("put the pending value")
}

async fn set(world: &World, arn: &str, token: &str) -> Result<&'static str, String> {
    let pending = read(world, arn, |secret| secret.version(token))?;
    if query(world, &pending, "RETURN 1", json!({})).await? {
        return Ok("the database accepts the pending password already");
    }
    let new = member(&pending, "password").ok_or("the pending value has no password")?;
    for stage in [staging::CURRENT, staging::PREVIOUS] {
        let Ok(old) = read(world, arn, |secret| secret.staged(stage)) else {
            continue;
        };
        if member(&old, "username") != member(&pending, "username")
            || member(&old, "uri") != member(&pending, "uri")
        {
            return Err("the pending value names another user or host".into());
        }
        if !query(world, &old, "RETURN 1", json!({})).await? {
            continue;
        }
        let parameters = json!({"old": member(&old, "password"), "new": new});
        let statement = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new";
        return if query_system(world, &old, statement, parameters).await? {
            Ok("the database has the pending password")
        } else {
            Err("the database refused to change the password".into())
        };
    }
    Err("neither the current nor the previous password is accepted by the database".into())
}

async fn test(world: &World, arn: &str, token: Option<&str>) -> Result<&'static str, String> {
    let value = read(world, arn, |secret| match token {
        Some(token) => secret.version(token),
        None => secret.staged(staging::CURRENT),
    })?;
    if query(world, &value, "RETURN 1", json!({})).await? {
        Ok("logged in")
    } else {
        Err("the database does not accept the password".into())
    }
}

fn finish(world: &World, arn: &str, token: &str) -> Result<&'static str, String> {
    let now = world.now();
    world.secrets.with(|secrets| {
        let secret = secrets
            .iter_mut()
            .find(|secret| secret.arn == arn)
            .ok_or("the secret is gone")?;
        let current = secret
            .staged(staging::CURRENT)
            .map(|version| version.id.clone());
        if current.as_deref() != Some(token) {
            staging::update_stage(
                secret,
                staging::CURRENT,
                current.as_deref(),
                Some(token),
                now,
            )
            .map_err(|error| error.message)?;
        }
        // The service, not the function, takes the label away at the end.
        let pending = secret
            .staged(staging::PENDING)
            .map(|version| version.id.clone());
        if pending.as_deref() == Some(token) {
            staging::update_stage(secret, staging::PENDING, Some(token), None, now)
                .map_err(|error| error.message)?;
        }
        secret.rotated = Some(now);
        Ok("AWSCURRENT is the new version")
    })
}

async fn query(
    world: &World,
    secret: &Value,
    statement: &str,
    parameters: Value,
) -> Result<bool, String> {
    let database = member(secret, "database").unwrap_or("neo4j");
    send(world, secret, database, statement, parameters).await
}

async fn query_system(
    world: &World,
    secret: &Value,
    statement: &str,
    parameters: Value,
) -> Result<bool, String> {
    send(world, secret, "system", statement, parameters).await
}

/// Runs a statement at the secret's address: whether it was accepted; an error where nobody can tell.
async fn send(
    world: &World,
    secret: &Value,
    database: &str,
    statement: &str,
    parameters: Value,
) -> Result<bool, String> {
    let uri = member(secret, "uri").ok_or("the secret has no uri")?;
    if !uri.starts_with("http") {
        return send_by_bolt(uri, secret, database, statement, &parameters).await;
    }
    let base = uri.trim_end_matches('/');
    let answer = world
        .client
        .post(format!("{base}/db/{database}/query/v2"))
        .basic_auth(
            member(secret, "username").unwrap_or_default(),
            member(secret, "password"),
        )
        .timeout(NEO4J_TIMEOUT)
        .json(&json!({"statement": statement, "parameters": parameters}))
        .send()
        .await
        .map_err(|_| "the database cannot be reached".to_owned())?;
    match answer.status().as_u16() {
        429 => Err("the database has locked the user out for a while".into()),
        500..=599 => Err(format!(
            "the database answered HTTP {}",
            answer.status().as_u16()
        )),
        status => {
            let body: Value = answer.json().await.unwrap_or(Value::Null);
            Ok((200..300).contains(&status) && body.get("errors").is_none())
        }
    }
}

async fn send_by_bolt(
    uri: &str,
    secret: &Value,
    database: &str,
    text: &str,
    parameters: &Value,
) -> Result<bool, String> {
    let owned = |name: &str| member(secret, name).unwrap_or_default().to_owned();
    let (user, password) = (owned("username"), owned("password"));
    let seat = DatabaseLogin {
        uri: uri.to_owned(),
        user: user.clone(),
        password: password.clone(),
        database: database.to_owned(),
    };
    let parameters = parameters.as_object().cloned().unwrap_or_default();
    let statement = DatabaseStatement {
        user: &user,
        password: &password,
        pool: "",
        text,
        parameters: &parameters,
        read_only: false,
    };
    match bolt::run(&seat, &statement).await {
        Ok(_) => Ok(true),
        Err(DatabaseError::Neo4j(code, _)) if code.ends_with("AuthenticationRateLimit") => {
            Err("the database has locked the user out for a while".into())
        }
        Err(DatabaseError::Neo4j(..)) => Ok(false),
        Err(DatabaseError::Unreachable(_)) => Err("the database cannot be reached".into()),
    }
}
