//! The health of a deployment in one word, with the evidence for it and its age.
//!
//! A word is never better than its evidence: `proven` needs a call that went through the whole chain within the last
//! minutes, and a verdict that has grown old becomes `unknown`, never good.

use serde::Serialize;

use super::chain::{Chain, StageStatus};
use crate::{
    doctor::{ChainStage, DoctorReport, Hop, HopState},
    model::{Health, Moment, Traffic},
};

/// A call or an examination counts for this long, in milliseconds.
pub const EVIDENCE_MS: i64 = 10 * 60_000;
/// So many errors of the last minutes matter from [`FAILING_PERCENT`] of the calls; fewer matter from half of the calls.
const FAILING_ERRORS: u64 = 3;
/// Share of the calls, in percent.
const FAILING_PERCENT: u64 = 10;

/// How a deployment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentHealth {
    /// A call went through the whole chain within the last minutes.
    Proven,
    /// Every status is good; no call proves it.
    Ready,
    /// Not known: nothing was listed, or the last verdict is too old.
    Unknown,
    /// A resource is on its way to another state.
    Changing,
    /// A person must act.
    #[serde(rename = "needs-you")]
    NeedsPerson,
    /// Calls failed in the last minutes.
    Failing,
    /// A hop does not work.
    Broken,
}

impl DeploymentHealth {
    /// Every health, from the best to the worst.
    pub const ALL: [Self; 7] = [
        Self::Proven,
        Self::Ready,
        Self::Unknown,
        Self::Changing,
        Self::NeedsPerson,
        Self::Failing,
        Self::Broken,
    ];

    /// Its word on the screen and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Ready => "ready",
            Self::Unknown => "unknown",
            Self::Changing => "changing",
            Self::NeedsPerson => "needs-you",
            Self::Failing => "failing",
            Self::Broken => "broken",
        }
    }

    /// Whether the word alone leaves open what was seen.
    pub const fn needs_words(self) -> bool {
        match self {
            Self::Proven | Self::Ready => false,
            Self::Unknown | Self::Changing | Self::NeedsPerson | Self::Failing | Self::Broken => {
                true
            }
        }
    }

    /// Whether somebody should look at the deployment now.
    pub const fn is_urgent(self) -> bool {
        match self {
            Self::Proven | Self::Ready | Self::Unknown => false,
            Self::Changing | Self::NeedsPerson | Self::Failing | Self::Broken => true,
        }
    }
}

/// The health of a deployment with what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthVerdict {
    /// The word.
    pub health: DeploymentHealth,
    /// The hop that is broken, or was.
    pub hop: Option<&'static str>,
    /// What proves it, in one sentence.
    pub evidence: String,
    /// When the evidence was gathered; `None` if there is none.
    #[serde(serialize_with = "as_iso")]
    pub at: Option<Moment>,
}

#[expect(
    clippy::ref_option,
    reason = "serde calls it with a reference to the field"
)]
fn as_iso<S: serde::Serializer>(at: &Option<Moment>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_str(&at.iso()),
        None => serializer.serialize_none(),
    }
}

/// A call of this console through a deployment's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedCall {
    /// When it ended.
    pub at: Moment,
    /// Why it failed; `None` if it went through.
    pub failure: Option<String>,
}

/// What is known of a deployment.
#[derive(Clone, Debug)]
pub struct HealthInput<'a> {
    /// Its chain by AWS's statuses and the doctor.
    pub chain: &'a Chain,
    /// When the oldest of its lists was read.
    pub listed_at: Option<Moment>,
    /// Why a list could not be read, and when that was tried.
    pub unlisted: Option<(Moment, String)>,
    /// Whether it has any resource.
    pub has_resources: bool,
    /// CloudWatch's count of its calls.
    pub traffic: Option<&'a Traffic>,
    /// The last examination.
    pub examined: Option<(Moment, &'a DoctorReport)>,
    /// The last call of this console.
    pub called: Option<&'a ObservedCall>,
}

