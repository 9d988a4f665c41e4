//! The web endpoints of user pools: discovery, key set, and the token endpoint with its errors (developer guide; RFC 6749).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::handlers::keep_refresh_token;
use super::hosted;
use super::state::{Client, Pool};
use super::tokens::{Person, key_id, machine_token, user_tokens};
use crate::faults::{FaultKind, FaultPoint, SLOWNESS};
use crate::http::{Request, Response, cut, header, json as answer, not_found};
use crate::world::World;

/// Returns whether a path belongs to a user pool.
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
        (".well-known/jwks.json", &Method::GET) if publishes_no_keys(world, pool) => {
            answer(StatusCode::OK, &json!({"keys": []}))
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
        ("oauth2/authorize", &Method::GET | &Method::POST) => hosted::page(world, pool, request),
        _ => not_found(path),
    }
}

fn publishes_no_keys(world: &World, pool: &Pool) -> bool {
    let kind = FaultKind::NoKeys;
    world
        .faults
        .is_armed(pool.deployment, FaultPoint::Discovery, kind)
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
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint": pool.facts.token_url(),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "userinfo_endpoint": format!("{issuer}/oauth2/userInfo"),
    })
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
        Some(FaultKind::Slow) => tokio::time::sleep(SLOWNESS).await,
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

/// The fields of a request to the token endpoint.
struct TokenForm(Vec<(String, String)>);

impl TokenForm {
    fn field(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
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
    let fields = url::form_urlencoded::parse(request.body());
    let form = TokenForm(fields.into_owned().collect());
    let kind = form
        .field("grant_type")
        .filter(|kind| !kind.is_empty())
        .ok_or("invalid_request")?;
    let client = authenticated_client(pool, request, &form)?;
    let has_code = client.flows_on && client.flows.contains(&"code");
    match kind {
        "client_credentials" => client_credentials(world, pool, client, form.field("scope"), fault),
        "authorization_code" if has_code => authorization_code(world, pool, client, &form, fault),
        "refresh_token" if has_code => refresh_token(world, pool, client, &form, fault),
        "authorization_code" | "refresh_token" => Err("unauthorized_client"),
        _ => Err("unsupported_grant_type"),
    }
}

/// Returns the client that the header or the form names and proves.
fn authenticated_client<'a>(
    pool: &'a Pool,
    request: &Request,
    form: &TokenForm,
) -> Result<&'a Client, &'static str> {
    let basic = basic_credentials(request)?;
    let (id, secret) = match (&basic, form.field("client_id")) {
        (Some((id, secret)), None) => (id.as_str(), Some(secret.as_str())),
        // Both may be there as long as they agree.
        (Some((id, secret)), Some(other)) if id == other => (id.as_str(), Some(secret.as_str())),
        (None, Some(id)) => (id, form.field("client_secret")),
        (Some(_), Some(_)) | (None, None) => return Err("invalid_request"),
    };
    pool.client(id)
        .filter(|client| client.accepts(secret))
        .ok_or("invalid_client")
}

/// Returns the client in a Basic header, its parts percent-decoded (RFC 6749, 2.3.1).
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
    let token = machine_token(world, pool, client, &scope, fault).ok_or("server_error")?;
    Ok(json!({"access_token": token, "expires_in": client.minutes * 60, "token_type": "Bearer"}))
}

/// Returns the grant of an authorization code, with a refresh token.
fn authorization_code(
    world: &World,
    pool: &Pool,
    client: &Client,
    form: &TokenForm,
    fault: Option<FaultKind>,
) -> Result<Value, &'static str> {
    let code = form.field("code").ok_or("invalid_request")?;
    let redirect_uri = form.field("redirect_uri").ok_or("invalid_request")?;
    let verifier = form.field("code_verifier");
    let grant =
        hosted::redeem(world, client, code, redirect_uri, verifier).ok_or("invalid_grant")?;
    let person = Person {
        user: &grant.user,
        scope: Some(&grant.scope),
        nonce: grant.nonce.as_deref(),
    };
    let mut answer = user_answer(world, pool, client, &person, fault)?;
    let refresh = keep_refresh_token(world, client, &grant.user, Some(&grant.scope));
    if let Some(members) = answer.as_object_mut() {
        members.insert("refresh_token".into(), refresh.into());
    }
    Ok(answer)
}

/// Returns the grant of a refresh token, which stays the same.
fn refresh_token(
    world: &World,
    pool: &Pool,
    client: &Client,
    form: &TokenForm,
    fault: Option<FaultKind>,
) -> Result<Value, &'static str> {
    let token = form.field("refresh_token").ok_or("invalid_request")?;
    let known = world.cognito.refresh.lock().get(token).cloned();
    let grant = known
        .filter(|grant| grant.client == client.id)
        .ok_or("invalid_grant")?;
    let person = Person {
        user: &grant.user,
        scope: grant.scope.as_deref(),
        nonce: None,
    };
    user_answer(world, pool, client, &person, fault)
}

fn user_answer(
    world: &World,
    pool: &Pool,
    client: &Client,
    person: &Person<'_>,
    fault: Option<FaultKind>,
) -> Result<Value, &'static str> {
    let (access, id) = user_tokens(world, pool, client, person, fault).ok_or("server_error")?;
    Ok(json!({
        "id_token": id,
        "access_token": access,
        "expires_in": client.minutes * 60,
        "token_type": "Bearer",
    }))
}
