use super::{rules::clock, *};
use crate::{
    doctor::{ChainStage, DoctorVerdict, Hop, HopFinding, HopState},
    kinds::{LoggedProof, StageStatus},
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
        is_one_chain: true,
        chain,
        listed_at: Some(NOW),
        unlisted: None,
        has_resources: true,
        traffic: None,
        examined: None,
        broken_at: None,
        called: None,
        logged: None,
    }
}

fn report(hop: Option<(Hop, &str)>) -> DoctorReport {
    DoctorReport {
        deployment: "d".into(),
        healthy: hop.is_none(),
        verdict: hop.map(|(hop, source)| DoctorVerdict {
            hop,
            evidence: "it said no".into(),
            command: None,
            fix: String::new(),
            source: source.into(),
        }),
        hops: Vec::new(),
        comparison: None,
        runtime_tools: None,
    }
}

fn ago(minutes: i64) -> Moment {
    NOW.plus(-minutes * 60_000)
}

/// A call that the logs show to have gone through the whole chain.
fn answered(at: Moment) -> LoggedProof {
    LoggedProof {
        at,
        passed: ChainStage::ALL.to_vec(),
    }
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
    // A call of the same moment is as new as the verdict: nothing is left of that.
    for (called, examined, expected) in [
        (3, 9, DeploymentHealth::Proven),
        (11, 11, DeploymentHealth::Ready),
    ] {
        let call = ObservedCall {
            at: ago(called),
            failure: None,
        };
        let repaired = HealthInput {
            called: Some(&call),
            ..at(examined)
        };
        assert_eq!(of(&repaired).0, expected, "{called}");
    }
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
    // The status came after the walk: a failed synchronisation stops no call.
    assert_eq!(with(1, HopState::Ok), (DeploymentHealth::Proven, true));
    assert_eq!(with(11, HopState::Warning).0, DeploymentHealth::Failing);
}

#[test]
fn a_bad_status_breaks_the_chain_only_where_calls_are_known_to_fail() {
    let chain = chain(ChainStage::Target, Health::Degraded);
    let report = report(None);
    let mut traffic = Traffic::none(NOW);
    traffic.calls[Traffic::STEPS - 1] = 40;
    let with = |traffic: &Traffic, logged: Option<&LoggedCalls>| {
        of(&HealthInput {
            examined: Some((ago(3), &report)),
            traffic: Some(traffic),
            logged,
            ..input(&chain)
        })
    };
    assert_eq!(with(&traffic, None).0, DeploymentHealth::Proven);
    traffic.recent_errors = 12;
    let (health, hop, evidence) = with(&traffic, None);
    assert_eq!((health, hop), (DeploymentHealth::Failing, None));
    assert!(
        evidence.contains("12 of 40 calls")
            && evidence.contains("the hop is not known")
            && evidence.contains("target: words"),
        "{evidence}"
    );
    let failed_at = |hop| LoggedCalls {
        failed_since: 1,
        last_failure: Some((ago(1), Some(hop), "no answer".to_owned())),
        failures: vec![(ago(1), Some(hop)); 9],
        ..LoggedCalls::default()
    };
    let (health, hop, _) = with(&traffic, Some(&failed_at("target")));
    assert_eq!((health, hop), (DeploymentHealth::Broken, Some("target")));
    // A call that failed elsewhere is no failure of the target.
    let (health, hop, evidence) = with(&traffic, Some(&failed_at("interceptor")));
    assert_eq!(
        (health, hop),
        (DeploymentHealth::Failing, Some("interceptor"))
    );
    assert!(evidence.contains("failures at interceptor"), "{evidence}");
}

#[test]
fn a_failed_synchronisation_alone_is_an_error_with_its_reason_and_breaks_nothing() {
    let chain = chain(ChainStage::Target, Health::Degraded);
    let (health, hop, evidence) = of(&input(&chain));
    assert_eq!((health, hop), (DeploymentHealth::Failing, Some("target")));
    assert_eq!(evidence, "words; no call is known to have failed there");
}