/// Judges a deployment: what is broken first, then what fails, what needs somebody, what moves, what is proven.
pub fn deployment_health(input: &HealthInput<'_>, now: Moment) -> HealthVerdict {
    broken_by_status(input, now)
        .or_else(|| broken_by_doctor(input, now))
        .or_else(|| failing(input, now))
        .or_else(|| waiting(input))
        .or_else(|| unlisted(input))
        .or_else(|| proven(input, now))
        .or_else(|| outdated(input, now))
        .unwrap_or_else(|| by_status(input))
}

fn verdict(
    health: DeploymentHealth,
    hop: Option<&'static str>,
    evidence: impl Into<String>,
    at: Option<Moment>,
) -> HealthVerdict {
    HealthVerdict {
        health,
        hop,
        evidence: evidence.into(),
        at,
    }
}

fn stage_with<'a>(
    input: &'a HealthInput<'_>,
    is_wanted: impl Fn(Health) -> bool,
) -> Option<&'a StageStatus> {
    let stages = input.chain.stages.iter();
    stages
        .filter(|stage| stage.by_status.is_some_and(&is_wanted))
        .max_by_key(|stage| stage.by_status)
}

/// The stage whose status by AWS is bad.
fn bad_stage<'a>(input: &'a HealthInput<'_>) -> Option<&'a StageStatus> {
    // A list that could not be read says nothing about what it would have shown.
    stage_with(input, |health| health >= Health::Degraded).filter(|stage| !stage.is_unlisted)
}

/// Whether the doctor saw that status and its call went through all the same: a target that could not be synchronised
/// answers calls with the tools that the gateway has of it.
fn was_passed(input: &HealthInput<'_>, stage: ChainStage, now: Moment) -> bool {
    let examined = input.examined.filter(|(at, _)| is_recent(*at, now));
    examined.is_some_and(|(_, report)| {
        let mut warnings = report
            .hops
            .iter()
            .filter(|finding| finding.state == HopState::Warning);
        report.healthy && warnings.any(|finding| finding.hop.spec().stages.contains(&stage))
    })
}

fn broken_by_status(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let stage = bad_stage(input).filter(|stage| !was_passed(input, stage.stage, now))?;
    Some(verdict(
        DeploymentHealth::Broken,
        Some(hop_of(stage.stage)),
        stage.words.clone().unwrap_or_default(),
        input.listed_at,
    ))
}

/// Name of the hop that stands for a stage.
const fn hop_of(stage: ChainStage) -> &'static str {
    match stage {
        ChainStage::SignIn => Hop::Credentials.as_str(),
        ChainStage::Gateway => Hop::Gateway.as_str(),
        ChainStage::Interceptor => Hop::Interceptor.as_str(),
        ChainStage::Target => Hop::Target.as_str(),
        ChainStage::Consent => Hop::Provider.as_str(),
        ChainStage::Runtime => Hop::Runtime.as_str(),
        ChainStage::Secret => Hop::Secret.as_str(),
        ChainStage::Neo4j => Hop::Neo4j.as_str(),
    }
}

/// When a call last went through the whole chain, by the doctor or by this console.
fn last_proof(input: &HealthInput<'_>) -> Option<(Moment, &'static str)> {
    let examined = input
        .examined
        .filter(|(_, report)| report.healthy)
        .map(|(at, _)| (at, "the doctor's call went through the whole chain"));
    let called = input
        .called
        .filter(|call| call.failure.is_none())
        .map(|call| {
            (
                call.at,
                "a call of this console went through the whole chain",
            )
        });
    examined.into_iter().chain(called).max_by_key(|(at, _)| *at)
}

fn is_recent(at: Moment, now: Moment) -> bool {
    now.since(at) <= EVIDENCE_MS
}

fn broken_by_doctor(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let (at, report) = input.examined?;
    let found = report.verdict.as_ref()?;
    let is_newest = last_proof(input).is_none_or(|(proof, _)| proof < at);
    (is_recent(at, now) && is_newest && !was_corrected(input, found.hop, &found.source)).then(
        || {
            verdict(
                DeploymentHealth::Broken,
                Some(found.hop.as_str()),
                found.evidence.clone(),
                Some(at),
            )
        },
    )
}

