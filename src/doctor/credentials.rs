//! AWS credentials of this machine: STS `GetCallerIdentity`, their end, and the clock.

use super::{
    ChainStage, Evidence, HopFix, Judgement,
    details::{HopDetail, asked},
    hop::{HopSpec, always_known, no_log},
    judgement::{Cause, with_request},
    symptom::Symptom,
};
use crate::model::{FailureKind, moment::short_duration};

/// Credentials that end sooner than this, in milliseconds, are a warning.
const SOON_MS: i64 = 10 * 60 * 1000;
/// AWS refuses signatures whose clocks differ by more than five minutes; half of that is a warning.
const SKEW_MS: i64 = 150 * 1000;
const SOURCE: &str = "STS GetCallerIdentity";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "credentials",
    short: "CRE",
    title: "AWS credentials of this machine",
    stages: &[ChainStage::SignIn],
    precedence: 10,
    judge,
    elapsed_ms: |evidence| evidence.identity.elapsed_ms(),
    awaits: |evidence| evidence.identity.is_pending() || evidence.token.is_pending(),
    explain,
    log_groups: no_log,
    details,
    unread: always_known,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    asked("STS GetCallerIdentity", &evidence.identity, |identity| {
        identity.arn.clone()
    })
}

fn judge(evidence: &Evidence) -> Judgement {
    if let Some(failure) = evidence.identity.failure()
        && failure.kind == FailureKind::SignIn
    {
        // The failure of a clock that is off says in its hint by how much.
        let clock = failure
            .hint
            .as_deref()
            .filter(|hint| hint.contains("clock"));
        let by = clock.map_or_else(String::new, |hint| format!("; {hint}"));
        return Judgement::failed(
            format!(
                "AWS does not accept these credentials: {}{by}",
                with_request(failure)
            ),
            HopFix::from(failure.hint.clone().unwrap_or_else(|| {
                "renew the AWS credentials of this deployment's profile".to_owned()
            })),
            SOURCE,
        );
    }
    Judgement::of_reading(&evidence.identity, SOURCE, |identity| {
        if identity.clock_skew_ms.abs() > SKEW_MS {
            return Judgement::advice(
                clock_words(identity.clock_skew_ms),
                HopFix::run("set the clock of this machine", "timedatectl set-ntp true"),
                SOURCE,
            );
        }
        match identity.expires_at.map(|end| end.since(evidence.now)) {
            Some(left) if left < SOON_MS => Judgement::warning(format!(
                "{}, ends in {}",
                identity.arn,
                short_duration(left.max(0))
            )),
            Some(left) => Judgement::ok(format!("{}, {} left", identity.arn, short_duration(left))),
            None => Judgement::ok(identity.arn.clone()),
        }
    })
    .slow_after(evidence.identity.elapsed_ms(), "the answer of STS")
}

/// Returns by how much the clock of this machine is off, and in which direction. `skew` is AWS's clock minus this machine's.
fn clock_words(skew: i64) -> String {
    let direction = if skew > 0 { "behind" } else { "ahead of" };
    format!(
        "The clock of this machine is {} {direction} AWS's",
        short_duration(skew.abs())
    )
}

/// Refused credentials explain the failure of a step that AWS refused as well, not one that a token or a tool failed.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let identity = evidence.identity.failure()?;
    let is_refused = identity.kind == FailureKind::SignIn
        && symptom.kind() == Some(FailureKind::SignIn)
        && (evidence.token.value().is_none());
    is_refused.then(|| {
        let judged = judge(evidence);
        Cause::new(judged.evidence, judged.fix, judged.source)
    })
}
