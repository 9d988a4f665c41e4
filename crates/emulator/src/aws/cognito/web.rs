//! The web endpoints of user pools: discovery, key set, and the token endpoint with its errors (developer guide; RFC 6749).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Client, Pool};
use crate::faults::{FaultKind, FaultPoint};
use crate::http::{Request, Response, cut, header, json as answer, not_found};
use crate::world::World;

/// How far the clock of the token endpoint is ahead under the fault `clock-skew`.
const SKEW: SignedDuration = SignedDuration::from_mins(20);

/// Whether a path belongs to a user pool.
pub(crate) fn serves(world: &World, path: &str) -> bool {
    find(world, path).is_some()
}

fn find<'a, 'p>(world: &'a World, path: &'p str) -> Option<(&'a Pool, &'p str)> {
    let (id, rest) = path.strip_prefix('/')?.split_once('/')?;
    Some((
        world
            .cognito
            .pools
            .iter()
            .find(|pool| pool.facts.id == id)?,
        rest,
    ))
}

/// Answers a request to a user pool's web endpoints.
pub(crate) async fn handle_web(world: &World, request: &Request) -> Response {
    let path = request.uri().path();
    let Some((pool, rest)) = find(world, path) else {
        return not_found(path);
    };
    match (rest, request.method()) {
        (".well-known/openid-configuration", &Method::GET) => {
            answer(StatusCode::OK, &discovery(pool))
        }
        (".well-known/jwks.json", &Method::GET) => answer(
            StatusCode::OK,
            &world
                .keys
                .key_set([&key_id(world, pool, "access"), &key_id(world, pool, "id")]),
        ),
        (".well-known/oauth-authorization-server", _) => {
            answer(StatusCode::BAD_REQUEST, &json!({"message": "Bad Request"}))
        }
        ("oauth2/token", &Method::POST) => token_endpoint(world, pool, request).await,
        ("oauth2/token", _) => answer(
            StatusCode::METHOD_NOT_ALLOWED,
            &json!({"error": "invalid_request"}),
        ),
        _ => not_found(path),
    }
}

fn discovery(pool: &Pool) -> Value {
    let issuer = &pool.facts.issuer;
    json!({
        "authorization_endpoint": format!("{issuer}/oauth2/authorize"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": pool.facts.token_url(),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": format!("{issuer}/oauth2/userInfo"),
    })
}

fn key_id(world: &World, pool: &Pool, purpose: &str) -> String {
    STANDARD.encode(
        world
            .seed
            .lower(&format!("key {purpose} {}", pool.facts.id), 32),
    )
}

async fn token_endpoint(world: &World, pool: &Pool, request: &Request) -> Response {
    let fault = world.faults.take_hop(pool.deployment, FaultPoint::Token);
    match fault {
        Some(FaultKind::CutBefore) => return cut(),
        Some(FaultKind::Throttling) => {
            return answer(
                StatusCode::TOO_MANY_REQUESTS,
                &json!({"error": "too_many_requests"}),
            );
        }
        Some(FaultKind::InternalError) => {
            return answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                &json!({"error": "server_error"}),
            );
        }
        Some(FaultKind::InvalidClient) => return refuse("invalid_client"),
        Some(FaultKind::Slow) => tokio::time::sleep(std::time::Duration::from_secs(3)).await,
        _ => {}
    }
    let response = grant(world, pool, request, fault)
        .map_or_else(refuse, |token| answer(StatusCode::OK, &token));
    if fault == Some(FaultKind::CutAfter) {
        cut()
    } else {
        response
    }
}

fn refuse(error: &'static str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({"error": error}))
}

fn grant(
    world: &World,
    pool: &Pool,
    request: &Request,
    fault: Option<FaultKind>,
) -> Result<Value, &'static str> {
    let is_form = header(request.headers(), "content-type").is_some_and(|kind| {
        kind.to_ascii_lowercase()
            .starts_with("application/x-www-form-urlencoded")
    });
    if !is_form {
        return Err("invalid_request");
    }
    let form: Vec<(String, String)> = url::form_urlencoded::parse(request.body())
        .into_owned()
        .collect();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let kind = field("grant_type")
        .filter(|kind| !kind.is_empty())
        .ok_or("invalid_request")?;
    let basic = basic_credentials(request)?;
    let (id, secret) = match (&basic, field("client_id")) {
        (Some((id, secret)), None) => (id.as_str(), Some(secret.as_str())),
        // Both may be there as long as they agree.
        (Some((id, secret)), Some(other)) if id == other => (id.as_str(), Some(secret.as_str())),
        (None, Some(id)) => (id, field("client_secret")),
        (Some(_), Some(_)) | (None, None) => return Err("invalid_request"),
    };
    let client = pool
        .clients
        .iter()
        .find(|client| client.id == id)
        .ok_or("invalid_client")?;
    if client.secret.as_deref() != secret {
        return Err("invalid_client");
    }
    match kind {
        "client_credentials" => client_credentials(world, pool, client, field("scope"), fault),
        // Codes and refresh tokens come from the hosted pages, which this stack does not have.
        "authorization_code" | "refresh_token" if client.flows.contains(&"code") => {
            Err("invalid_grant")
        }
        "authorization_code" | "refresh_token" => Err("unauthorized_client"),
        _ => Err("unsupported_grant_type"),
    }
}

