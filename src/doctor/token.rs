//! The access token: got from the issuer, in time, and dated by a clock that agrees with this one.

use serde_json::Value;

use super::{
    ChainStage, Evidence, HopFix, Judgement, Probe,
    details::{HopDetail, asked},
    hop::{HopSpec, always_known, no_log},
    judgement::{Cause, with_request},
    symptom::{Step, Symptom},
};
use crate::model::{Claims, Failure, Moment, moment::short_duration};

/// A token dated further ahead than this, in milliseconds, comes from a clock that is wrong.
const AHEAD_MS: i64 = 2 * 60 * 1000;
const SOURCE: &str = "the token endpoint";
const CLAIMS: &str = "the token's claims";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "token",
    short: "TOK",
    title: "an access token from the issuer",
    stages: &[ChainStage::SignIn],
    precedence: 30,
    judge,
    elapsed_ms: |evidence| evidence.token.elapsed_ms(),
    awaits: |evidence| evidence.token.is_pending(),
    explain,
    log_groups: no_log,
    details,
    unread: always_known,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    asked(
        "a token of the deployment's sign-in",
        &evidence.token,
        |_| "a token; its claims are on the Tools screen".to_owned(),
    )
}

fn judge(evidence: &Evidence) -> Judgement {
    let claims = match &evidence.token {
        Probe::NotMade(why) => return Judgement::skipped(why.as_str()),
        Probe::Failed { failure, .. } => {
            return Judgement::failed(
                format!("The sign-in gave no token: {}", with_request(failure)),
                refused_fix(evidence, failure),
                SOURCE,
            );
        }
        Probe::Answered { value, .. } => value,
    };
    if let Some(judgement) = misdated(claims, evidence.now) {
        return judgement;
    }
    let left = claims.expires_at.map_or_else(String::new, |end| {
        format!(", {} left", short_duration(end.since(evidence.now).max(0)))
    });
    Judgement::ok(format!(
        "client {}, scope {}{left}",
        text_claim(claims, "client_id").unwrap_or_else(|| "not named".to_owned()),
        text_claim(claims, "scope").unwrap_or_else(|| "none".to_owned())
    ))
    .slow_after(evidence.token.elapsed_ms(), "the token endpoint")
}

/// Returns what is done about a sign-in without a token. A token endpoint that fails or breaks off says nothing about what it was sent.
fn refused_fix(evidence: &Evidence, failure: &Failure) -> HopFix {
    if let Some(hint) = &failure.hint {
        return hint.as_str().into();
    }
    if failure.kind.is_transient() {
        return HopFix::run(
            "try again; if it stays, look at the state of the issuer and at the way to its token endpoint",
            format!(
                "agentcore-console token --claims -d {}",
                evidence.deployment
            ),
        );
    }
    "check token_url, client_id and client_secret".into()
}

/// Returns a token that has ended, or that a clock ahead of this one has issued.
fn misdated(claims: &Claims, now: Moment) -> Option<Judgement> {
    let end = time_claim(claims, "exp")
        .into_iter()
        .chain(claims.expires_at)
        .min();
    if let Some(end) = end.filter(|end| *end <= now) {
        return Some(Judgement::failed(
            format!("The token ended {} ago (exp {end})", end.age(now)),
            "sign in again (agentcore-console token shows the claims); if the issuer's tokens arrive expired, correct the issuer's clock or the token's lifetime",
            CLAIMS,
        ));
    }
    let issued = time_claim(claims, "nbf").or_else(|| time_claim(claims, "iat"))?;
    let ahead = issued.since(now);
    (ahead > AHEAD_MS).then(|| {
        Judgement::failed(
            format!(
                "The token is dated {} ahead of this machine's clock",
                short_duration(ahead)
            ),
            "correct the clock of this machine or of the issuer (chronyc tracking, w32tm /query /status)",
            CLAIMS,
        )
    })
}

fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let judged = judge(evidence);
    let is_failed = judged.state == super::HopState::Failed;
    let is_mine = match &evidence.token {
        Probe::Failed { .. } => symptom.step == Step::Initialize,
        // The console refuses to send a token that has ended; an endpoint answers 401 or 403 to it.
        Probe::Answered { .. } => {
            matches!(symptom.status(), Some(401 | 403))
                || (symptom.step == Step::Initialize && symptom.status().is_none())
        }
        Probe::NotMade(_) => false,
    };
    (is_failed && is_mine).then(|| Cause::new(judged.evidence, judged.fix, judged.source))
}

/// Returns a claim that is text.
pub(super) fn text_claim(claims: &Claims, name: &str) -> Option<String> {
    claims
        .claims
        .get(name)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

/// Returns a claim that is a time in seconds since 1970.
fn time_claim(claims: &Claims, name: &str) -> Option<Moment> {
    claims
        .claims
        .get(name)
        .and_then(Value::as_f64)
        .map(Moment::from_seconds)
}
