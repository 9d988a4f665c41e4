//! The token's claims against the JWT authoriser of the gateway or runtime, and whether the endpoint admits the caller.

use serde_json::Value;

use super::{
    ChainStage, Evidence, HopState, Judgement, Probe,
    hop::{HopSpec, always_known, no_details, no_log},
    judgement::Cause,
    symptom::Symptom,
    token::text_claim,
};
use crate::model::{Claims, Resource};

const SOURCE: &str = "the token's claims against customJWTAuthorizer";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "authoriser",
    short: "AUT",
    title: "the token's claims against what the endpoint admits",
    stages: &[ChainStage::SignIn],
    precedence: 50,
    judge,
    elapsed_ms: |_| None,
    awaits: |evidence| evidence.token.is_pending() || evidence.gateways.is_pending(),
    explain,
    log_groups: no_log,
    details: no_details,
    unread: always_known,
};

fn judge(evidence: &Evidence) -> Judgement {
    let claims = match &evidence.token {
        Probe::NotMade(why) if evidence.connection.failure().is_none() => {
            return Judgement::skipped(why.as_str());
        }
        // The refusal may be that of an authoriser that wants a token.
        Probe::NotMade(why) => return Judgement::unknown(why.as_str()),
        Probe::Failed { .. } => return Judgement::unknown("there is no token to compare"),
        Probe::Answered { value, .. } => value,
    };
    let Some((resource, rules)) = admitting(evidence) else {
        return Judgement::unknown("no JWT authoriser could be read");
    };
    match mismatch(claims, rules) {
        Some((what, fix)) => Judgement::failed(
            format!("{} does not admit this token: {what}", resource.name),
            fix,
            SOURCE,
        ),
        None => Judgement::ok(format!(
            "{} admits client, scope and audience of this token",
            resource.name
        )),
    }
}

/// Returns a refusal of the sign-in by an endpoint that the token's claims, its end or the kind of sign-in explain.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let is_refused = symptom.status() == Some(401)
        || symptom.is_challenged_with("insufficient_scope")
        || symptom.mentions(&["method mismatch", "failed to parse token", "security token"]);
    if !is_refused || symptom.is_challenged_with("Basic") {
        return None;
    }
    let judged = judge(evidence);
    if judged.state == HopState::Failed {
        return Some(Cause::new(judged.evidence, judged.fix, judged.source));
    }
    if evidence.token.value().is_none() {
        return Some(Cause::new(
            format!(
                "The endpoint does not admit this kind of sign-in: {}",
                symptom.words()
            ),
            "set sign_in to what the authoriser of the gateway or runtime asks for: sigv4 for AWS_IAM, a token for CUSTOM_JWT",
            "the endpoint's answer",
        ));
    }
    Some(Cause::new(
        format!(
            "The endpoint refuses this token although its claims match: its signature or key is not the issuer's. {}",
            symptom.words()
        ),
        "take the token from the issuer that the authoriser's discoveryUrl names; check that its key is among the issuer's jwks_uri",
        "the endpoint's answer",
    ))
}

/// Returns the resource that admits the caller, with its JWT rules.
fn admitting(evidence: &Evidence) -> Option<(&Resource, &Value)> {
    evidence
        .gateways
        .value()
        .into_iter()
        .chain(evidence.runtimes.value())
        .flatten()
        .find_map(|resource| Some((resource, jwt_rules(resource)?)))
}

/// Returns the JWT rules of a gateway or runtime.
pub(crate) fn jwt_rules(resource: &Resource) -> Option<&Value> {
    resource
        .raw
        .pointer("/authorizerConfiguration/customJWTAuthorizer")
}

/// Returns the first rule that the claims break, with the fix.
fn mismatch(claims: &Claims, rules: &Value) -> Option<(String, String)> {
    wrong_issuer(claims, rules)
        .or_else(|| wrong_client(claims, rules))
        .or_else(|| wrong_audience(claims, rules))
        .or_else(|| missing_scope(claims, rules))
}

fn list(rules: &Value, name: &str) -> Vec<String> {
    let listed = rules.get(name).and_then(Value::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn wrong_issuer(claims: &Claims, rules: &Value) -> Option<(String, String)> {
    let discovery = rules.get("discoveryUrl").and_then(Value::as_str)?;
    let issuer = text_claim(claims, "iss")?;
    (!discovery.starts_with(issuer.trim_end_matches('/'))).then(|| {
        (
            format!("issuer {issuer}, expected that of {discovery}"),
            "take the token from the user pool that the authoriser names".to_owned(),
        )
    })
}

/// AWS compares the claim `client_id` with `allowedClients`.
fn wrong_client(claims: &Claims, rules: &Value) -> Option<(String, String)> {
    let clients = list(rules, "allowedClients");
    let client = text_claim(claims, "client_id");
    if clients.is_empty()
        || client
            .as_ref()
            .is_some_and(|client| clients.contains(client))
    {
        return None;
    }
    let held = client.unwrap_or_else(|| "no client_id claim".to_owned());
    Some((
        format!("client {held} is not in allowedClients"),
        format!(
            "use client {}, or add this one to allowedClients",
            clients.join(" or ")
        ),
    ))
}

/// Cognito's access tokens carry no `aud`, so `allowedAudience` can never match them.
fn wrong_audience(claims: &Claims, rules: &Value) -> Option<(String, String)> {
    let audiences = list(rules, "allowedAudience");
    let held = audience(claims);
    if audiences.is_empty() || held.iter().any(|name| audiences.contains(name)) {
        return None;
    }
    let why = if held.is_empty() {
        "the token has no aud claim (Cognito access tokens never do)".to_owned()
    } else {
        format!("audience {} is not in allowedAudience", held.join(" "))
    };
    Some((
        why,
        "remove allowedAudience and use allowedClients, or ask for a token with that audience"
            .to_owned(),
    ))
}

/// AWS reads scopes from the claim `scope` or `scp`; one of `allowedScopes` is enough.
fn missing_scope(claims: &Claims, rules: &Value) -> Option<(String, String)> {
    let scopes = list(rules, "allowedScopes");
    let held = text_claim(claims, "scope")
        .or_else(|| text_claim(claims, "scp"))
        .unwrap_or_default();
    let admitted = held
        .split_whitespace()
        .any(|scope| scopes.iter().any(|allowed| allowed == scope));
    if scopes.is_empty() || admitted {
        return None;
    }
    Some((
        format!("scope `{held}` holds none of {}", scopes.join(", ")),
        format!("ask for scope {}", scopes.join(" or ")),
    ))
}

fn audience(claims: &Claims) -> Vec<String> {
    match claims.claims.get("aud") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            Vec::new()
        }
    }
}
