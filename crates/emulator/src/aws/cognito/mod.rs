//! Cognito: user pools and their clients. `web` serves the token endpoint, discovery and keys; the operations are here.

mod web;

use parking_lot::Mutex;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::dispatch::{OperationReply, OperationResult};
use crate::operation::ApiError;
use crate::pagination;
use crate::scenarios::{ACCOUNT, PoolFacts, REGION, Scenario};
use crate::seed::Seed;
use crate::world::World;

pub(crate) use self::web::{handle_web, serves};

/// How many clients a page has where the request does not say.
const PAGE: usize = 2;

/// All user pools.
#[derive(Debug)]
pub(crate) struct CognitoState {
    pub(super) pools: Vec<Pool>,
    /// Refresh tokens handed out: which client and user they are for.
    refresh: Mutex<HashMap<String, (String, String)>>,
}

/// One user pool.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) facts: PoolFacts,
    /// The name of the deployment whose tokens it issues.
    pub(super) deployment: &'static str,
    pub(super) clients: Vec<Client>,
}

/// One app client.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) secret: Option<String>,
    /// `client_credentials`, `code`.
    pub(super) flows: &'static [&'static str],
    pub(super) scopes: Vec<&'static str>,
    /// `ALLOW_USER_PASSWORD_AUTH`, …
    pub(super) explicit: &'static [&'static str],
    /// `AllowedOAuthFlowsUserPoolClient`.
    pub(super) flows_on: bool,
    pub(super) minutes: i64,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Client")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl CognitoState {
    pub(crate) fn new(seed: &Seed, deployments: &[Scenario]) -> Self {
        let pools = deployments
            .iter()
            .filter_map(|deployment| Some(pool(seed, deployment.name, deployment.pool.clone()?)));
        Self {
            pools: pools.collect(),
            refresh: Mutex::default(),
        }
    }

    fn pool(&self, input: &Value) -> Result<&Pool, ApiError> {
        let id = required(input, "UserPoolId")?;
        let found = self.pools.iter().find(|pool| pool.facts.id == id);
        found.ok_or_else(|| {
            ApiError::bad(
                "ResourceNotFoundException",
                format!("User pool {id} does not exist."),
            )
        })
    }

    fn client(&self, id: &str) -> Option<(&Pool, &Client)> {
        self.pools
            .iter()
            .find_map(|pool| Some((pool, pool.clients.iter().find(|client| client.id == id)?)))
    }
}