#[test]
fn an_examination_names_the_hop_and_a_status_does_not_overrule_it() {
    for health in [Health::Degraded, Health::Failed] {
        let chain = chain(ChainStage::Target, health);
        let report = report(Some((Hop::Interceptor, "the interceptor's log")));
        let examined = HealthInput {
            examined: Some((ago(1), &report)),
            ..input(&chain)
        };
        let (health, hop, evidence) = of(&examined);
        assert_eq!(
            (health, hop),
            (DeploymentHealth::Broken, Some("interceptor"))
        );
        assert_eq!(evidence, "it said no");
    }
}

#[test]
fn a_break_that_nothing_disproves_is_kept_and_ranks_directly_after_what_is_broken() {
    let chain = chain(ChainStage::Gateway, Health::Healthy);
    let report = report(Some((Hop::Interceptor, "the interceptor's log")));
    let mut traffic = Traffic::none(NOW);
    traffic.calls[Traffic::STEPS - 1] = 40;
    let quiet = |minutes| HealthInput {
        examined: Some((ago(minutes), &report)),
        ..input(&chain)
    };
    let judge = |input: &HealthInput<'_>| deployment_health(input, NOW);
    let broken = judge(&quiet(1));
    assert_eq!(broken.was_broken, None, "it is broken");
    let unknown = judge(&quiet(11));
    let earlier = EarlierBreak {
        hop: "interceptor",
        at: ago(11),
    };
    assert_eq!(unknown.was_broken, Some(earlier.clone()));
    traffic.recent_errors = 30;
    let failing = judge(&HealthInput {
        traffic: Some(&traffic),
        ..quiet(11)
    });
    assert_eq!(failing.health, DeploymentHealth::Failing);
    assert_eq!(failing.was_broken, Some(earlier));
    let expected = format!("was broken at interceptor at {}", short_clock(ago(11)));
    assert!(failing.evidence.contains(&expected), "{}", failing.evidence);
    let only_failing = judge(&HealthInput {
        traffic: Some(&traffic),
        ..input(&chain)
    });
    let ready = judge(&input(&chain));
    let order = [&broken, &failing, &unknown, &only_failing, &ready];
    let ranks = order.map(HealthVerdict::urgency);
    assert!(ranks.is_sorted_by(|one, next| one > next), "{ranks:?}");
    assert!(unknown.is_urgent() && !ready.is_urgent());
    let call = ObservedCall {
        at: ago(2),
        failure: None,
    };
    let repaired = judge(&HealthInput {
        called: Some(&call),
        ..quiet(11)
    });
    assert_eq!(repaired.was_broken, None);
}

#[test]
fn a_stage_that_failed_is_passed_only_if_the_doctor_saw_it() {
    let chain = chain(ChainStage::Runtime, Health::Failed);
    let report = report(None);
    let examined = HealthInput {
        examined: Some((ago(1), &report)),
        ..input(&chain)
    };
    assert_eq!(of(&examined).0, DeploymentHealth::Broken);
}

#[test]
fn a_call_of_the_logs_proves_the_chain_and_says_when() {
    let chain = chain(ChainStage::Target, Health::Degraded);
    let with = |minutes| {
        let logged = LoggedCalls {
            answered: vec![answered(ago(minutes))],
            ..LoggedCalls::default()
        };
        let (health, _, evidence) = of(&HealthInput {
            logged: Some(&logged),
            ..input(&chain)
        });
        (health, evidence)
    };
    let (health, evidence) = with(2);
    assert_eq!(health, DeploymentHealth::Proven);
    let expected = format!("a call went through at {}, by the logs", clock(ago(2)));
    assert!(evidence.starts_with(&expected), "{evidence}");
    assert!(expected.contains(":58:00 UTC"), "{expected}");
    assert_eq!(with(11).0, DeploymentHealth::Failing);
}