/// Whether the doctor judged by a status of AWS that is good by now.
fn was_corrected(input: &HealthInput<'_>, hop: Hop, source: &str) -> bool {
    source.starts_with("Get")
        && hop
            .spec()
            .stages
            .iter()
            .filter_map(|stage| input.chain.stage(*stage))
            .any(|stage| stage.by_status == Some(Health::Healthy))
}

fn failing(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let proof = last_proof(input);
    if let Some(call) = input.called
        && let Some(failure) = &call.failure
        && is_recent(call.at, now)
        && proof.is_none_or(|(at, _)| at < call.at)
    {
        return Some(verdict(
            DeploymentHealth::Failing,
            None,
            format!("the last call of this console failed: {failure}"),
            Some(call.at),
        ));
    }
    let traffic = input.traffic.filter(|traffic| is_recent(traffic.at, now))?;
    let (errors, calls) = (traffic.recent_errors, traffic.recent_calls());
    let is_much = (errors > 0 && errors * 2 >= calls)
        || (errors >= FAILING_ERRORS && errors * 100 >= calls * FAILING_PERCENT);
    let is_newer = proof.is_none_or(|(at, _)| at <= traffic.at);
    (is_much && is_newer).then(|| {
        verdict(
            DeploymentHealth::Failing,
            None,
            format!(
                "{errors} of {} calls failed in the last minutes",
                calls.max(errors)
            ),
            Some(traffic.at),
        )
    })
}

fn waiting(input: &HealthInput<'_>) -> Option<HealthVerdict> {
    let (health, stage) = [
        (DeploymentHealth::NeedsPerson, Health::NeedsPerson),
        (DeploymentHealth::Changing, Health::Changing),
    ]
    .into_iter()
    .find_map(|(word, wanted)| Some((word, stage_with(input, |health| health == wanted)?)))?;
    Some(verdict(
        health,
        None,
        format!(
            "{}: {}",
            stage.stage.as_str(),
            stage.words.as_deref().unwrap_or_default()
        ),
        input.listed_at,
    ))
}

fn unlisted(input: &HealthInput<'_>) -> Option<HealthVerdict> {
    let (at, why) = input.unlisted.as_ref()?;
    Some(verdict(
        DeploymentHealth::Unknown,
        None,
        format!("not everything could be listed: {why}"),
        Some(*at),
    ))
}

fn proven(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let (at, words) = last_proof(input).filter(|(at, _)| is_recent(*at, now))?;
    let evidence = match bad_stage(input) {
        Some(stage) => {
            let status = stage.words.as_deref().unwrap_or_default();
            format!("{words}, although {}: {status}", stage.stage.as_str())
        }
        None => words.to_owned(),
    };
    Some(verdict(DeploymentHealth::Proven, None, evidence, Some(at)))
}

/// A bad verdict that is too old to count: it does not become a good one.
fn outdated(input: &HealthInput<'_>, now: Moment) -> Option<HealthVerdict> {
    let (at, report) = input.examined?;
    let found = report.verdict.as_ref()?;
    let is_newest = last_proof(input).is_none_or(|(proof, _)| proof < at);
    let counts = is_recent(at, now) && !was_corrected(input, found.hop, &found.source);
    (is_newest && !counts).then(|| {
        let clock = at.iso();
        let clock = clock.get(11..16).unwrap_or(&clock);
        verdict(
            DeploymentHealth::Unknown,
            Some(found.hop.as_str()),
            format!("not known since {clock} UTC, was broken at {}", found.hop),
            Some(at),
        )
    })
}

