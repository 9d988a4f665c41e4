//! Old connections and readers that keep the old value.

use super::*;

#[test]
fn consumers_are_listed_closed_with_consent_and_proven_by_a_call() {
    let connection = Connection {
        id: "bolt-7".into(),
        connector: "bolt".into(),
        agent: "Go Driver/6.2.0".into(),
        address: "10.0.0.7".into(),
    };
    for (agree, state) in [(true, StepState::Done), (false, StepState::Warning)] {
        let mut harness = Harness::new(RotationKind::Resume);
        harness.label(PENDING, "p");
        harness.label("console.rot.ana.1795269000", "p");
        harness.agree = agree;
        let ending = harness.run_with(|_, effect| match effect {
            RotationEffect::ListConnections { .. } => {
                Some(Observation::Connections(vec![connection.clone()]))
            }
            _ => None,
        });
        assert_eq!(ending.outcome, RotationOutcome::Resumed);
        assert_eq!(
            harness.effects.iter().any(
                |effect| matches!(effect, RotationEffect::KillConnections { ids, .. } if ids == &["bolt-7"])
            ),
            agree
        );
        let last = harness
            .reports
            .iter()
            .rfind(|report| report.step == RotationStep::Consumers)
            .unwrap();
        assert_eq!(last.state, state);
        assert!(
            last.sentence().contains("Go Driver/6.2.0")
                && last.sentence().contains("the chain answered"),
            "{}",
            last.sentence()
        );
    }
}

#[test]
fn what_cannot_be_proven_about_consumers_is_a_warning_and_no_failure() {
    let mut harness = Harness::new(RotationKind::Rotate);
    let ending = harness.run_with(|_, effect| match effect {
        RotationEffect::CallThroughChain => {
            Some(Observation::Called(CallAnswer::Refused("401".into())))
        }
        RotationEffect::ListConnections { .. } | RotationEffect::FindReaders { .. } => {
            Some(Observation::Failed(error(EffectErrorClass::Denied)))
        }
        _ => None,
    });
    assert_eq!(ending.outcome, RotationOutcome::Rotated);
    assert_eq!(
        harness
            .reports
            .iter()
            .rfind(|report| report.step == RotationStep::Consumers)
            .unwrap()
            .state,
        StepState::Warning
    );
}

#[test]
fn readers_that_keep_the_old_value_are_refreshed_with_consent_also_by_a_later_resume() {
    let reader = |name: &str, pickup, runtime: Option<&str>| SecretReader {
        name: name.into(),
        pickup,
        evidence: "e".into(),
        runtime: runtime.map(str::to_owned),
    };
    let found = vec![
        reader("runtime r", Pickup::ContainerLife, Some("r-1")),
        reader("task t", Pickup::Environment, None),
    ];
    for kind in [RotationKind::Rotate, RotationKind::Resume] {
        let mut harness = Harness::new(kind);
        let mut asked = Vec::new();
        let ending = harness.run_with(|_, effect| match effect {
            RotationEffect::FindReaders { .. } => Some(Observation::Readers {
                stale: found.clone(),
                unknown: vec!["runtime x".into()],
            }),
            RotationEffect::RefreshReader { reader, .. } => {
                asked.push(reader.clone());
                Some(Observation::Refreshed {
                    done: vec!["runtime r is at version 2".into()],
                    left: Vec::new(),
                })
            }
            _ => None,
        });
        assert!(asked.len() == 1 && asked[0].name == "runtime r");
        assert_eq!(
            ending.outcome,
            if kind == RotationKind::Rotate {
                RotationOutcome::Rotated
            } else {
                RotationOutcome::NothingToDo
            }
        );
        let last = harness
            .reports
            .iter()
            .rfind(|report| report.step == RotationStep::Consumers)
            .unwrap();
        assert_eq!(
            last.state,
            StepState::Warning,
            "the task cannot be refreshed from here"
        );
        assert!(
            last.sentence().contains("is at version 2")
                && last.sentence().contains("task t")
                && last.sentence().contains("runtime x"),
            "{}",
            last.sentence()
        );
        assert!(
            harness
                .questions
                .iter()
                .any(|question| matches!(question, RotationQuestion::RefreshReaders(_)))
        );
    }
    let mut harness = Harness::new(RotationKind::Resume);
    harness.agree = false;
    let ending = harness.run_with(|_, effect| {
        matches!(effect, RotationEffect::FindReaders { .. }).then(|| Observation::Readers {
            stale: found.clone(),
            unknown: Vec::new(),
        })
    });
    assert_eq!(ending.outcome, RotationOutcome::NothingToDo);
    assert!(
        !harness
            .effects
            .iter()
            .any(|effect| matches!(effect, RotationEffect::RefreshReader { .. }))
    );
}