#[test]
fn a_call_that_only_the_gateway_logged_may_have_failed_at_its_interceptor_too() {
    let with = |stages: &[ChainStage], is_gateway_alone| {
        let stages = stages
            .iter()
            .flat_map(|stage| chain(*stage, Health::Healthy).stages);
        let chain = Chain {
            stages: stages.collect(),
        };
        let logged = LoggedCalls {
            failed_since: 7,
            last_failure: Some((ago(1), Some("gateway"), "HTTP 500".to_owned())),
            is_gateway_alone,
            failures: vec![(ago(1), Some("gateway"))],
            ..LoggedCalls::default()
        };
        of(&HealthInput {
            logged: Some(&logged),
            ..input(&chain)
        })
    };
    let both = [ChainStage::Gateway, ChainStage::Interceptor];
    let (health, hop, evidence) = with(&both, true);
    assert_eq!((health, hop), (DeploymentHealth::Failing, None));
    assert!(
        evidence.starts_with("gateway or interceptor, which wrote no line: the last 7 calls")
            && evidence.ends_with("in the logs failed: HTTP 500"),
        "{evidence}"
    );
    assert_eq!(with(&both, false).1, Some("gateway"));
    assert_eq!(with(&both[..1], true).1, Some("gateway"));
}

#[test]
fn calls_of_the_logs_that_fail_one_after_the_other_are_failing_at_their_hop() {
    let chain = chain(ChainStage::Gateway, Health::Healthy);
    let report = report(None);
    let with = |failed_since| {
        let logged = LoggedCalls {
            answered: vec![answered(ago(4))],
            failed_since,
            last_failure: Some((ago(1), Some("interceptor"), "HTTP 500".to_owned())),
            is_gateway_alone: false,
            ..LoggedCalls::default()
        };
        let (health, hop, evidence) = of(&HealthInput {
            logged: Some(&logged),
            examined: Some((ago(3), &report)),
            ..input(&chain)
        });
        (health, hop, evidence)
    };
    assert_eq!(with(2).0, DeploymentHealth::Proven);
    let (health, hop, evidence) = with(3);
    assert_eq!(
        (health, hop),
        (DeploymentHealth::Failing, Some("interceptor"))
    );
    assert!(
        evidence.contains("failed at interceptor: HTTP 500"),
        "{evidence}"
    );
}

#[test]
fn ready_says_what_was_counted_and_whether_the_logs_were_read() {
    let chain = chain(ChainStage::Gateway, Health::Healthy);
    let mut traffic = Traffic::none(NOW);
    traffic.calls[Traffic::STEPS - 1] = 34;
    let counted = HealthInput {
        traffic: Some(&traffic),
        ..input(&chain)
    };
    let (health, _, evidence) = of(&counted);
    assert_eq!(health, DeploymentHealth::Ready);
    assert!(
        evidence.contains("CloudWatch counts 34 calls in the last minutes, 0 of them failed")
            && evidence.contains("the logs were not read"),
        "{evidence}"
    );
    let none = LoggedCalls::default();
    let read = HealthInput {
        logged: Some(&none),
        ..input(&chain)
    };
    let (_, _, evidence) = of(&read);
    assert!(evidence.contains("the logs show no call"), "{evidence}");
}

#[test]
fn a_call_of_the_doctor_that_waits_for_consent_needs_a_person_and_proves_nothing() {
    let chain = chain(ChainStage::Gateway, Health::Healthy);
    let mut report = report(None);
    report.hops.push(HopFinding {
        hop: Hop::Cypher,
        state: HopState::Warning,
        evidence: "the call waits for the consent of a person".to_owned(),
        elapsed_ms: None,
        details: Vec::new(),
    });
    let with = |minutes| {
        of(&HealthInput {
            examined: Some((ago(minutes), &report)),
            ..input(&chain)
        })
    };
    let (health, _, evidence) = with(1);
    assert_eq!(health, DeploymentHealth::NeedsPerson);
    assert!(evidence.contains("waits for the consent"), "{evidence}");
    assert_eq!(with(11).0, DeploymentHealth::Ready);
    // Whichever is newer counts: a call that went through, or the one that waits.
    for (minutes, expected) in [
        (1, DeploymentHealth::Proven),
        (5, DeploymentHealth::NeedsPerson),
    ] {
        let call = ObservedCall {
            at: ago(minutes),
            failure: None,
        };
        let called = HealthInput {
            called: Some(&call),
            examined: Some((ago(3), &report)),
            ..input(&chain)
        };
        assert_eq!(of(&called).0, expected, "{minutes}");
    }
}

