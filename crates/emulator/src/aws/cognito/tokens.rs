//! The tokens that a user pool signs, and what the faults of the hop `token` make of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::state::{Client, Pool};
use crate::faults::{FaultKind, SKEW};
use crate::world::World;

/// Scope of the access tokens that InitiateAuth gives.
const SIGN_IN_SCOPE: &str = "aws.cognito.signin.user.admin";

/// Returns the key id of a pool's access tokens or ID tokens.
pub(super) fn key_id(world: &World, pool: &Pool, purpose: &str) -> String {
    STANDARD.encode(
        world
            .seed
            .lower(&format!("key {purpose} {}", pool.facts.id), 32),
    )
}

/// What a fault changes about the time stamps and the client of a token.
struct Altered<'a> {
    now: i64,
    client: &'a str,
}

fn altered<'a>(world: &World, client: &'a Client, fault: Option<FaultKind>) -> Altered<'a> {
    let shift = match fault {
        Some(FaultKind::ClockSkew) => SKEW,
        Some(FaultKind::ExpiredToken) => SignedDuration::from_mins(-client.minutes - 1),
        _ => SignedDuration::ZERO,
    };
    let now = world.now();
    Altered {
        now: now.checked_add(shift).unwrap_or(now).as_second(),
        client: if fault == Some(FaultKind::WrongAudience) {
            "another-client"
        } else {
            client.id.as_str()
        },
    }
}

/// Returns the access token of a machine.
pub(super) fn machine_token(
    world: &World,
    pool: &Pool,
    client: &Client,
    scope: &str,
    fault: Option<FaultKind>,
) -> Option<String> {
    let altered = altered(world, client, fault);
    let claims = json!({
        "sub": altered.client,
        "token_use": "access",
        "scope": scope,
        "auth_time": altered.now,
        "iss": pool.facts.issuer,
        "exp": altered.now + client.minutes * 60,
        "iat": altered.now,
        "version": 2,
        "jti": world.seed.next_uuid(),
        "client_id": altered.client,
    });
    sign(world, pool, "access", &claims, fault)
}

/// For whom tokens are signed.
pub(super) struct Person<'a> {
    pub(super) user: &'a str,
    /// The scope that was granted at the hosted page; `None` for InitiateAuth.
    pub(super) scope: Option<&'a str>,
    pub(super) nonce: Option<&'a str>,
}

/// Access token and ID token of a person.
pub(super) fn user_tokens(
    world: &World,
    pool: &Pool,
    client: &Client,
    person: &Person<'_>,
    fault: Option<FaultKind>,
) -> Option<(String, String)> {
    let altered = altered(world, client, fault);
    let user = person.user;
    let subject = world
        .seed
        .uuid(&format!("subject {} {user}", pool.facts.id));
    let origin = world.seed.next_uuid();
    let access = json!({
        "sub": subject,
        "iss": pool.facts.issuer,
        "client_id": altered.client,
        "origin_jti": origin,
        "event_id": world.seed.next_uuid(),
        "token_use": "access",
        "scope": person.scope.unwrap_or(SIGN_IN_SCOPE),
        "auth_time": altered.now,
        "exp": altered.now + client.minutes * 60,
        "iat": altered.now,
        "jti": world.seed.next_uuid(),
        "username": user,
    });
    let mut id = json!({
        "sub": subject,
        "iss": pool.facts.issuer,
        "aud": altered.client,
        "cognito:username": user,
        "email": format!("{user}@example.com"),
        "email_verified": true,
        "origin_jti": origin,
        "token_use": "id",
        "auth_time": altered.now,
        "exp": altered.now + client.minutes * 60,
        "iat": altered.now,
        "jti": world.seed.next_uuid(),
    });
    if let (Some(nonce), Some(members)) = (person.nonce, id.as_object_mut()) {
        members.insert("nonce".into(), nonce.into());
    }
    Some((
        sign(world, pool, "access", &access, fault)?,
        sign(world, pool, "id", &id, fault)?,
    ))
}

fn sign(
    world: &World,
    pool: &Pool,
    purpose: &str,
    claims: &Value,
    fault: Option<FaultKind>,
) -> Option<String> {
    let token = world.keys.sign(&key_id(world, pool, purpose), claims)?;
    Some(if fault == Some(FaultKind::WrongToken) {
        with_another_signature(&token)
    } else {
        token
    })
}

/// Returns the token as another key would have signed it.
fn with_another_signature(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    format!("{signed}.{}", signature.chars().rev().collect::<String>())
}
