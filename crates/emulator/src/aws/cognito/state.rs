//! User pools and app clients, the secrets of the clients, and what was handed out: refresh tokens and codes.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde_json::Value;

use super::handlers::required;
use crate::operation::ApiError;
use crate::scenarios::{PoolFacts, Scenario};
use crate::seed::Seed;

/// How long an authorization code may be redeemed.
pub(super) const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// All user pools.
#[derive(Debug)]
pub(crate) struct CognitoState {
    pub(super) pools: Vec<Pool>,
    /// Refresh tokens handed out.
    pub(super) refresh: Mutex<HashMap<String, RefreshGrant>>,
    /// Authorization codes that were not redeemed yet.
    pub(super) codes: Mutex<HashMap<String, CodeGrant>>,
}

/// For whom a refresh token is good.
#[derive(Clone, Debug)]
pub(super) struct RefreshGrant {
    pub(super) client: String,
    pub(super) user: String,
    pub(super) scope: Option<String>,
}

/// What an authorization code stands for.
#[derive(Clone, Debug)]
pub(super) struct CodeGrant {
    pub(super) client: String,
    pub(super) user: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) nonce: Option<String>,
    /// The S256 challenge of PKCE (RFC 7636).
    pub(super) challenge: Option<String>,
    pub(super) at: Timestamp,
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
    /// Oldest first; empty for a public client.
    pub(super) secrets: Mutex<Vec<ClientSecret>>,
    /// Whether it was made with a secret.
    pub(super) is_confidential: bool,
    /// `client_credentials`, `code`.
    pub(super) flows: &'static [&'static str],
    pub(super) scopes: Vec<&'static str>,
    /// `ALLOW_USER_PASSWORD_AUTH`, …
    pub(super) explicit: &'static [&'static str],
    /// `AllowedOAuthFlowsUserPoolClient`.
    pub(super) flows_on: bool,
    /// Lifetime of access tokens and ID tokens.
    pub(super) minutes: i64,
}

/// One secret of an app client.
#[derive(Clone)]
pub(super) struct ClientSecret {
    pub(super) id: String,
    pub(super) value: String,
    pub(super) created: Timestamp,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Client")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Returns whether a request that came with this secret, or without one, is the client's own.
    pub(super) fn accepts(&self, secret: Option<&str>) -> bool {
        match secret {
            None => !self.is_confidential,
            Some(given) => self.secrets.lock().iter().any(|known| known.value == given),
        }
    }
}

impl CognitoState {
    pub(crate) fn new(seed: &Seed, scenarios: &[Scenario], began: Timestamp) -> Self {
        let created = began
            .checked_sub(SignedDuration::from_hours(900))
            .unwrap_or(began);
        let pools = scenarios.iter().filter_map(|scenario| {
            let facts = scenario.pool.clone()?;
            Some(pool(seed, scenario.name, facts, created))
        });
        Self {
            pools: pools.collect(),
            refresh: Mutex::default(),
            codes: Mutex::default(),
        }
    }

    /// Returns the pool that the input names.
    pub(super) fn pool(&self, input: &Value) -> Result<&Pool, ApiError> {
        let id = required(input, "UserPoolId")?;
        let found = self.pools.iter().find(|pool| pool.facts.id == id);
        found.ok_or_else(|| {
            ApiError::bad(
                "ResourceNotFoundException",
                format!("User pool {id} does not exist."),
            )
        })
    }

    /// Returns the client with that id, in any pool.
    pub(super) fn client(&self, id: &str) -> Option<(&Pool, &Client)> {
        self.pools
            .iter()
            .find_map(|pool| Some((pool, pool.client(id)?)))
    }
}

impl Pool {
    /// Returns the client with that id.
    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// Returns whether a person of the pool has that password.
    pub(super) fn knows(&self, user: &str, password: &str) -> bool {
        let known = self.facts.user.as_ref();
        known.is_some_and(|(name, secret)| *name == user && secret == password)
    }
}

/// Returns the id that Cognito gives to a client's secret: the client and the moment.
pub(super) fn secret_id(client: &str, at: Timestamp) -> String {
    format!("{client}--{}", at.as_millisecond())
}

fn pool(seed: &Seed, deployment: &'static str, facts: PoolFacts, created: Timestamp) -> Pool {
    let is_machine = facts.user.is_none();
    let secrets = |client: &str, value: Option<String>| {
        let secret = value.map(|value| ClientSecret {
            id: secret_id(client, created),
            value,
            created,
        });
        Mutex::new(secret.into_iter().collect())
    };
    let extra = |label: &str, name, flows: &'static [&'static str], flows_on| {
        let id = seed.lower(&format!("client {label} {deployment}"), 26);
        let value = seed.lower(&format!("client secret {label} {deployment}"), 52);
        Client {
            secrets: secrets(&id, Some(value)),
            is_confidential: true,
            id,
            name,
            flows,
            scopes: facts.scope.into_iter().collect(),
            explicit: &["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            flows_on,
            minutes: 60,
        }
    };
    let main = main_client(
        deployment,
        &facts,
        secrets(&facts.client_id, facts.client_secret.clone()),
    );
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

/// Returns the client that the ready line names.
fn main_client(deployment: &str, facts: &PoolFacts, secrets: Mutex<Vec<ClientSecret>>) -> Client {
    let is_machine = facts.user.is_none();
    Client {
        id: facts.client_id.clone(),
        name: if is_machine { "machine" } else { "console" },
        secrets,
        is_confidential: facts.client_secret.is_some(),
        flows: if is_machine {
            &["client_credentials"]
        } else {
            &["code"]
        },
        scopes: facts
            .scope
            .map_or_else(|| vec!["openid", "email", "profile"], |scope| vec![scope]),
        explicit: if is_machine {
            &["ALLOW_REFRESH_TOKEN_AUTH"]
        } else {
            &["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        },
        flows_on: true,
        // E's tokens live five minutes, so that their renewal can be watched.
        minutes: if deployment == "e" { 5 } else { 60 },
    }
}