#[test]
fn resources_without_a_stack_break_no_chain_and_hide_no_pending_consent() {
    let stage = |stage, health| StageStatus {
        stage,
        by_status: Some(health),
        words: Some(format!("{} words", stage.as_str())),
        ..StageStatus::unknown(stage)
    };
    let failed = stage(ChainStage::Runtime, Health::Failed);
    let heap = |stages| Chain { stages };
    let with = |chain: &Chain| {
        of(&HealthInput {
            is_one_chain: false,
            ..input(chain)
        })
    };
    let (health, hop, evidence) = with(&heap(vec![failed.clone()]));
    assert_eq!((health, hop), (DeploymentHealth::Unknown, None));
    assert!(evidence.contains("runtime words"), "{evidence}");
    let pending = stage(ChainStage::Consent, Health::NeedsPerson);
    let both = heap(vec![failed, pending]);
    assert_eq!(with(&both).0, DeploymentHealth::NeedsPerson);
    assert_eq!(of(&input(&both)).0, DeploymentHealth::Broken);
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
    let partly = HealthInput {
        called: Some(&call),
        ..with(&chain, &traffic)
    };
    assert_eq!(
        of(&partly).0,
        DeploymentHealth::Failing,
        "one call that goes through disproves no failure of some calls"
    );
    traffic.recent_errors = 120;
    traffic.error_steps[Traffic::STEPS - 1] = 120;
    let repaired = HealthInput {
        called: Some(&call),
        ..with(&chain, &traffic)
    };
    assert_eq!(of(&repaired).0, DeploymentHealth::Proven);
    let earlier = ObservedCall {
        at: ago(3),
        failure: None,
    };
    let before = HealthInput {
        called: Some(&earlier),
        ..with(&chain, &traffic)
    };
    assert_eq!(of(&before).0, DeploymentHealth::Failing);
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
    assert_eq!((health, hop), (DeploymentHealth::Failing, Some("target")));
    let failed = chain(ChainStage::Target, Health::Failed);
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
    assert_eq!(words, DeploymentHealth::ALL.map(DeploymentHealth::as_str));
}

#[test]
fn a_failure_that_has_just_begun_does_not_drown_in_the_calls_before_it() {
    let chain = chain(ChainStage::Gateway, Health::Healthy);
    let mut traffic = Traffic::none(NOW);
    traffic.calls[Traffic::STEPS - 1] = 66;
    traffic.recent_errors = 4;
    traffic.latest = (12, 2);
    let with = |traffic: &Traffic| {
        of(&HealthInput {
            traffic: Some(traffic),
            ..input(&chain)
        })
    };
    assert_eq!(with(&traffic).0, DeploymentHealth::Ready);
    traffic.latest = (7, 4);
    let (health, _, evidence) = with(&traffic);
    assert_eq!(health, DeploymentHealth::Failing);
    assert!(evidence.starts_with("4 of 7 calls"), "{evidence}");
}

#[test]
fn a_proof_marks_the_stages_that_its_records_tell_of_and_no_others() {
    let chain = chain(ChainStage::Gateway, Health::Healthy);
    let logged = LoggedCalls {
        answered: vec![LoggedProof {
            at: ago(2),
            passed: vec![ChainStage::SignIn, ChainStage::Gateway],
        }],
        ..LoggedCalls::default()
    };
    let of_logs = HealthInput {
        logged: Some(&logged),
        ..input(&chain)
    };
    let judged = deployment_health(&of_logs, NOW);
    assert_eq!(judged.health, DeploymentHealth::Proven);
    assert_eq!(judged.passed, [ChainStage::SignIn, ChainStage::Gateway]);
    let call = ObservedCall {
        at: ago(3),
        failure: None,
    };
    let called = HealthInput {
        called: Some(&call),
        ..of_logs
    };
    assert_eq!(deployment_health(&called, NOW).passed, ChainStage::ALL);
    assert!(deployment_health(&input(&chain), NOW).passed.is_empty());
}

