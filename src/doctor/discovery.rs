//! The issuer's OpenID discovery document, which the authoriser reads to verify tokens.

use super::{
    ChainStage, Evidence, Judgement,
    details::{HopDetail, asked},
    hop::{HopSpec, no_log, unread_gateway_or_runtime},
    judgement::Cause,
    symptom::Symptom,
};

const SOURCE: &str = "the authoriser's discovery URL";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "discovery",
    short: "DIS",
    title: "the issuer's discovery document and keys",
    stages: &[ChainStage::SignIn],
    precedence: 45,
    judge,
    elapsed_ms: |evidence| evidence.discovery.elapsed_ms(),
    awaits: |evidence| evidence.discovery.is_pending(),
    explain,
    log_groups: no_log,
    details,
    unread: unread_gateway_or_runtime,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    asked(
        "the issuer's discovery document",
        &evidence.discovery,
        |document| document.issuer.clone(),
    )
}

fn judge(evidence: &Evidence) -> Judgement {
    Judgement::of_reading(&evidence.discovery, SOURCE, |discovery| {
        let is_foreign = evidence
            .token
            .value()
            .and_then(|claims| super::token::text_claim(claims, "iss"))
            .is_some_and(|issuer| issuer != discovery.issuer);
        if is_foreign {
            return Judgement::advice(
                format!(
                    "the document names issuer {}, the token another one",
                    discovery.issuer
                ),
                "set discoveryUrl of the authoriser to that of the token's issuer, or sign in at the issuer that it names",
                SOURCE,
            );
        }
        match discovery.keys {
            Some(0) => Judgement::warning(format!("{} publishes no keys", discovery.issuer)),
            Some(keys) => Judgement::ok(format!("{}, {keys} keys", discovery.issuer)),
            None => Judgement::warning(format!("the keys of {} cannot be read", discovery.issuer)),
        }
    })
    .slow_after(evidence.discovery.elapsed_ms(), "the discovery document")
}

/// Without keys no token can be verified: a refusal of every token is explained by an issuer that publishes none.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let discovery = evidence.discovery.value()?;
    (symptom.status() == Some(401) && discovery.keys == Some(0)).then(|| {
        Cause::new(
            format!(
                "The issuer {} publishes no keys, so no token can be verified",
                discovery.issuer
            ),
            "restore the issuer's jwks_uri",
            SOURCE,
        )
    })
}
