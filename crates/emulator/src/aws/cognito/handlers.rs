//! The operations of Cognito (awsJson 1.1). `web` serves the token endpoint, discovery, keys and the sign-in page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::client_secrets;
use super::state::{Client, CognitoState, Pool, RefreshGrant};
use super::tokens::{Person, user_tokens};
use crate::operation::{ApiError, OperationCall, OperationReply, OperationResult};
use crate::pagination;
use crate::scenarios::{ACCOUNT, REGION};
use crate::service::Operation;
use crate::world::{SharedWorld, World};

/// How many clients a page has where the request does not say.
const PAGE: usize = 2;

/// The operations of `cognito-idp`.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::read("DescribeUserPool", describe_user_pool),
    Operation::read("DescribeUserPoolClient", describe_user_pool_client),
    Operation::read("DescribeUserPoolDomain", describe_user_pool_domain),
    Operation::read("ListUserPoolClients", |world, call| {
        list_clients(&world.cognito, call.input())
    }),
    Operation::write("AddUserPoolClientSecret", |world, call| {
        client_secrets::add(world, call.input())
    }),
    Operation::read("ListUserPoolClientSecrets", |world, call| {
        client_secrets::list(world, call.input())
    }),
    Operation::write("DeleteUserPoolClientSecret", |world, call| {
        client_secrets::delete(world, call.input())
    }),
    Operation::write("InitiateAuth", |world, call| {
        initiate_auth(world, call.input())
    })
    .public()
    .unrecorded(),
];

fn describe_user_pool(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let pool = world.cognito.pool(call.input())?;
    Ok(OperationReply::Json(
        json!({"UserPool": describe_pool(world, pool)}),
    ))
}

fn describe_user_pool_client(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let pool = world.cognito.pool(call.input())?;
    let client = client(world, call.input())?;
    Ok(OperationReply::Json(
        json!({"UserPoolClient": describe_client(world, pool, client)}),
    ))
}

fn describe_user_pool_domain(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let domain = required(call.input(), "Domain")?;
    Ok(OperationReply::Json(describe_domain(
        &world.cognito,
        domain,
    )))
}

/// Returns the client that the input names.
pub(super) fn client<'a>(world: &'a World, input: &Value) -> Result<&'a Client, ApiError> {
    let pool = world.cognito.pool(input)?;
    let id = required(input, "ClientId")?;
    pool.client(id).ok_or_else(|| unknown_client(id))
}

fn describe_pool(world: &World, pool: &Pool) -> Value {
    json!({
        "Id": pool.facts.id,
        "Name": pool.facts.name,
        "Domain": pool.facts.domain,
        "Arn": format!("arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{}", pool.facts.id),
        "CreationDate": age(world, 900),
        "LastModifiedDate": age(world, 300),
        "MfaConfiguration": "OFF",
        "EstimatedNumberOfUsers": i32::from(pool.facts.user.is_some()),
    })
}

/// Epoch seconds with a fraction, as Cognito writes them.
fn age(world: &World, hours: i64) -> f64 {
    world.began.as_second() as f64 - (hours * 3600) as f64 + 0.25
}

fn describe_client(world: &World, pool: &Pool, client: &Client) -> Value {
    let mut value = json!({
        "UserPoolId": pool.facts.id,
        "ClientName": client.name,
        "ClientId": client.id,
        "LastModifiedDate": age(world, 300),
        "CreationDate": age(world, 900),
        "RefreshTokenValidity": 30,
        "AccessTokenValidity": client.minutes,
        "IdTokenValidity": client.minutes,
        "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
        "ExplicitAuthFlows": client.explicit,
        "AllowedOAuthFlows": client.flows,
        "AllowedOAuthScopes": client.scopes,
        "AllowedOAuthFlowsUserPoolClient": client.flows_on,
        "PreventUserExistenceErrors": "ENABLED",
    });
    // While there are two, AWS does not say which one is shown; here it is the older.
    let oldest = client.secrets.lock().first().cloned();
    if let (Some(secret), Some(members)) = (oldest, value.as_object_mut()) {
        members.insert("ClientSecret".into(), secret.value.into());
    }
    value
}

fn describe_domain(cognito: &CognitoState, domain: &str) -> Value {
    let Some(pool) = cognito
        .pools
        .iter()
        .find(|pool| pool.facts.domain == domain)
    else {
        return json!({"DomainDescription": {}});
    };
    json!({"DomainDescription": {
        "UserPoolId": pool.facts.id, "AWSAccountId": ACCOUNT, "Domain": domain, "Status": "ACTIVE", "Version": "20260101",
    }})
}

fn list_clients(cognito: &CognitoState, input: &Value) -> OperationResult {
    let pool = cognito.pool(input)?;
    let size = match input.get("MaxResults") {
        None => PAGE,
        given => pagination::number(given)
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=60).contains(size))
            .ok_or_else(|| {
                ApiError::bad(
                    "InvalidParameterException",
                    "MaxResults must be between 1 and 60",
                )
            })?,
    };
    let entries =
        pool.clients.iter().map(|client| json!({"ClientId": client.id, "UserPoolId": pool.facts.id, "ClientName": client.name}));
    let page = pagination::cut(
        &pool.facts.id,
        entries.collect(),
        size,
        input.get("NextToken").and_then(Value::as_str),
    )
    .map_err(|_| ApiError::bad("InvalidParameterException", "Invalid token"))?;
    let mut answer = Map::new();
    answer.insert("UserPoolClients".into(), Value::Array(page.entries));
    if let Some(next) = page.next {
        answer.insert("NextToken".into(), next.into());
    }
    Ok(OperationReply::Json(Value::Object(answer)))
}