fn pool(seed: &Seed, deployment: &'static str, facts: PoolFacts) -> Pool {
    let extra = |label: &str, name, flows: &'static [&'static str], flows_on| Client {
        id: seed.lower(&format!("client {label} {deployment}"), 26),
        name,
        secret: Some(seed.lower(&format!("client secret {label} {deployment}"), 52)),
        flows,
        scopes: facts.scope.into_iter().collect(),
        explicit: &["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        flows_on,
        minutes: 60,
    };
    let is_machine = facts.user.is_none();
    let main = Client {
        id: facts.client_id.clone(),
        name: if is_machine { "machine" } else { "console" },
        secret: facts.client_secret.clone(),
        flows: if is_machine {
            &["client_credentials"]
        } else {
            &["code"]
        },
        scopes: facts
            .scope
            .map_or_else(|| vec!["openid", "email"], |scope| vec![scope]),
        explicit: if is_machine {
            &["ALLOW_REFRESH_TOKEN_AUTH"]
        } else {
            &["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        },
        flows_on: is_machine,
        // E's tokens live five minutes, so that their renewal can be watched.
        minutes: if deployment == "e" { 5 } else { 60 },
    };
    let clients = if is_machine {
        vec![
            main,
            extra("web", "web", &["code"], true),
            extra("off", "switched-off", &["client_credentials"], false),
        ]
    } else {
        vec![main, extra("confidential", "confidential", &["code"], true)]
    };
    Pool {
        facts,
        deployment,
        clients,
    }
}

/// Answers an operation of `cognito-idp`.
pub(crate) fn handle(world: &World, operation: &str, input: &Value) -> OperationResult {
    let cognito = &world.cognito;
    match operation {
        "DescribeUserPool" => Ok(OperationReply::Json(
            json!({"UserPool": describe_pool(world, cognito.pool(input)?)}),
        )),
        "DescribeUserPoolClient" => {
            let pool = cognito.pool(input)?;
            let id = required(input, "ClientId")?;
            let client = pool
                .clients
                .iter()
                .find(|client| client.id == id)
                .ok_or_else(|| unknown_client(id))?;
            Ok(OperationReply::Json(
                json!({"UserPoolClient": describe_client(world, pool, client)}),
            ))
        }
        "DescribeUserPoolDomain" => Ok(OperationReply::Json(describe_domain(
            cognito,
            required(input, "Domain")?,
        ))),
        "ListUserPoolClients" => list_clients(cognito, input),
        "InitiateAuth" => initiate_auth(world, input),
        other => Err(ApiError::bad("UnknownOperationException", other)),
    }
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
    if let (Some(secret), Some(members)) = (&client.secret, value.as_object_mut()) {
        members.insert("ClientSecret".into(), secret.as_str().into());
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
    let parameters = input.get("AuthParameters").cloned().unwrap_or(Value::Null);
    let wanted = match flow {
        "USER_PASSWORD_AUTH" => "ALLOW_USER_PASSWORD_AUTH",
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => "ALLOW_REFRESH_TOKEN_AUTH",
        _ => {
            return Err(ApiError::bad(
                "InvalidParameterException",
                format!("{flow} is not served"),
            ));
        }
    };
    if !client.explicit.contains(&wanted) {
        return Err(ApiError::bad(
            "InvalidParameterException",
            format!("{flow} flow not enabled for this client"),
        ));
    }
    if wanted == "ALLOW_REFRESH_TOKEN_AUTH" {
        let token = parameters
            .get("REFRESH_TOKEN")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let known = world.cognito.refresh.lock().get(token).cloned();
        let (_, user) = known
            .filter(|(issued_to, _)| issued_to == client_id)
            .ok_or_else(|| ApiError::bad("NotAuthorizedException", "Invalid Refresh Token"))?;
        return authentication(world, pool, client, &user, None);
    }
    let member = |name: &str| {
        let missing = || {
            ApiError::bad(
                "InvalidParameterException",
                format!("Missing required parameter {name}"),
            )
        };
        parameters
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(missing)
    };
    let (user, password) = (member("USERNAME")?, member("PASSWORD")?);
    check_secret_hash(
        client,
        user,
        parameters.get("SECRET_HASH").and_then(Value::as_str),
    )?;
    let known = pool
        .facts
        .user
        .as_ref()
        .is_some_and(|(name, secret)| *name == user && secret == password);
    if !known {
        return Err(ApiError::bad(
            "NotAuthorizedException",
            "Incorrect username or password.",
        ));
    }
    let refresh = format!("{}.{}", world.seed.next_uuid(), world.seed.next_uuid());
    world
        .cognito
        .refresh
        .lock()
        .insert(refresh.clone(), (client_id.to_owned(), user.to_owned()));
    authentication(world, pool, client, user, Some(refresh))
}

fn check_secret_hash(client: &Client, user: &str, given: Option<&str>) -> Result<(), ApiError> {
    let Some(secret) = &client.secret else {
        return Ok(());
    };
    let refuse = |text: String| ApiError::bad("NotAuthorizedException", text);
    let id = &client.id;
    let given = given.ok_or_else(|| {
        refuse(format!(
            "Client {id} is configured with secret but SECRET_HASH was not received"
        ))
    })?;
    let unable = || refuse(format!("Unable to verify secret hash for client {id}"));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| unable())?;
    mac.update(user.as_bytes());
    mac.update(id.as_bytes());
    let given = STANDARD.decode(given).map_err(|_| unable())?;
    mac.verify_slice(&given).map_err(|_| unable())
}

fn authentication(
    world: &World,
    pool: &Pool,
    client: &Client,
    user: &str,
    refresh: Option<String>,
) -> OperationResult {
    let (access, id) = web::user_tokens(world, pool, client, user).ok_or_else(|| {
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

fn unknown_client(id: &str) -> ApiError {
    ApiError::bad(
        "ResourceNotFoundException",
        format!("User pool client {id} does not exist."),
    )
}

fn required<'a>(input: &'a Value, member: &str) -> Result<&'a str, ApiError> {
    input.get(member).and_then(Value::as_str).ok_or_else(|| {
        ApiError::bad(
            "InvalidParameterException",
            format!("1 validation error detected: Value at '{member}' must not be null"),
        )
    })
}
