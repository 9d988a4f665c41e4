//! JSON Web Tokens: the RSA key of this start, minting, and the judgement of a `customJWTAuthorizer`.
//! How a refusal looks on the wire belongs to the gateway or runtime that speaks it (facts: developer guide, measured texts).

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

use crate::aws::control::{ClaimRule, JwtAuthorizer};
use crate::faults::{FaultKind, FaultPoint};
use crate::world::World;

/// How long a foreign key set is used before it is asked for again.
const KEY_SET_LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// A key set is not asked for more often than this, whatever key ids come in.
const KEY_SET_REST: SignedDuration = SignedDuration::from_secs(2);

/// The throw-away RSA key of this start, which signs for every user pool, and the key sets of foreign issuers.
#[derive(Default)]
pub(crate) struct Keys {
    own: Arc<OnceLock<Option<Own>>>,
    foreign: Mutex<HashMap<String, Foreign>>,
}

struct Own {
    pem: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    modulus: String,
    exponent: String,
}

#[derive(Clone)]
struct Foreign {
    issuer: String,
    keys: Arc<JwkSet>,
    fetched: Timestamp,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keys(***)")
    }
}

/// Why a token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    /// No Authorization header with a bearer token.
    Missing,
    /// Not a signed JSON Web Token.
    Unparsable,
    /// No key of the issuer verifies it.
    BadSignature,
    /// `exp` is over.
    Expired,
    /// `nbf` is in the future.
    NotYetValid,
    /// `iss` is not the issuer of the discovery document.
    Issuer,
    /// `client_id` is not among the allowed clients.
    Client,
    /// `aud` has none of the allowed audiences.
    Audience,
    /// None of the allowed scopes is in `scope` or `scp`.
    Scope,
    /// A custom claim does not match; its name.
    Claim(String),
    /// The issuer's documents cannot be read; why.
    Discovery(String),
}

impl TokenRefusal {
    /// Returns the text in the JSON-RPC error of a runtime.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Missing => "Missing Authentication Token".into(),
            Self::Unparsable => "OAuth authorization failed: Failed to parse token".into(),
            Self::BadSignature => {
                "OAuth authorization failed: Failed to verify token signature".into()
            }
            Self::Expired => "OAuth authorization failed: Token has expired".into(),
            Self::NotYetValid => "OAuth authorization failed: Token is not yet valid".into(),
            Self::Issuer => "Claim 'iss' value mismatch with configuration.".into(),
            Self::Client => "Claim 'client_id' value mismatch with configuration.".into(),
            Self::Audience => "Claim 'aud' value mismatch with configuration".into(),
            Self::Scope => "Insufficient scope".into(),
            Self::Claim(name) => format!("Claim '{name}' value mismatch with configuration."),
            Self::Discovery(cause) => format!("OAuth authorization failed: {cause}"),
        }
    }
}

impl Keys {
    /// Starts making the key on a thread of its own, so that the start does not wait for it.
    pub(crate) fn generate() -> Self {
        let keys = Self::default();
        let own = Arc::clone(&keys.own);
        // Without the thread the first user makes the key: nothing is lost but a moment.
        let _ = std::thread::Builder::new()
            .name("rsa-key".into())
            .spawn(move || {
                own.get_or_init(Own::generate);
            });
        keys
    }

    fn own(&self) -> Option<&Own> {
        self.own.get_or_init(Own::generate).as_ref()
    }

    /// Returns the private key as PKCS#8 PEM; empty if this machine could not make one.
    pub(crate) fn private_pem(&self) -> &str {
        self.own().map_or("", |own| own.pem.as_str())
    }

    /// Returns the published key set, two keys as Cognito has it.
    pub(crate) fn key_set(&self, key_ids: [&str; 2]) -> Value {
        let Some(own) = self.own() else {
            return json!({"keys": []});
        };
        let keys: Vec<Value> = key_ids
            .iter()
            .map(|id| json!({"alg": "RS256", "e": own.exponent, "kid": id, "kty": "RSA", "n": own.modulus, "use": "sig"}))
            .collect();
        json!({"keys": keys})
    }