/// USER_PASSWORD_AUTH and the renewal by refresh token.
fn initiate_auth(world: &World, input: &Value) -> OperationResult {
    let flow = required(input, "AuthFlow")?;
    let client_id = required(input, "ClientId")?;
    let (pool, client) = world
        .cognito
        .client(client_id)
        .ok_or_else(|| unknown_client(client_id))?;
    let parameters = input.get("AuthParameters").unwrap_or(&Value::Null);
    let wanted = match flow {
        "USER_PASSWORD_AUTH" => "ALLOW_USER_PASSWORD_AUTH",
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => "ALLOW_REFRESH_TOKEN_AUTH",
        _ => return Err(parameter(format!("{flow} is not served"))),
    };
    if !client.explicit.contains(&wanted) {
        return Err(parameter(format!(
            "{flow} flow not enabled for this client"
        )));
    }
    if wanted == "ALLOW_REFRESH_TOKEN_AUTH" {
        renew(world, pool, client, parameters)
    } else {
        sign_in(world, pool, client, parameters)
    }
}

fn renew(world: &World, pool: &Pool, client: &Client, parameters: &Value) -> OperationResult {
    let token = crate::service::text(parameters, "REFRESH_TOKEN").unwrap_or_default();
    let known = world.cognito.refresh.lock().get(token).cloned();
    let grant = known
        .filter(|grant| grant.client == client.id)
        .ok_or_else(|| ApiError::bad("NotAuthorizedException", "Invalid Refresh Token"))?;
    authentication(world, pool, client, &grant.user, None)
}

fn sign_in(world: &World, pool: &Pool, client: &Client, parameters: &Value) -> OperationResult {
    let member = |name: &str| {
        crate::service::text(parameters, name)
            .ok_or_else(|| parameter(format!("Missing required parameter {name}")))
    };
    let (user, password) = (member("USERNAME")?, member("PASSWORD")?);
    check_secret_hash(
        client,
        user,
        crate::service::text(parameters, "SECRET_HASH"),
    )?;
    if !pool.knows(user, password) {
        return Err(ApiError::bad(
            "NotAuthorizedException",
            "Incorrect username or password.",
        ));
    }
    let refresh = keep_refresh_token(world, client, user, None);
    authentication(world, pool, client, user, Some(refresh))
}

/// Hands out a refresh token for a person.
pub(super) fn keep_refresh_token(
    world: &World,
    client: &Client,
    user: &str,
    scope: Option<&str>,
) -> String {
    let token = format!("{}.{}", world.seed.next_uuid(), world.seed.next_uuid());
    let grant = RefreshGrant {
        client: client.id.clone(),
        user: user.to_owned(),
        scope: scope.map(str::to_owned),
    };
    world.cognito.refresh.lock().insert(token.clone(), grant);
    token
}

/// Checks the keyed hash of user and client, which any of the client's secrets may have made.
fn check_secret_hash(client: &Client, user: &str, given: Option<&str>) -> Result<(), ApiError> {
    if !client.is_confidential {
        return Ok(());
    }
    let refuse = |text: String| ApiError::bad("NotAuthorizedException", text);
    let id = &client.id;
    let given = given.ok_or_else(|| {
        refuse(format!(
            "Client {id} is configured with secret but SECRET_HASH was not received"
        ))
    })?;
    let unable = || refuse(format!("Unable to verify secret hash for client {id}"));
    let given = STANDARD.decode(given).map_err(|_| unable())?;
    let fits = |secret: &str| {
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).is_ok_and(|mut mac| {
            mac.update(user.as_bytes());
            mac.update(id.as_bytes());
            mac.verify_slice(&given).is_ok()
        })
    };
    let is_known = client
        .secrets
        .lock()
        .iter()
        .any(|secret| fits(&secret.value));
    is_known.then_some(()).ok_or_else(unable)
}

fn authentication(
    world: &World,
    pool: &Pool,
    client: &Client,
    user: &str,
    refresh: Option<String>,
) -> OperationResult {
    let person = Person {
        user,
        scope: None,
        nonce: None,
    };
    let (access, id) = user_tokens(world, pool, client, &person, None).ok_or_else(|| {
        ApiError::new(
            http::StatusCode::INTERNAL_SERVER_ERROR,
            "InternalErrorException",
            "no signing key",
        )
    })?;
    let mut result = json!({"AccessToken": access, "IdToken": id, "ExpiresIn": client.minutes * 60, "TokenType": "Bearer"});
    if let (Some(refresh), Some(members)) = (refresh, result.as_object_mut()) {
        members.insert("RefreshToken".into(), refresh.into());
    }
    Ok(OperationReply::Json(
        json!({"AuthenticationResult": result, "ChallengeParameters": {}}),
    ))
}

/// InvalidParameterException.
pub(super) fn parameter(message: impl Into<String>) -> ApiError {
    ApiError::bad("InvalidParameterException", message)
}

fn unknown_client(id: &str) -> ApiError {
    ApiError::bad(
        "ResourceNotFoundException",
        format!("User pool client {id} does not exist."),
    )
}

/// Returns a text member that must be there.
pub(super) fn required<'a>(input: &'a Value, member: &str) -> Result<&'a str, ApiError> {
    input.get(member).and_then(Value::as_str).ok_or_else(|| {
        ApiError::bad(
            "InvalidParameterException",
            format!("1 validation error detected: Value at '{member}' must not be null"),
        )
    })
}