/// Counts of the last minutes: of each minute before now, the newest first, its calls and those that failed.
fn counted(minutes: &[(u64, u64)]) -> Traffic {
    let mut traffic = Traffic::none(NOW);
    let minutes = minutes.iter().zip(1..);
    traffic.minutes = minutes
        .map(|((calls, errors), minute)| (ago(minute), *calls, *errors))
        .collect();
    let (calls, errors) = traffic.since(traffic.recent_since());
    traffic.calls[Traffic::STEPS - 1] = calls;
    (traffic.recent_errors, traffic.errors) = (errors, errors);
    traffic.latest = traffic.since(traffic.latest_since());
    traffic
}

#[test]
fn errors_of_a_break_that_a_call_has_ended_are_not_failing() {
    let chain = chain(ChainStage::Gateway, Health::Healthy);
    let broken = report(Some((Hop::Interceptor, "the interceptor's log")));
    let traffic = counted(&[(12, 0), (12, 8), (12, 0), (12, 0)]);
    let logged = |minutes: &[i64]| LoggedCalls {
        answered: minutes
            .iter()
            .map(|minutes| answered(ago(*minutes)))
            .collect(),
        ..LoggedCalls::default()
    };
    let with = |logged: &LoggedCalls, traffic: &Traffic| {
        of(&HealthInput {
            examined: Some((ago(2), &broken)),
            traffic: Some(traffic),
            logged: Some(logged),
            ..input(&chain)
        })
    };
    assert_eq!(with(&logged(&[4, 3]), &traffic).0, DeploymentHealth::Broken);
    let (health, _, evidence) = with(&logged(&[4, 1]), &traffic);
    assert_eq!(health, DeploymentHealth::Proven, "{evidence}");
    // What fails after the end of the break counts.
    let again = counted(&[(12, 7), (12, 8), (12, 0), (12, 0)]);
    let (health, _, evidence) = with(&logged(&[4, 1]), &again);
    assert_eq!(health, DeploymentHealth::Failing);
    assert!(evidence.starts_with("7 of 12 calls"), "{evidence}");
    // A later examination that finds nothing does not make the errors before it count again.
    let well = report(None);
    let examined_again = HealthInput {
        examined: Some((NOW, &well)),
        broken_at: Some(ago(2)),
        traffic: Some(&traffic),
        logged: Some(&logged(&[4, 1])),
        ..input(&chain)
    };
    assert_eq!(of(&examined_again).0, DeploymentHealth::Proven);
}

#[test]
fn failures_in_a_row_that_the_logs_show_to_be_over_are_not_counted_again() {
    let chain = chain(ChainStage::Gateway, Health::Healthy);
    let traffic = counted(&[(12, 0), (12, 8), (12, 0), (12, 0)]);
    let with = |outage: Vec<Moment>| {
        let logged = LoggedCalls {
            answered: vec![answered(ago(1))],
            failures: outage.iter().map(|at| (*at, Some("interceptor"))).collect(),
            outages: outage,
            ..LoggedCalls::default()
        };
        of(&HealthInput {
            traffic: Some(&traffic),
            logged: Some(&logged),
            ..input(&chain)
        })
    };
    assert_eq!(with(vec![ago(2); 8]).0, DeploymentHealth::Proven);
    let (health, _, evidence) = with(vec![ago(2); 3]);
    assert_eq!(health, DeploymentHealth::Failing, "5 more failed elsewhere");
    assert!(evidence.starts_with("5 of 45 calls"), "{evidence}");
}

#[test]
fn a_hop_is_named_only_where_the_logs_show_most_of_the_failures_there() {
    let chain = chain(ChainStage::Runtime, Health::Healthy);
    let traffic = counted(&[(11, 5)]);
    let with = |failures: usize| {
        let logged = LoggedCalls {
            failures: vec![(ago(1), Some("neo4j")); failures],
            ..LoggedCalls::default()
        };
        of(&HealthInput {
            traffic: Some(&traffic),
            logged: Some(&logged),
            ..input(&chain)
        })
    };
    let (health, hop, evidence) = with(1);
    assert_eq!((health, hop), (DeploymentHealth::Failing, None));
    assert!(evidence.contains("do not show at which hop"), "{evidence}");
    assert_eq!(with(4).1, Some("neo4j"));
}
