//! The protected resource's metadata (RFC 9728) at the MCP endpoint: names the authorization servers that clients use.

use serde_json::Value;

use super::{
    ChainStage, Evidence, Judgement,
    hop::{HopSpec, no_explanation, no_log},
};

pub(super) const SPEC: HopSpec = HopSpec {
    name: "metadata",
    title: "the endpoint's protected-resource metadata",
    stages: &[ChainStage::SignIn],
    precedence: 240,
    judge,
    elapsed_ms: |evidence| evidence.metadata.elapsed_ms(),
    explain: no_explanation,
    log_groups: no_log,
};

fn judge(evidence: &Evidence) -> Judgement {
    Judgement::of_reading(&evidence.metadata, "oauth-protected-resource", |document| {
        let servers: Vec<&str> = document
            .get("authorization_servers")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let issuer = evidence
            .token
            .value()
            .and_then(|claims| super::token::text_claim(claims, "iss"));
        match (servers.is_empty(), issuer) {
            (true, _) => Judgement::warning("the document names no authorization server"),
            (false, Some(issuer)) if !servers.contains(&issuer.as_str()) => {
                Judgement::warning(format!(
                    "clients are sent to {}, the token comes from {issuer}",
                    servers.join(", ")
                ))
            }
            (false, _) => Judgement::ok(format!("authorization server {}", servers.join(", "))),
        }
    })
}