    /// Signs claims; none if this machine could not make a key.
    pub(crate) fn sign(&self, key_id: &str, claims: &Value) -> Option<String> {
        let header = Header {
            kid: Some(key_id.to_owned()),
            ..Header::new(Algorithm::RS256)
        };
        jsonwebtoken::encode(&header, claims, &self.own()?.encoding).ok()
    }
}

impl Own {
    fn generate() -> Option<Self> {
        let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).ok()?;
        let der = pair.as_der().ok()?;
        let body = STANDARD.encode(der.as_ref());
        let lines: Vec<String> = body
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            lines.join("\n")
        );
        let public = pair.public_key();
        let modulus = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let exponent = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        Some(Self {
            encoding: EncodingKey::from_rsa_pem(pem.as_bytes()).ok()?,
            decoding: DecodingKey::from_rsa_components(&modulus, &exponent).ok()?,
            pem,
            modulus,
            exponent,
        })
    }
}

/// Returns the bearer token of an Authorization header's value.
pub(crate) fn bearer(authorization: Option<&str>) -> Option<&str> {
    let (scheme, token) = authorization?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

/// Judges a token as a `customJWTAuthorizer` does; gives its claims.
pub(crate) async fn verify(
    world: &World,
    authorizer: &JwtAuthorizer,
    token: Option<&str>,
) -> Result<Value, TokenRefusal> {
    let token = token.ok_or(TokenRefusal::Missing)?;
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenRefusal::Unparsable)?;
    let (issuer, claims) = if authorizer
        .discovery_url
        .starts_with(&format!("{}/", world.base))
    {
        let own = world
            .keys
            .own()
            .ok_or_else(|| TokenRefusal::Discovery("the issuer has no key".into()))?;
        let issuer = authorizer
            .discovery_url
            .trim_end_matches("/.well-known/openid-configuration")
            .to_owned();
        let publishes_none = world.deployments.iter().any(|deployment| {
            let pool = deployment.pool.as_ref();
            pool.is_some_and(|pool| pool.issuer == issuer)
                && world
                    .faults
                    .is_armed(deployment.name, FaultPoint::Discovery, FaultKind::NoKeys)
        });
        if publishes_none {
            return Err(TokenRefusal::BadSignature);
        }
        (issuer, check_signature(token, &own.decoding, header.alg)?)
    } else {
        let foreign = foreign_keys(world, &authorizer.discovery_url, header.kid.as_deref()).await?;
        let fits =
            |key: &&jsonwebtoken::jwk::Jwk| header.kid.is_none() || key.common.key_id == header.kid;
        let claims = foreign
            .keys
            .keys
            .iter()
            .filter(fits)
            .filter_map(|key| DecodingKey::from_jwk(key).ok())
            .find_map(|key| check_signature(token, &key, header.alg).ok())
            .ok_or(TokenRefusal::BadSignature)?;
        (foreign.issuer, claims)
    };
    check_claims(&claims, &issuer, authorizer, world.now())?;
    Ok(claims)
}

fn check_signature(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Result<Value, TokenRefusal> {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Value>(token, key, &validation)
        .map(|data| data.claims)
        .map_err(|_| TokenRefusal::BadSignature)
}

fn check_claims(
    claims: &Value,
    issuer: &str,
    authorizer: &JwtAuthorizer,
    now: Timestamp,
) -> Result<(), TokenRefusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss").map(|iss| iss.trim_end_matches('/')) != Some(issuer.trim_end_matches('/')) {
        return Err(TokenRefusal::Issuer);
    }
    // NumericDate may have a fraction.
    if claims
        .get("exp")
        .and_then(Value::as_f64)
        .is_none_or(|expiry| expiry <= now.as_second() as f64)
    {
        return Err(TokenRefusal::Expired);
    }
    if claims
        .get("nbf")
        .and_then(Value::as_f64)
        .is_some_and(|start| start > now.as_second() as f64)
    {
        return Err(TokenRefusal::NotYetValid);
    }
    let allowed = |list: &[String], value: &str| list.iter().any(|entry| entry == value);
    if !authorizer.allowed_clients.is_empty()
        && !text("client_id").is_some_and(|client| allowed(&authorizer.allowed_clients, client))
    {
        return Err(TokenRefusal::Client);
    }
    if !authorizer.allowed_audience.is_empty()
        && !texts(claims.get("aud"))
            .iter()
            .any(|audience| allowed(&authorizer.allowed_audience, audience))
    {
        return Err(TokenRefusal::Audience);
    }
    if !has_allowed_scope(claims, &authorizer.allowed_scopes) {
        return Err(TokenRefusal::Scope);
    }
    match authorizer
        .custom_claims
        .iter()
        .find(|rule| !claim_matches(rule, claims))
    {
        Some(rule) => Err(TokenRefusal::Claim(rule.name.clone())),
        None => Ok(()),
    }
}

