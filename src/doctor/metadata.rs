//! The protected resource's metadata (RFC 9728) at the MCP endpoint: names the authorization servers that clients use.

use serde_json::Value;

use super::{
    ChainStage, Evidence, Judgement,
    details::{HopDetail, asked},
    hop::{HopSpec, awaits_nothing, no_explanation, no_log, unread_gateway_or_runtime},
};

const SOURCE: &str = "the document oauth-protected-resource of the endpoint";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "metadata",
    short: "MET",
    title: "the endpoint's protected-resource metadata",
    stages: &[ChainStage::SignIn],
    precedence: 240,
    judge,
    elapsed_ms: |evidence| evidence.metadata.elapsed_ms(),
    awaits: awaits_nothing,
    explain: no_explanation,
    log_groups: no_log,
    details,
    unread: unread_gateway_or_runtime,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    let endpoint = evidence.endpoint_words();
    asked(
        &format!("the protected resource's metadata of {endpoint}"),
        &evidence.metadata,
        serde_json::Value::to_string,
    )
}

fn judge(evidence: &Evidence) -> Judgement {
    Judgement::of_reading(&evidence.metadata, SOURCE, |document| {
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
            (true, _) => Judgement::advice(
                "the document names no authorization server",
                "set the authoriser of the gateway or runtime: its discoveryUrl is what the document names",
                SOURCE,
            ),
            (false, Some(issuer)) if !servers.contains(&issuer.as_str()) => Judgement::advice(
                format!(
                    "clients are sent to {}, the token comes from {issuer}",
                    servers.join(", ")
                ),
                format!(
                    "set discoveryUrl of the authoriser to the one of {issuer}: a client that follows the document signs in at the other issuer"
                ),
                SOURCE,
            ),
            (false, _) => Judgement::ok(format!("authorization server {}", servers.join(", "))),
        }
    })
}