/// The client in a Basic header, its parts percent-decoded (RFC 6749, 2.3.1).
fn basic_credentials(request: &Request) -> Result<Option<(String, String)>, &'static str> {
    let Some(value) = header(request.headers(), "authorization") else {
        return Ok(None);
    };
    let encoded = value.strip_prefix("Basic ").ok_or("invalid_client")?;
    let bytes = STANDARD
        .decode(encoded.trim())
        .map_err(|_| "invalid_client")?;
    let text = String::from_utf8(bytes).map_err(|_| "invalid_client")?;
    let (id, secret) = text.split_once(':').ok_or("invalid_client")?;
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    Ok(Some((decode(id), decode(secret))))
}

fn client_credentials(
    world: &World,
    pool: &Pool,
    client: &Client,
    scope: Option<&str>,
    fault: Option<FaultKind>,
) -> Result<Value, &'static str> {
    if !client.flows_on {
        return Err("invalid_grant");
    }
    if !client.flows.contains(&"client_credentials") {
        return Err("unauthorized_client");
    }
    let asked: Vec<&str> = scope
        .unwrap_or_default()
        .split(' ')
        .filter(|scope| !scope.is_empty())
        .collect();
    if asked.iter().any(|scope| !client.scopes.contains(scope)) {
        return Err("invalid_scope");
    }
    let scope = if asked.is_empty() {
        client.scopes.join(" ")
    } else {
        asked.join(" ")
    };
    let shift = match fault {
        Some(FaultKind::ClockSkew) => SKEW,
        Some(FaultKind::ExpiredToken) => SignedDuration::from_mins(-client.minutes - 1),
        _ => SignedDuration::ZERO,
    };
    let now = (world.now() + shift).as_second();
    let subject = if fault == Some(FaultKind::WrongAudience) {
        "another-client"
    } else {
        client.id.as_str()
    };
    let claims = json!({
        "sub": subject,
        "token_use": "access",
        "scope": scope,
        "auth_time": now,
        "iss": pool.facts.issuer,
        "exp": now + client.minutes * 60,
        "iat": now,
        "version": 2,
        "jti": world.seed.next_uuid(),
        "client_id": subject,
    });
    let mut token = world
        .keys
        .sign(&key_id(world, pool, "access"), &claims)
        .ok_or("server_error")?;
    if fault == Some(FaultKind::WrongToken) {
        token = with_another_signature(&token);
    }
    Ok(json!({"access_token": token, "expires_in": client.minutes * 60, "token_type": "Bearer"}))
}

/// The token as another key would have signed it.
fn with_another_signature(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    format!("{signed}.{}", signature.chars().rev().collect::<String>())
}

/// Access and id token of a person.
pub(super) fn user_tokens(
    world: &World,
    pool: &Pool,
    client: &Client,
    user: &str,
) -> Option<(String, String)> {
    let now = world.now().as_second();
    let subject = world
        .seed
        .uuid(&format!("subject {} {user}", pool.facts.id));
    let origin = world.seed.next_uuid();
    let access = json!({
        "sub": subject,
        "iss": pool.facts.issuer,
        "client_id": client.id,
        "origin_jti": origin,
        "event_id": world.seed.next_uuid(),
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "auth_time": now,
        "exp": now + client.minutes * 60,
        "iat": now,
        "jti": world.seed.next_uuid(),
        "username": user,
    });
    let id = json!({
        "sub": subject,
        "iss": pool.facts.issuer,
        "aud": client.id,
        "cognito:username": user,
        "email": format!("{user}@example.com"),
        "email_verified": true,
        "origin_jti": origin,
        "token_use": "id",
        "auth_time": now,
        "exp": now + client.minutes * 60,
        "iat": now,
        "jti": world.seed.next_uuid(),
    });
    Some((
        world.keys.sign(&key_id(world, pool, "access"), &access)?,
        world.keys.sign(&key_id(world, pool, "id"), &id)?,
    ))
}