fn by_status(input: &HealthInput<'_>) -> HealthVerdict {
    let (health, words) = if !input.has_resources {
        (DeploymentHealth::Unknown, "nothing is listed".to_owned())
    } else if let Some(stage) = stage_with(input, |health| health == Health::Unknown) {
        let words = stage
            .words
            .as_deref()
            .unwrap_or("a status that is not known");
        (
            DeploymentHealth::Unknown,
            format!("{}: {words}", stage.stage.as_str()),
        )
    } else {
        (
            DeploymentHealth::Ready,
            "every status is good; no call was seen to go through".to_owned(),
        )
    };
    verdict(health, None, words, input.listed_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{DoctorVerdict, HopFinding};

    const NOW: Moment = Moment::from_millis(1_795_269_600_000);

    fn chain(stage: ChainStage, health: Health) -> Chain {
        Chain {
            stages: vec![StageStatus {
                stage,
                by_status: Some(health),
                words: Some("words".into()),
                ..StageStatus::unknown(stage)
            }],
        }
    }

    fn input(chain: &Chain) -> HealthInput<'_> {
        HealthInput {
            chain,
            listed_at: Some(NOW),
            unlisted: None,
            has_resources: true,
            traffic: None,
            examined: None,
            called: None,
        }
    }

    fn report(hop: Option<(Hop, &str)>) -> DoctorReport {
        DoctorReport {
            deployment: "d".into(),
            healthy: hop.is_none(),
            verdict: hop.map(|(hop, source)| DoctorVerdict {
                hop,
                evidence: "it said no".into(),
                fix: String::new(),
                source: source.into(),
            }),
            hops: Vec::new(),
            comparison: None,
        }
    }

    fn ago(minutes: i64) -> Moment {
        NOW.plus(-minutes * 60_000)
    }

    fn of(input: &HealthInput<'_>) -> (DeploymentHealth, Option<&'static str>, String) {
        let judged = deployment_health(input, NOW);
        (judged.health, judged.hop, judged.evidence)
    }

    #[test]
    fn good_statuses_alone_are_ready_and_a_recent_call_proves_them() {
        let chain = chain(ChainStage::Gateway, Health::Healthy);
        assert_eq!(of(&input(&chain)).0, DeploymentHealth::Ready);
        let report = report(None);
        for (minutes, expected) in [(9, DeploymentHealth::Proven), (11, DeploymentHealth::Ready)] {
            let examined = HealthInput {
                examined: Some((ago(minutes), &report)),
                ..input(&chain)
            };
            assert_eq!(of(&examined).0, expected, "{minutes}");
            let call = ObservedCall {
                at: ago(minutes),
                failure: None,
            };
            let called = HealthInput {
                called: Some(&call),
                ..input(&chain)
            };
            assert_eq!(of(&called).0, expected, "{minutes}");
        }
    }

    #[test]
    fn a_bad_verdict_that_grows_old_becomes_unknown_and_never_good() {
        let chain = chain(ChainStage::Gateway, Health::Healthy);
        let report = report(Some((Hop::Interceptor, "the interceptor's log")));
        let at = |minutes| HealthInput {
            examined: Some((ago(minutes), &report)),
            ..input(&chain)
        };
        let (health, hop, _) = of(&at(9));
        assert_eq!(
            (health, hop),
            (DeploymentHealth::Broken, Some("interceptor"))
        );
        let (health, hop, evidence) = of(&at(11));
        assert_eq!(
            (health, hop),
            (DeploymentHealth::Unknown, Some("interceptor"))
        );
        assert!(evidence.contains("was broken at interceptor"), "{evidence}");
        let call = ObservedCall {
            at: ago(3),
            failure: None,
        };
        let repaired = HealthInput {
            called: Some(&call),
            ..at(9)
        };
        assert_eq!(of(&repaired).0, DeploymentHealth::Proven);
    }

    #[test]
    fn a_bad_status_that_the_doctors_call_went_past_is_no_broken_chain() {
        let chain = chain(ChainStage::Target, Health::Degraded);
        let with = |minutes, state| {
            let mut report = report(None);
            report.hops.push(HopFinding {
                hop: Hop::Target,
                state,
                evidence: "SYNCHRONIZE_UNSUCCESSFUL".to_owned(),
                elapsed_ms: None,
                details: Vec::new(),
            });
            let examined = HealthInput {
                examined: Some((ago(minutes), &report)),
                ..input(&chain)
            };
            let (health, _, evidence) = of(&examined);
            (health, evidence.contains("although target"))
        };
        assert_eq!(with(1, HopState::Warning), (DeploymentHealth::Proven, true));
        // The status came after the walk, or the walk is too old.
        assert_eq!(with(1, HopState::Ok).0, DeploymentHealth::Broken);
        assert_eq!(with(11, HopState::Warning).0, DeploymentHealth::Broken);
    }

    #[test]
    fn a_status_that_was_corrected_after_the_examination_does_not_count_as_broken() {
        let chain = chain(ChainStage::Target, Health::Healthy);
        let by_status = report(Some((Hop::Target, "GetGatewayTarget")));
        let by_call = report(Some((Hop::Target, "the gateway's answer to tools/call")));
        let with = |report| HealthInput {
            examined: Some((ago(1), report)),
            ..input(&chain)
        };
        assert_eq!(of(&with(&by_status)).0, DeploymentHealth::Unknown);
        assert_eq!(of(&with(&by_call)).0, DeploymentHealth::Broken);
    }

    #[test]
    fn errors_of_the_last_minutes_are_failing_until_a_newer_call_goes_through() {
        fn with<'a>(chain: &'a Chain, traffic: &'a Traffic) -> HealthInput<'a> {
            HealthInput {
                traffic: Some(traffic),
                ..input(chain)
            }
        }
        let chain = chain(ChainStage::Gateway, Health::Healthy);
        let mut traffic = Traffic::none(ago(2));
        if let Some(last) = traffic.calls.last_mut() {
            *last = 190;
        }
        traffic.errors = 22;
        assert_eq!(
            of(&with(&chain, &traffic)).0,
            DeploymentHealth::Ready,
            "errors of an hour ago"
        );
        traffic.recent_errors = 2;
        assert_eq!(
            of(&with(&chain, &traffic)).0,
            DeploymentHealth::Ready,
            "2 of 190 calls"
        );
        traffic.recent_errors = 22;
        let (health, _, evidence) = of(&with(&chain, &traffic));
        assert_eq!(health, DeploymentHealth::Failing);
        assert!(evidence.starts_with("22 of 190 calls"), "{evidence}");
        let call = ObservedCall {
            at: ago(1),
            failure: None,
        };
        let repaired = HealthInput {
            called: Some(&call),
            ..with(&chain, &traffic)
        };
        assert_eq!(of(&repaired).0, DeploymentHealth::Proven);
    }

    #[test]
    fn what_could_not_be_listed_is_unknown_and_what_failed_by_status_is_broken() {
        let good = chain(ChainStage::Gateway, Health::Healthy);
        let unlisted = HealthInput {
            unlisted: Some((NOW, "AccessDenied".into())),
            ..input(&good)
        };
        assert_eq!(of(&unlisted).0, DeploymentHealth::Unknown);
        let failed = chain(ChainStage::Target, Health::Degraded);
        let (health, hop, _) = of(&input(&failed));
        assert_eq!((health, hop), (DeploymentHealth::Broken, Some("target")));
        let consent = chain(ChainStage::Consent, Health::NeedsPerson);
        assert_eq!(of(&input(&consent)).0, DeploymentHealth::NeedsPerson);
        let nothing = Chain::default();
        let nothing = HealthInput {
            has_resources: false,
            ..input(&nothing)
        };
        assert_eq!(of(&nothing).0, DeploymentHealth::Unknown);
    }

    #[test]
    fn every_word_is_the_one_of_the_json_contract() {
        let words = DeploymentHealth::ALL.map(|health| serde_json::to_value(health).unwrap());
        assert_eq!(
            words,
            DeploymentHealth::ALL.map(super::DeploymentHealth::as_str)
        );
    }
}