/// Returns whether a token has one of the scopes, in `scp` or `scope`; no scopes admit every token.
fn has_allowed_scope(claims: &Value, allowed: &[String]) -> bool {
    let scope = claims.get("scope").and_then(Value::as_str);
    let mut scopes = texts(claims.get("scp"));
    scopes.extend(scope.unwrap_or_default().split(' ').map(str::to_owned));
    allowed.is_empty() || scopes.iter().any(|scope| allowed.contains(scope))
}

/// Returns a claim that may be one text, several separated by spaces, or a list.
fn texts(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(text)) => text.split(' ').map(str::to_owned).collect(),
        Some(Value::Array(entries)) => entries
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn claim_matches(rule: &ClaimRule, claims: &Value) -> bool {
    let claim = claims.get(&rule.name);
    match rule.operator.as_str() {
        "EQUALS" => claim
            .and_then(Value::as_str)
            .is_some_and(|value| rule.values.iter().any(|wanted| wanted == value)),
        "CONTAINS" => {
            let values = texts(claim);
            rule.values
                .first()
                .is_some_and(|wanted| values.contains(wanted))
        }
        "CONTAINS_ANY" => {
            let values = texts(claim);
            rule.values.iter().any(|wanted| values.contains(wanted))
        }
        _ => false,
    }
}

async fn foreign_keys(
    world: &World,
    discovery_url: &str,
    key_id: Option<&str>,
) -> Result<Foreign, TokenRefusal> {
    let now = world.now();
    let known = world.keys.foreign.lock().get(discovery_url).cloned();
    if let Some(known) = known {
        let age = now.duration_since(known.fetched);
        let has_key = key_id.is_none_or(|id| known.keys.find(id).is_some());
        if age < KEY_SET_REST || (has_key && age < KEY_SET_LIFETIME) {
            return Ok(known);
        }
    }
    let document = fetch(world, discovery_url).await?;
    let member = |name: &str| {
        let missing = || TokenRefusal::Discovery(format!("the discovery document has no {name}"));
        document
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(missing)
    };
    let keys: JwkSet = serde_json::from_value(fetch(world, &member("jwks_uri")?).await?)
        .map_err(|error| TokenRefusal::Discovery(format!("the key set cannot be read: {error}")))?;
    let foreign = Foreign {
        issuer: member("issuer")?,
        keys: Arc::new(keys),
        fetched: now,
    };
    world
        .keys
        .foreign
        .lock()
        .insert(discovery_url.to_owned(), foreign.clone());
    Ok(foreign)
}

async fn fetch(world: &World, url: &str) -> Result<Value, TokenRefusal> {
    let failed =
        |error: reqwest::Error| TokenRefusal::Discovery(format!("{url} cannot be read: {error}"));
    let timeout = std::time::Duration::from_secs(5);
    let answer = world
        .client
        .get(url)
        .timeout(timeout)
        .send()
        .await
        .map_err(failed)?;
    answer
        .error_for_status()
        .map_err(failed)?
        .json()
        .await
        .map_err(failed)
}

/// Returns the subject of a token, unverified: to tell whom a consent was for. Whether the token is good is the caller's matter.
pub(crate) fn subject(token: &str) -> Option<String> {
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()?;
    claims.get("sub").and_then(Value::as_str).map(str::to_owned)
}
