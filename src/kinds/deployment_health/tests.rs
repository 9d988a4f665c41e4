use super::*;
use crate::{
    doctor::{ChainStage, DoctorVerdict, Hop, HopFinding, HopState},
    kinds::StageStatus,
    model::Health,
};

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
